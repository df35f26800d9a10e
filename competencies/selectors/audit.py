"""The audit trail as auditors and administrators read it: who did what when, never what it said."""

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competencies.models import Assignment, EmployeeNumber, RoleGrant, Unit
from competencies.models.people import granted_units
from competencies.selectors.people import employee_of
from gayungan_asn.accounts.models import AuditEntry, User

TECHNICAL = ("user.", "role_grant.", "setting.", "reference.loaded")
"""Sign-in, account and setting events: all an administrator sees."""

ACTORS = {
    "sysadmin": gettext_lazy("Pengelola sistem"),
    "hr": gettext_lazy("Kepegawaian"),
    "leadership": gettext_lazy("Pimpinan"),
    "auditor": gettext_lazy("Auditor"),
    "supervisor": gettext_lazy("Atasan langsung"),
    "peer": gettext_lazy("Rekan kerja"),
    "asn": gettext_lazy("Pegawai"),
}
"""Role → word, the weightiest first."""

ACTIONS = {
    "user.created": gettext_lazy("Akun dibuat"),
    "user.signed_in": gettext_lazy("Masuk"),
    "user.signed_out": gettext_lazy("Keluar"),
    "user.sign_in_failed": gettext_lazy("Gagal masuk"),
    "user.password_set": gettext_lazy("Kata sandi diganti"),
    "user.sign_in_names_set": gettext_lazy("Nama masuk diubah"),
    "user.locked": gettext_lazy("Akun dikunci"),
    "user.unlocked": gettext_lazy("Akun dibuka"),
    "role_grant.requested": gettext_lazy("Peran diajukan"),
    "role_grant.applied": gettext_lazy("Peran diterapkan"),
    "role_grant.refused": gettext_lazy("Permintaan peran ditolak"),
    "role_grant.ended": gettext_lazy("Peran diakhiri"),
    "reference.loaded": gettext_lazy("Data acuan dimuat"),
    "employee.created": gettext_lazy("Pegawai ditambahkan"),
    "employee.imported": gettext_lazy("Pegawai ditambahkan lewat impor"),
    "employee.updated": gettext_lazy("Data pegawai diubah"),
    "employee.contact_updated": gettext_lazy("Kontak diubah"),
    "employee.viewed": gettext_lazy("Profil dibuka"),
    "employee.sensitive_viewed": gettext_lazy("Data pribadi dibuka"),
    "assignment.created": gettext_lazy("Penempatan dicatat"),
    "supervision.refreshed": gettext_lazy("Atasan langsung disesuaikan"),
    "supervision.overridden": gettext_lazy("Atasan langsung ditetapkan"),
    "supervision.override_ended": gettext_lazy("Penetapan atasan diakhiri"),
    "appraisal.supervisor_changed": gettext_lazy("Atasan langsung yang menilai berganti"),
    "cycle.people_admitted": gettext_lazy("Pegawai disusulkan ke siklus penilaian"),
    "cycle.people_reminded": gettext_lazy("Pegawai diingatkan dalam siklus penilaian"),
    "cycle.results_final": gettext_lazy("Hasil penilaian menjadi final"),
    "cycle.self_rating_ended": gettext_lazy("Masa penilaian mandiri berakhir"),
    "cycle.window_closed": gettext_lazy("Masa pengisian rekan kerja ditutup"),
    "import.apply_requested": gettext_lazy("Penerapan impor diminta"),
    "level_batch.recorded": gettext_lazy("Tingkat kompetensi dicatat"),
    "proposed_level.created": gettext_lazy("Tingkat diusulkan"),
    "proposed_level.confirmed": gettext_lazy("Usulan tingkat dipastikan"),
    "proposed_level.refused": gettext_lazy("Usulan tingkat tidak dipastikan"),
    "evidence.added": gettext_lazy("Bukti dicatat"),
    "evidence.withdrawn": gettext_lazy("Bukti dicabut"),
}
"""Actions by whole code."""

NOUNS = {
    "appraisal": gettext_lazy("Penilaian"),
    "assignment": gettext_lazy("Penempatan"),
    "batch": gettext_lazy("Kumpulan dokumen"),
    "catalogue": gettext_lazy("Katalog"),
    "course": gettext_lazy("Pelatihan"),
    "course_class": gettext_lazy("Kelas"),
    "cycle": gettext_lazy("Siklus penilaian"),
    "document": gettext_lazy("Dokumen"),
    "employee": gettext_lazy("Pegawai"),
    "enrolment": gettext_lazy("Pendaftaran pelatihan"),
    "evidence": gettext_lazy("Bukti"),
    "feedback": gettext_lazy("Penilaian rekan kerja"),
    "feedback_assignment": gettext_lazy("Penugasan rekan kerja"),
    "feedback_phrases": gettext_lazy("Ungkapan rekan kerja"),
    "import": gettext_lazy("Impor"),
    "import_job": gettext_lazy("Impor"),
    "importjob": gettext_lazy("Impor"),
    "level_batch": gettext_lazy("Penetapan tingkat"),
    "objection": gettext_lazy("Keberatan"),
    "plan": gettext_lazy("Rencana pengembangan"),
    "plan_item": gettext_lazy("Baris rencana"),
    "proposed_level": gettext_lazy("Usulan tingkat"),
    "reference": gettext_lazy("Data acuan"),
    "role_grant": gettext_lazy("Pemberian peran"),
    "supervision": gettext_lazy("Atasan langsung"),
    "user": gettext_lazy("Akun"),
}
"""What an entry is about, by the first half of its code."""

