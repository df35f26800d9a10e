"""Accounts, what one signs in with, notices, and the audit trail."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes accounts; a password is never made up."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A new account; without password nobody can sign in to it."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str, **fields: Any) -> "User":
        """An account for the framework's own administration."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One account. What its owner types to sign in lies in `SignInName`."""

    username = models.CharField(_("nama akun"), max_length=150, unique=True)
    display_name = models.CharField(_("nama"), max_length=200, blank=True)
    email = models.EmailField(_("surel"), blank=True)
    is_active = models.BooleanField(_("aktif"), default=True)
    is_staff = models.BooleanField(_("pengelola teknis"), default=False)
    is_demonstration = models.BooleanField(_("akun peragaan"), default=False)
    date_joined = models.DateTimeField(_("dibuat"), default=timezone.now)

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    class Meta:
        verbose_name = _("akun")
        verbose_name_plural = _("akun")
        ordering = ["display_name", "pk"]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return str(self)


class SignInName(models.Model):
    """One thing that opens an account: the current NIP, an e-mail address, a short name."""

    class Kind(models.TextChoices):
        NIP = "nip", _("NIP")
        EMAIL = "email", _("Surel")
        SHORT = "short", _("Nama pendek")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_names")
    kind = models.CharField(max_length=8, choices=Kind)
    value = models.CharField(_("nama masuk"), max_length=254)

    class Meta:
        verbose_name = _("nama masuk")
        constraints = [
            models.UniqueConstraint(
                fields=["value"],
                name="sign_in_name_opens_one_account",
                violation_error_message=_("Nama masuk ini sudah dipakai akun lain."),
            ),
            models.UniqueConstraint(fields=["user", "kind"], name="sign_in_name_one_of_a_kind"),
        ]

    def __str__(self) -> str:
        return self.value


class Notice(models.Model):
    """One sentence told to one person, with the page where it can be acted on."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    link = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("pemberitahuan")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["user", "read_at", "-created_at"])]

    def __str__(self) -> str:
        return self.text


class AuditEntry(models.Model):
    """Who did what to what, and when.

    Written in the transaction of the change. Plain ids instead of foreign keys, so
    that the trail outlives its subjects. The database refuses update and delete, and
    keeps truncate from the web role. Entries about peer feedback carry the day only;
    the random key hides their order.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    day_only = models.BooleanField(default=False)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200, blank=True)
    actor_roles = models.JSONField(default=list)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    subject_employee_id = models.BigIntegerField(null=True)
    subject_unit_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("catatan audit")
        verbose_name_plural = _("catatan audit")
        ordering = ["-at", "id"]
        indexes = [
            models.Index(fields=["-at", "id"]),
            models.Index(fields=["subject_employee_id", "-at"]),
            models.Index(fields=["actor_id", "-at"]),
            models.Index(fields=["action", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class Heartbeat(models.Model):
    """When a background process last showed that it lives (`/readyz`)."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
