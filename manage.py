#!/usr/bin/env python
"""The command line of mrm."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("MRM_DEVELOPMENT", "true")  # The embedded database is never production.
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from mrm import embedded

    try:
        with embedded.lent_to(sys.argv[1:], settings.VAR):
            execute_from_command_line(sys.argv)
    except embedded.CannotStart as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
