"""An installation that a benchmark has to itself."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def installation(var: Path, *, with_redis: bool = False) -> Iterator[None]:
    """An empty, migrated database that keeps what it says it keeps; Django belongs to this process from here on."""
    shutil.rmtree(var, ignore_errors=True)
    os.environ |= {"MRM_VAR": str(var), "MRM_DEVELOPMENT": "true", "DJANGO_SETTINGS_MODULE": "mrm.settings"}
    os.environ.pop("DATABASE_URL", None)
    from mrm import embedded

    with embedded.running(var, purpose="make bench", with_redis=with_redis):
        os.environ["DATABASE_URL"] = embedded.database_url(var)  # Of the role that owns the tables and migrates.
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        yield
        connections.close_all()
