"""Every address of the product."""

from django.urls import include, path, re_path

from reports.views import health, home, verification
from reports.views import pages as static_pages

urlpatterns = [
    path("", home.home, name="home"),
    path("profil/", home.profile, name="profile"),
    path("privasi/", static_pages.privacy, name="privacy"),
    path("aksesibilitas/", static_pages.accessibility, name="accessibility"),
    path("bantuan/", static_pages.help_page, name="help"),
    path("verifikasi/", verification.verify_form, name="verify-form"),
    # Printed in capitals inside QR codes: either case leads here.
    re_path(r"^[pP]/(?P<code>[^/]{1,40})/?$", verification.verify, name="verify"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("akun/", include("gayungan_asn.accounts.urls")),
    path("kepegawaian/", include("competencies.urls")),
    path("penilaian/", include("evaluations.urls")),
    path("pelatihan/", include("training.urls")),
    path("", include("reports.urls")),
]
