"""Addresses of competencies."""

from django.urls import URLPattern, path

from competencies.views import imports

app_name = "competencies"
urlpatterns: list[URLPattern] = [
    path("impor/", imports.import_new, name="import-new"),
    path("impor/contoh.<str:kind>", imports.import_example, name="import-example"),
    path("impor/<int:pk>/", imports.import_detail, name="import-detail"),
    path("impor/<int:pk>/terapkan/", imports.import_apply, name="import-apply"),
    path("impor/<int:pk>/jangan-terapkan/", imports.import_discard, name="import-discard"),
    path("impor/<int:pk>/muat-ulang/", imports.import_refresh, name="import-refresh"),
    path("impor/<int:pk>/baris-ditolak.csv", imports.import_problems, name="import-problems"),
    path("impor/<int:pk>/perubahan.csv", imports.import_changes, name="import-changes"),
]
