"""Addresses of training."""

from django.urls import path

from training.views import catalogue, enrolment, manage, plans

app_name = "training"
urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("katalog/<int:pk>/", catalogue.course_detail, name="course-detail"),
    path("kelas/<int:pk>/ajukan/", enrolment.enrol, name="enrol"),
    path("pengajuan/", enrolment.enrolments, name="enrolments"),
    path("pengajuan/<int:pk>/batalkan/", enrolment.enrolment_withdraw, name="enrolment-withdraw"),
    path("pengajuan/<int:pk>/setujui/", enrolment.enrolment_approve, name="enrolment-approve"),
    path("pengajuan/<int:pk>/tolak/", enrolment.enrolment_reject, name="enrolment-reject"),
    path("persetujuan/", enrolment.approvals, name="approvals"),
    path("usul-tingkat/<int:pk>/putuskan/", enrolment.level_decide, name="level-decide"),
    path("kelola/kelas/", manage.classes, name="classes"),
    path("kelola/kelas/<int:pk>/", manage.class_detail, name="class-detail"),
    path("kelola/kelas/<int:pk>/ubah/", manage.class_update, name="class-update"),
    path("kelola/kelas/<int:pk>/batalkan/", manage.class_cancel, name="class-cancel"),
    path("kelola/hasil/<int:pk>/koreksi/", manage.completion_reverse, name="completion-reverse"),
    path("kelola/katalog/", manage.courses, name="courses"),
    path("kelola/katalog/baru/", manage.course_new, name="course-new"),
    path("kelola/katalog/<int:pk>/ubah/", manage.course_update, name="course-update"),
    path("kelola/katalog/<int:pk>/tampilkan/", manage.course_publish, name="course-publish"),
    path("kelola/katalog/<int:pk>/kelas-baru/", manage.class_new, name="class-new"),
    path("rencana/", plans.plans, name="plans"),
    path("rencana/setujui/", plans.plans_approve, name="plans-approve"),
    path("rencana/tetapkan/", plans.plans_ratify, name="plans-ratify"),
    path("rencana/<int:pk>/", plans.plan_detail, name="plan-detail"),
    path("rencana/<int:pk>/ajukan/", plans.plan_propose, name="plan-propose"),
    path("rencana/<int:pk>/tarik/", plans.plan_withdraw, name="plan-withdraw"),
    path("rencana/<int:pk>/setujui/", plans.plan_approve, name="plan-approve"),
    path("rencana/<int:pk>/kembalikan/", plans.plan_return, name="plan-return"),
    path("rencana/<int:pk>/tetapkan/", plans.plan_ratify, name="plan-ratify"),
    path("rencana/<int:pk>/kesenjangan/<int:competency>/tambah/", plans.item_new, name="item-new"),
    path("rencana/kegiatan/<int:pk>/", plans.item_update, name="item-update"),
    path("rencana/kegiatan/<int:pk>/hapus/", plans.item_remove, name="item-remove"),
    path("rencana/kegiatan/<int:pk>/keadaan/", plans.item_follow, name="item-follow"),
]