VERBS = {
    "acknowledged": gettext_lazy("diterima"),
    "added": gettext_lazy("ditambahkan"),
    "answered": gettext_lazy("dijawab"),
    "applied": gettext_lazy("diterapkan"),
    "approved": gettext_lazy("disetujui"),
    "calibrated": gettext_lazy("masuk pemeriksaan akhir"),
    "cancelled": gettext_lazy("dibatalkan"),
    "changed": gettext_lazy("diubah"),
    "closed": gettext_lazy("ditutup"),
    "completed": gettext_lazy("diselesaikan"),
    "completion_reversed": gettext_lazy("dibatalkan penyelesaiannya"),
    "confirmed": gettext_lazy("dikukuhkan"),
    "created": gettext_lazy("dibuat"),
    "decided": gettext_lazy("diputuskan"),
    "discarded": gettext_lazy("dihapus sebelum dipakai"),
    "dismissed": gettext_lazy("ditolak"),
    "downloaded": gettext_lazy("diunduh"),
    "drafted": gettext_lazy("disusun"),
    "examples_loaded": gettext_lazy("diisi contoh"),
    "failed": gettext_lazy("gagal"),
    "filed": gettext_lazy("diajukan"),
    "finalised": gettext_lazy("menjadi final"),
    "launched": gettext_lazy("dibuka"),
    "links_cut": gettext_lazy("diputus kaitannya"),
    "loaded": gettext_lazy("dimuat"),
    "moved_up": gettext_lazy("naik dari daftar tunggu"),
    "opened": gettext_lazy("dibuka"),
    "part_submitted": gettext_lazy("dikirim penilai"),
    "proposed": gettext_lazy("diajukan"),
    "published": gettext_lazy("ditetapkan"),
    "queued": gettext_lazy("diantrekan"),
    "ratified": gettext_lazy("ditetapkan"),
    "read": gettext_lazy("dibaca"),
    "ready": gettext_lazy("siap"),
    "redrafted": gettext_lazy("disusun ulang"),
    "refused": gettext_lazy("ditolak"),
    "rejected": gettext_lazy("ditolak"),
    "removed": gettext_lazy("dihapus"),
    "reopened": gettext_lazy("dibuka kembali"),
    "requested": gettext_lazy("diminta"),
    "retried": gettext_lazy("dicoba lagi"),
    "returned": gettext_lazy("dikembalikan"),
    "self_submitted": gettext_lazy("mandiri dikirim"),
    "state_set": gettext_lazy("diubah keadaannya"),
    "submitted": gettext_lazy("dikirim"),
    "undone": gettext_lazy("dibatalkan"),
    "unpublished": gettext_lazy("tidak ditampilkan lagi"),
    "updated": gettext_lazy("diubah"),
    "uploaded": gettext_lazy("diunggah"),
    "upheld": gettext_lazy("diterima"),
    "viewed": gettext_lazy("dibuka"),
    "withdrawn": gettext_lazy("ditarik"),
}
"""What was done, by the second half of a code."""

FIELDS = {
    "begun": gettext_lazy("dimulai"),
    "competency": gettext_lazy("kompetensi"),
    "ended": gettext_lazy("diakhiri"),
    "from": gettext_lazy("sejak"),
    "happened_on": gettext_lazy("tanggal"),
    "hours": gettext_lazy("JP"),
    "kind": gettext_lazy("jenis"),
    "kinds": gettext_lazy("jenis nama masuk"),
    "level": gettext_lazy("tingkat"),
    "levels": gettext_lazy("banyak tingkat"),
    "nip": gettext_lazy("NIP"),
    "people": gettext_lazy("banyak pegawai"),
    "position": gettext_lazy("jabatan"),
    "role": gettext_lazy("peran"),
    "source": gettext_lazy("sumber"),
    "start": gettext_lazy("mulai"),
    "state": gettext_lazy("keadaan"),
    "supervisor": gettext_lazy("atasan langsung"),
    "title": gettext_lazy("judul"),
    "unit": gettext_lazy("unit"),
    "until": gettext_lazy("sampai"),
    "user": gettext_lazy("akun"),
}
"""Words for what changed, where no table gives the field a name."""
SHOWN_FIELDS = 6


