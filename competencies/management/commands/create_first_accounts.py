"""The two accounts with which an empty installation begins."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from competencies.services.roles import create_first_accounts

DEMONSTRATION_PASSWORD = "gayungan-demo"  # noqa: S105 -- printed on the sign-in page of demonstrations


class Command(BaseCommand):
    """Makes `hr` and `admin` where they are missing; existing ones keep their password."""

    help = (
        "Membuat akun hr dan admin beserta perannya pada unit teratas. Sebut --password, "
        "atau --demonstration untuk kata sandi peragaan; tidak ada kata sandi bawaan."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group(required=True)
        choice.add_argument("--password", help="kata sandi kedua akun, segera diganti sesudahnya")
        choice.add_argument("--demonstration", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if not options["demonstration"]:
                validate_password(options["password"])
            made = create_first_accounts(
                password=options["password"] or DEMONSTRATION_PASSWORD,
                is_demonstration=options["demonstration"],
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        if options["verbosity"]:
            names = ", ".join(user.username for user in made) or "tidak ada yang baru"
            self.stdout.write(f"Akun: {names}")
