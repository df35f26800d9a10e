"""Addresses of competencies."""

from django.urls import path

from competencies.views import accounts, audit, imports, people, structure

app_name = "competencies"
urlpatterns = [
    path("pegawai/", people.people, name="people"),
    path("pegawai/tambah/", people.person_create, name="person-create"),
    path("pegawai/<int:pk>/", people.person_detail, name="person-detail"),
    path("pegawai/<int:pk>/ubah/", people.person_edit, name="person-edit"),
    path("pegawai/<int:pk>/kontak/", people.contact_edit, name="contact-edit"),
    path("pegawai/<int:pk>/data-pribadi/", people.person_reveal, name="person-reveal"),
    path("pegawai/<int:pk>/penempatan/", people.person_place, name="person-place"),
    path("pegawai/<int:pk>/atasan/", people.person_supervisor, name="person-supervisor"),
    path(
        "pegawai/<int:pk>/atasan/<int:supervision_pk>/akhiri/",
        people.supervisor_end,
        name="person-supervisor-end",
    ),
    path(
        "usul-tingkat/<int:pk>/putuskan/",
        people.proposed_level_decide,
        name="proposed-level-decide",
    ),
    path("unit/", structure.units, name="units"),
    path("jabatan/", structure.positions, name="positions"),
    path("jabatan/<int:pk>/standar/", structure.position_standard, name="position-standard"),
    path("kamus/", structure.competency_list, name="competency-list"),
    path("kamus/<int:pk>/", structure.competency_detail, name="competency-detail"),
    path("akun/", accounts.accounts, name="accounts"),
    path("akun/<int:pk>/kunci/", accounts.account_lock, name="account-lock"),
    path("peran/", accounts.role_grants, name="role-grants"),
    path("peran/ajukan/", accounts.role_grant_new, name="role-grant-new"),
    path("peran/<int:pk>/terapkan/", accounts.role_grant_apply, name="role-grant-apply"),
    path("peran/<int:pk>/tolak/", accounts.role_grant_refuse, name="role-grant-refuse"),
    path("peran/<int:pk>/akhiri/", accounts.role_grant_end, name="role-grant-end"),
    path("audit/", audit.audit, name="audit"),
    path("impor/", imports.import_new, name="import-new"),
    path("impor/contoh.<str:kind>", imports.import_example, name="import-example"),
    path("impor/<int:pk>/", imports.import_detail, name="import-detail"),
    path("impor/<int:pk>/terapkan/", imports.import_apply, name="import-apply"),
    path("impor/<int:pk>/jangan-terapkan/", imports.import_discard, name="import-discard"),
    path("impor/<int:pk>/muat-ulang/", imports.import_refresh, name="import-refresh"),
    path("impor/<int:pk>/baris-ditolak.csv", imports.import_problems, name="import-problems"),
    path("impor/<int:pk>/perubahan.csv", imports.import_changes, name="import-changes"),
]
