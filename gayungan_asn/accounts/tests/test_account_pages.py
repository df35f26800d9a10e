"""The pages of signing in and of passwords, as a browser receives them."""

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from gayungan_asn.accounts.models import SignInName, User

PASSWORD = "kalimat-yang-cukup-panjang"


@pytest.fixture
def user(db):
    account = User.objects.create_user("rina", PASSWORD, display_name="Rina Puspitasari")
    SignInName.objects.create(user=account, kind=SignInName.Kind.SHORT, value="rina")
    return account


@pytest.mark.django_db
def test_sign_in_page_for_anyone_asks_for_the_names_people_know(client):
    page = client.get(reverse("account_login")).content.decode()
    assert '<label class="form-label" for="id_login">NIP, surel, atau nama pendek</label>' in page
    assert 'autocomplete="username"' in page
    assert "<script>" not in page
    assert "style=" not in page


def test_sign_in_page_after_wrong_password_names_no_half(client, user):
    answers = {
        client.post(reverse("account_login"), {"login": name, "password": "salah"})
        .context["form"]
        .errors.as_text()
        for name in ("rina", "tidak-ada")
    }
    assert answers == {"* __all__\n  * Nama masuk dan kata sandi tidak cocok. Coba lagi."}


def test_sign_in_page_of_the_demonstration_lists_its_accounts(client, user, settings):
    settings.DEMO = True
    User.objects.filter(pk=user.pk).update(is_demonstration=True)
    SignInName.objects.filter(user=user).update(value="pegawai")
    page = client.get(reverse("account_login"))
    assert [account.username for account in page.context["demo_accounts"]] == ["pegawai"]
    assert "Ini peragaan." in page.content.decode()
    assert "gayungan-demo" in page.content.decode()


def test_sign_in_page_with_real_people_lists_nobody(client, user, settings):
    settings.DEMO = False
    User.objects.filter(pk=user.pk).update(is_demonstration=True)
    page = client.get(reverse("account_login")).content.decode()
    assert "gayungan-demo" not in page
    assert "Ini peragaan." not in page


@pytest.mark.django_db
def test_sign_in_page_left_empty_says_what_to_fill_and_prefixes_the_title(client):
    page = client.post(reverse("account_login"), {}).content.decode()
    assert "<title>Perbaiki: Masuk" in page
    assert "Isi kata sandi" in page


def test_password_change_page_types_the_new_password_once(client, user):
    client.force_login(user)
    page = client.get(reverse("account_change_password"))
    assert list(page.context["form"].fields) == ["oldpassword", "password1"]
    assert "Rina Puspitasari" in page.content.decode()


def test_password_change_with_wrong_present_password_changes_nothing(client, user):
    client.force_login(user)
    page = client.post(
        reverse("account_change_password"),
        {"oldpassword": "bukan", "password1": "lain-sekali-panjang"},
    )
    assert "Kata sandi sekarang belum cocok" in page.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.django_db
def test_sign_up_page_is_closed(client):
    page = client.get(reverse("account_signup")).content.decode()
    assert "Akun dibuat oleh kepegawaian" in page
    assert "<form" not in page.split("<main")[1]


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_refusal_page_without_any_context_still_leads_home(name):
    page = render_to_string(f"{name}.html")
    assert "Kompetensi ASN" in page
    assert 'href="/"' in page
