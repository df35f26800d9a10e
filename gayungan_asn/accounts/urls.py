"""The pages of signing in and out. allauth answers them under its own names."""

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from gayungan_asn.accounts.views import sign_in

open_ = login_not_required

urlpatterns = [
    path("masuk/", open_(sign_in), name="account_login"),
    path("keluar/", open_(views.logout), name="account_logout"),
    path("akun-terkunci/", open_(views.account_inactive), name="account_inactive"),
    path("pendaftaran/", open_(views.signup), name="account_signup"),
    path("konfirmasi-sandi/", views.reauthenticate, name="account_reauthenticate"),
    path("ganti-sandi/", views.password_change, name="account_change_password"),
    path("lupa-sandi/", open_(views.password_reset), name="account_reset_password"),
    path(
        "lupa-sandi/terkirim/",
        open_(views.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^sandi-baru/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        open_(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "sandi-baru/selesai/",
        open_(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
