"""Valid content and rows for tests."""

import datetime as dt
import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

from competencies.models import Employee
from competencies.tests.builders import make_competency
from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import User
from reports.documents import (
    ActivityGroup,
    ActivityLine,
    Identity,
    Letterhead,
    LevelLine,
    PlanPaper,
    ReasonLine,
    Signature,
    Stamp,
)
from reports.documents.layout import plan_title
from reports.models import Document
from reports.services.documents import keep_file
from training.models import DevelopmentPlan, PlanItem, PlanItemGap, Way

_serial = itertools.count(1)
RATIFIED = dt.datetime(2027, 1, 14, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))
PROVIDER = "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia Kota Surabaya"
LEVELS = [
    ("Penanganan Pengaduan Masyarakat", "Teknis", 3, 1, "Penilaian 2026"),
    ("Pelayanan Administrasi Terpadu Kecamatan", "Teknis", 3, 2, "Penilaian 2026"),
    ("Mengelola Perubahan", "Manajerial", 2, 1, "Uji resmi 2025"),
    ("Pemanfaatan Teknologi Informasi dan SPBE", "Teknis", 2, None, "Belum ada"),
    ("Integritas", "Manajerial", 2, 2, "Uji resmi 2025"),
    ("Kerja Sama", "Manajerial", 2, 2, "Uji resmi 2025"),
    ("Komunikasi", "Manajerial", 2, 2, "Uji resmi 2025"),
    ("Orientasi pada Hasil", "Manajerial", 2, 2, "Uji resmi 2025"),
    ("Pelayanan Publik", "Manajerial", 2, 2, "Uji resmi 2025"),
    ("Pengembangan Diri dan Orang Lain", "Manajerial", 2, 2, "Uji resmi 2025"),
    ("Pengambilan Keputusan", "Manajerial", 2, 2, "Uji resmi 2025"),
    ("Perekat Bangsa", "Sosial kultural", 2, 3, "Uji resmi 2025"),
    ("Administrasi Pemerintahan dan Kependudukan", "Teknis", 3, 3, "Penilaian 2026"),
]


def make_activity(title: str = "Coaching penerapan antrean daring", **fields: Any) -> ActivityLine:
    """One line of a plan."""
    line = ActivityLine(
        title=title,
        provider="Camat Gayungan",
        way="Coaching dan mentoring",
        share="20",
        schedule="Triwulan II 2027",
        quarters=((2, "Apr – Jun"),),
        hours=Decimal(6),
        cost=Decimal(0),
        cost_source="",
        success_sign="Antrean daring dipakai di semua loket pada 31 Agustus.",
        status="direncanakan",
    )
    return replace(line, **fields)


