#!/usr/bin/env python
"""Django's command line; finds the servers of a running `./run` by itself."""

import os
import sys

from gayungan_asn.runner.environment import Failure
from gayungan_asn.runner.state import act_as_owner, join_running

OWNER_COMMANDS = {
    "createcachetable",
    "dbshell",
    "flush",
    "grant_web_role",
    "load_demo",
    "load_reference",
    "migrate",
    "sqlflush",
}


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gayungan_asn.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        join_running()
    except Failure as failure:
        sys.exit(str(failure))
    if command in OWNER_COMMANDS:
        act_as_owner()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
