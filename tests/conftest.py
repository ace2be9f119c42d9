"""What every test may ask for: real PostgreSQL and Redis, processes that run beside the test, a browser."""

import contextlib
import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from mrm import embedded

pytest_plugins = ["tests.live", "tests.browser"]
SERVICES = pytest.StashKey[contextlib.ExitStack]()
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Starts PostgreSQL and Redis once for the whole run; xdist workers find them by the folder's name."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    stack = config.stash[SERVICES] = contextlib.ExitStack()
    stack.callback(shutil.rmtree, settings.VAR, ignore_errors=True)
    stack.enter_context(embedded.running(settings.VAR, purpose="the test suite", durable=False))


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVICES in config.stash:
        config.stash[SERVICES].close()


@pytest.fixture
def own_database(django_db_setup, django_db_blocker):
    """A copy of the migrated database for a test whose rows other threads or processes must see; its name.

    Instead of `db` or `transactional_db`, not together with them. The copy is dropped as a whole, so append-only tables
    need not be emptied.
    """
    original = connection.settings_dict["NAME"]
    copy = f"{original}_{uuid.uuid4().hex[:8]}"
    maintenance = embedded.database_url(settings.VAR, "postgres")
    connections.close_all()
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {copy} TEMPLATE {original}")
    connection.settings_dict["NAME"] = copy
    try:
        with django_db_blocker.unblock():
            yield copy
            connections.close_all()
    finally:
        connection.settings_dict["NAME"] = original
        with psycopg.connect(maintenance, autocommit=True) as server:
            server.execute(f"DROP DATABASE {copy} WITH (FORCE)")


@pytest.fixture(scope="session")
def data_sets() -> Path:
    """The folder of real data sets beside the repository; tests that need it are skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"The real data sets are not on this machine: there is no folder {DATA}.")
    return DATA
