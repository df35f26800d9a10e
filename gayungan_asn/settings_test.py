"""The settings of the tests: a fast hasher and mail kept in memory, nothing else."""

from gayungan_asn.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