def make_paper(rows: int = 13, **fields: Any) -> PlanPaper:
    """A ratified plan with three gaps; `rows` competencies in the standard."""
    levels = [LevelLine(*values) for values in LEVELS[:rows]]
    levels += [
        LevelLine(f"{LEVELS[n % 13][0]} bagian {n}", "Teknis", n % 4 + 1, n % 6, "Penilaian 2026")
        for n in range(len(levels), rows)
    ]
    paper = PlanPaper(
        year=2027,
        letterhead=Letterhead(
            "Pemerintah Kota Surabaya", "Kecamatan Gayungan", "Jalan Contoh Nomor 1, Surabaya 60000"
        ),
        identity=Identity(
            name="Rina Puspitasari, S.AP.",
            nip="198502172010012901",
            position="Kepala Seksi Pemerintahan dan Pelayanan Publik",
            unit="Seksi Pemerintahan dan Pelayanan Publik, Kecamatan Gayungan",
            employment="PNS, Penata Tingkat I (III/d)",
            supervisor="Hendra Wijayanto, S.STP., M.Si., Camat Gayungan",
        ),
        target_hours=20,
        target_is_ceiling=False,
        levels=tuple(levels),
        index_note=(
            "Penilaian kompetensi 2026: indeks pemenuhan standar (internal) 85,19, "
            "12 dari 13 dinilai, tanpa pembatasan 88,89. Yang belum dinilai atau sudah "
            "berakhir tidak dihitung sebagai kesenjangan."
        ),
        reasons=(
            ReasonLine(
                "Penanganan Pengaduan Masyarakat",
                3,
                1,
                ("Mengklasifikasi pengaduan", "Mengoordinasikan tindak lanjut"),
                "Penilaian 2026 menetapkan tingkat 1.",
                "nilai tertimbang 1,22 (atasan langsung 1, rekan kerja 1,5, penilaian mandiri 2)",
            ),
            ReasonLine("Pelayanan Administrasi Terpadu Kecamatan", 3, 2, (), "", ""),
            ReasonLine(
                "Mengelola Perubahan",
                2,
                1,
                ("Menerapkan metode baru sesuai ketentuan secara mandiri",),
                "Uji resmi 2025 menetapkan tingkat 1.",
                "",
            ),
        ),
        groups=(
            ActivityGroup(
                "Penanganan Pengaduan Masyarakat",
                3,
                1,
                True,
                (
                    make_activity(
                        "Memimpin tim pemantau pengaduan kecamatan",
                        provider="Kecamatan Gayungan",
                        way="Penugasan",
                        share="70",
                        schedule="Triwulan I 2027",
                        quarters=((1, "Jan – Mar"), (2, "Apr – Jun")),
                        hours=Decimal(0),
                        also_for=("Mengelola Perubahan",),
                    ),
                    make_activity(
                        "Bimbingan di tempat kerja, 3 kali", provider="Sekretaris Kecamatan"
                    ),
                    make_activity(
                        "Bimbingan Teknis Pengelolaan Pengaduan Pelayanan Publik",
                        provider=PROVIDER,
                        way="Pelatihan",
                        share="10",
                        schedule="13–14 Apr 2027",
                        quarters=((2, "13–14 Apr"),),
                        hours=Decimal(8),
                        cost=Decimal(1_250_000),
                        cost_source="APBD",
                        status="menunggu kuota",
                    ),
                ),
            ),
            ActivityGroup(
                "Pelayanan Administrasi Terpadu Kecamatan",
                3,
                2,
                False,
                (
                    make_activity(
                        "Pelayanan Prima di Loket, daring",
                        provider=PROVIDER,
                        way="Pelatihan",
                        share="10",
                    ),
                ),
            ),
            ActivityGroup("Mengelola Perubahan", 2, 1, False, (make_activity(),)),
        ),
        signatures=(
            Signature(
                "Mengajukan",
                ("Kepala Seksi Pemerintahan dan Pelayanan Publik",),
                "Rina Puspitasari, S.AP.",
                "Penata Tingkat I (III/d)",
                "198502172010012901",
            ),
            Signature(
                "Menyetujui",
                ("Camat Gayungan",),
                "Hendra Wijayanto, S.STP., M.Si.",
                "Pembina Tingkat I (IV/b)",
                "197811042000031902",
            ),
            Signature(
                "Menetapkan",
                ("Kepala Subbagian Umum dan Kepegawaian",),
                "Siti Maimunah, S.E.",
                "Penata (III/c)",
                "198306092009042903",
            ),
        ),
        place="Surabaya",
        issued_at=RATIFIED,
        again_from=dt.date(2027, 10, 1),
        again_until=dt.date(2027, 11, 30),
    )
    return replace(paper, **fields)


def make_stamp(code: str = "7K4MQ2XW9H3T5ABC") -> Stamp:
    """What identifies one issue."""
    return Stamp("RPK/2027/00014/2", code, f"https://asn.example.go.id/p/{code}")


def make_plan(employee: Employee, state: str = "draft", year: int = 2027) -> DevelopmentPlan:
    """A plan with one gap, served by one activity."""
    competency = make_competency()
    plan = DevelopmentPlan.objects.create(
        employee=employee,
        year=year,
        state=state,
        target_hours=20,
        ratified_at=RATIFIED if state == "ratified" else None,
        gap_table=[
            {
                "competency_id": competency.pk,
                "code": competency.code,
                "name": competency.name,
                "type": competency.type,
                "required": 2,
                "attained": 1,
                "critical": False,
                "source": "Penilaian kompetensi 2026",
                "official": False,
                "valid_until": None,
                "basis": {
                    "value": "1.2",
                    "by_relation": {"supervisor": "1", "peer": "1.5"},
                    "unseen": [{"id": 1, "text": "Menerapkan metode baru."}],
                },
            }
        ],
    )
    item = PlanItem.objects.create(
        plan=plan, title="Coaching di tempat kerja", way=Way.GUIDANCE, hours=6, quarter=2
    )
    PlanItemGap.objects.create(item=item, competency=competency, required_level=2, attained_level=1)
    return plan


def make_document(plan: DevelopmentPlan, requester: User, **fields: Any) -> Document:
    """A document of the plan, waiting unless fields say otherwise."""
    version = fields.pop("version", Document.objects.filter(subject_id=plan.pk).count() + 1)
    return Document.objects.create(
        kind=Document.Kind.PLAN,
        subject_id=plan.pk,
        version=version,
        employee=plan.employee,
        requester=requester,
        title=plan_title(plan.year),
        number=f"RPK/{plan.year}/{plan.pk:05d}/{version}",
        **fields,
    )


def make_ready_document(plan: DevelopmentPlan, requester: User, **fields: Any) -> Document:
    """A document whose file is kept."""
    data = b"%PDF-1.7\n% isi " + str(next(_serial)).encode()
    key, digest = keep_file(data)
    return make_document(
        plan,
        requester,
        state=Document.State.READY,
        ready_at=now(),
        file_key=key,
        file_hash=digest,
        size=len(data),
        **fields,
    )