@cache
def _named_fields() -> dict[str, object]:
    """Field name → the name its table gives it, for the tables of the product."""
    named: dict[str, object] = {}
    for label in ("accounts", "competencies", "evaluations", "training", "reports"):
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.fields:
                plain = field.name.replace("_", " ")
                if str(field.verbose_name).casefold() != plain.casefold():
                    named.setdefault(field.name, field.verbose_name)
    return named


def field_words(names: set[str]) -> tuple[str, ...]:
    """What changed, in words; those without a word, and those past six, are counted."""
    known = _named_fields()
    words = sorted({str(FIELDS.get(name) or known.get(name) or "") for name in names} - {""})
    left = len(names) - len(words[:SHOWN_FIELDS])
    more = (_("%(number)d lainnya") % {"number": left},) if left > 0 else ()
    return (*words[:SHOWN_FIELDS], *more)


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One entry in words. `fields` are the names of what changed, never their values."""

    at: dt.datetime
    day_only: bool
    actor: str
    role: str
    action: str
    code: str
    thing: str
    purpose: str
    fields: tuple[str, ...]
    cursor: str


def action_words(code: str) -> str:
    """An action in words; unknown halves stay as they are."""
    if code in ACTIONS:
        return str(ACTIONS[code])
    noun, _dot, verb = code.partition(".")
    words = f"{NOUNS.get(noun, noun.replace('_', ' '))} {VERBS.get(verb, verb.replace('_', ' '))}"
    return words[:1].upper() + words[1:]


def action_line(entry: AuditEntry) -> ActionLine:
    """An entry in words."""
    roles = [str(word) for code, word in ACTORS.items() if code in entry.actor_roles]
    changed = {*(entry.before or {}), *(entry.after or {})}
    secret = entry.action.startswith("feedback")
    return ActionLine(
        at=entry.at,
        day_only=entry.day_only,
        actor=entry.actor_name or _("Sistem"),
        role=roles[0] if roles else (_("Sistem") if entry.actor_id is None else ""),
        action=action_words(entry.action),
        code=entry.action,
        thing=str(NOUNS.get(entry.action.partition(".")[0], "")),
        purpose=entry.purpose,
        fields=() if secret else field_words(changed),
        cursor=f"{entry.at.isoformat()}_{entry.pk}",
    )


def audit_entries_for(user: User) -> QuerySet[AuditEntry]:
    """Entries the account may read.

    Auditors: those of the tree of the grant, everything for a root unit, except who was
    asked and answered about themselves. Administrators: technical events. Everybody
    else: none.
    """
    if not user.is_authenticated:
        return AuditEntry.objects.none()
    seen = Q(pk__in=[])
    roots = granted_units(user, RoleGrant.Role.AUDITOR)
    entries = AuditEntry.objects.exclude(_about_own_peers(user))
    if any(root.depth == 1 for root in roots):
        return entries
    for root in roots:
        seen |= _within(root)
    if granted_units(user, RoleGrant.Role.SYSADMIN):
        for prefix in TECHNICAL:
            seen |= Q(action__startswith=prefix)
    return entries.filter(seen)


def _about_own_peers(user: User) -> Q:
    """Entries that would tell the reader which peers were asked or answered about them."""
    me = employee_of(user)
    if me is None:
        return Q(pk__in=[])
    return Q(action__startswith="feedback", subject_employee_id=me.pk)


def _within(root: Unit) -> Q:
    people = Assignment.objects.filter(
        employee=OuterRef("subject_employee_id"),
        kind=Assignment.Kind.DEFINITIVE,
        position__unit__path__startswith=root.path,
    ).on()
    units = Unit.objects.filter(pk=OuterRef("subject_unit_id"), path__startswith=root.path)
    return Q(Exists(people)) | Q(Exists(units))


def about_number(entries: QuerySet[AuditEntry], nip: str) -> QuerySet[AuditEntry]:
    """Entries about the person who has or had a NIP."""
    person = EmployeeNumber.objects.filter(nip=nip).values("employee_id")[:1]
    return entries.filter(subject_employee_id__in=person)


def before_cursor(entries: QuerySet[AuditEntry], cursor: str) -> QuerySet[AuditEntry]:
    """Entries after the one a cursor names in the order newest first; all if it is no cursor."""
    moment, _bar, key = cursor.rpartition("_")
    try:
        at, last = dt.datetime.fromisoformat(moment), uuid.UUID(key)
    except ValueError:
        return entries
    if at.tzinfo is None:
        return entries
    return entries.filter(Q(at__lt=at) | Q(at=at, pk__gt=last))
