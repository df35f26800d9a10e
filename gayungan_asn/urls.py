"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("akun/", include("gayungan_asn.accounts.urls")),
    path("kepegawaian/", include("competencies.urls")),
    path("penilaian/", include("evaluations.urls")),
    path("pelatihan/", include("training.urls")),
    path("", include("reports.urls")),
]
