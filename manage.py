#!/usr/bin/env python
"""The command line of mrm."""

import os
import sys

UNDEFINED_TABLE = "42P01"


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("MRM_DEVELOPMENT", "true")  # The embedded database is never production.
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    from mrm import embedded

    try:
        with embedded.lent_to(sys.argv[1:], settings.VAR):
            execute_from_command_line(sys.argv)
    except (embedded.CannotStart, ImproperlyConfigured) as reason:
        sys.exit(str(reason))
    except ProgrammingError as fault:
        if getattr(fault.__cause__, "sqlstate", "") != UNDEFINED_TABLE:
            raise
        sys.exit("The database lacks tables that this release needs. Run `manage.py migrate` first.")


if __name__ == "__main__":
    main()
