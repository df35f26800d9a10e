"""Addresses of reports."""

from django.urls import path

from reports.views import competencies, documents, heatmap, home

app_name = "reports"
urlpatterns = [
    path("kompetensi/", competencies.competencies, name="competencies"),
    path("kompetensi/<int:pk>/", competencies.competency_detail, name="competency-detail"),
    path("pemberitahuan/dibaca/", home.notices_read, name="notices-read"),
    path("peta-kesenjangan/", heatmap.heatmap, name="heatmap"),
    path(
        "dokumen/<slug:kind>/<int:pk>/minta/", documents.document_request, name="document-request"
    ),
    path("dokumen/<int:pk>/", documents.document_detail, name="document-detail"),
    path("dokumen/<int:pk>/berkas/", documents.document_file, name="document-file"),
    path("dokumen/<int:pk>/ulang/", documents.document_retry, name="document-retry"),
]
