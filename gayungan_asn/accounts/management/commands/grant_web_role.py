"""Give the role that the product runs as what it needs, and no more."""

import os
from typing import Any

import dj_database_url
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg2 import sql

from gayungan_asn.accounts.models import AuditEntry

RIGHTS = (
    "grant usage on schema public to {role}",
    "revoke all on all tables in schema public from {role}",
    "grant select, insert, update, delete on all tables in schema public to {role}",
    "grant usage, select on all sequences in schema public to {role}",
    # Which migrations were applied is the owner's to say.
    "revoke insert, update, delete on django_migrations from {role}",
    # The trail only grows; nothing may be truncated, since truncate passes by the triggers.
    "revoke update, delete on {trail} from {role}",
)


class Command(BaseCommand):
    """Run as the owner after each `migrate`; running it again changes nothing."""

    help = (
        "Memberi hak kepada peran basis data yang dipakai produk (DATABASE_URL). "
        "Dijalankan pemilik tabel (DATABASE_OWNER_URL) sesudah migrate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", help="nama peran; bawaan: peran dalam DATABASE_URL")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            owner = cursor.fetchone()[0]
            role = options["role"] or web_role()
            if not role or role == owner:
                if options["verbosity"]:
                    self.stdout.write(
                        "Produk memakai peran pemilik tabel: tidak ada yang diberikan."
                    )
                return
            cursor.execute("select 1 from pg_roles where rolname = %s", [role])
            if not cursor.fetchone():
                raise CommandError(f"Peran basis data {role} tidak ada. Buat dahulu: CREATE ROLE.")
            names = {
                "role": sql.Identifier(role),
                "trail": sql.Identifier(AuditEntry._meta.db_table),
            }
            for statement in RIGHTS:
                cursor.execute(sql.SQL(statement).format(**names))
        if options["verbosity"]:
            self.stdout.write(f"Hak diberikan kepada {role}.")


def web_role() -> str:
    """The role of the product: `manage.py` keeps its address aside when it acts as the owner."""
    address = os.environ.get("WEB_DATABASE_URL") or os.environ.get("DATABASE_URL", "")
    return str(dj_database_url.parse(address).get("USER", "")) if address else ""
