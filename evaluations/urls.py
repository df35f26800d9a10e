"""Addresses of evaluations."""

from django.urls import path

from evaluations.views import cycles, parts, progress, ratings, results, team

app_name = "evaluations"
urlpatterns = [
    path("", ratings.appraisals, name="appraisals"),
    path("pegawai/", team.team, name="team"),
    path("usul-tingkat/<int:pk>/putuskan/", team.proposal_decide, name="proposal-decide"),
    path("rekan/<int:pk>/", ratings.feedback, name="feedback"),
    path("bagian/<int:pk>/", parts.part_rating, name="part-rating"),
    path("bagian/<int:pk>/periksa/", parts.part_check, name="part-check"),
    path("bagian/<int:pk>/kirim/", parts.part_submit, name="part-submit"),
    path("bagian/<int:pk>/terkirim/", parts.part_sent, name="part-sent"),
    path("<int:pk>/", results.appraisal_detail, name="appraisal-detail"),
    path("<int:pk>/mandiri/", ratings.self_rating, name="self-rating"),
    path("<int:pk>/mandiri/periksa/", ratings.self_check, name="self-check"),
    path("<int:pk>/mandiri/kirim/", ratings.self_submit, name="self-submit"),
    path("<int:pk>/diterima/", results.appraisal_acknowledge, name="appraisal-acknowledge"),
    path("<int:pk>/keberatan/", results.appraisal_object, name="appraisal-object"),
    path("<int:pk>/keberatan/putusan/", results.objection_decide, name="objection-decide"),
    path("<int:pk>/buka-kembali/", results.appraisal_reopen, name="appraisal-reopen"),
    path("siklus/", cycles.cycles, name="cycles"),
    path("siklus/baru/", cycles.cycle_new, name="cycle-new"),
    path("siklus/<int:pk>/", progress.cycle_detail, name="cycle-detail"),
    path("siklus/<int:pk>/waktu/", cycles.cycle_identity, name="cycle-identity"),
    path("siklus/<int:pk>/peserta/", cycles.cycle_population, name="cycle-population"),
    path("siklus/<int:pk>/aturan/", cycles.cycle_rules, name="cycle-rules"),
    path("siklus/<int:pk>/aturan/periksa/", cycles.cycle_checks, name="cycle-checks"),
    path("siklus/<int:pk>/buka/", cycles.cycle_check, name="cycle-check"),
    path("siklus/<int:pk>/hapus/", cycles.cycle_discard, name="cycle-discard"),
    path("siklus/<int:pk>/pegawai/", progress.cycle_people, name="cycle-people"),
    path("siklus/<int:pk>/rekan-kerja/", progress.cycle_feedback, name="cycle-feedback"),
    path("siklus/<int:pk>/ingatkan/", progress.cycle_remind, name="cycle-remind"),
    path("siklus/<int:pk>/susulkan/", progress.cycle_admit, name="cycle-admit"),
    path("siklus/<int:pk>/tutup-rekan/", progress.cycle_close_window, name="cycle-close-window"),
    path("siklus/<int:pk>/tutup-penilaian/", progress.cycle_calibrate, name="cycle-calibrate"),
    path("siklus/<int:pk>/tetapkan/", progress.cycle_publish, name="cycle-publish"),
    path("siklus/<int:pk>/tutup/", progress.cycle_close, name="cycle-close"),
    path("<int:pk>/rekan-kerja/", progress.appraisal_peers, name="appraisal-peers"),
]
