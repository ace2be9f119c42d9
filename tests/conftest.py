"""What every test may ask for: real PostgreSQL and Redis, processes that run beside the test, a browser."""

import contextlib
import gc
import shutil
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, connections

from mrm import embedded
from mrm.adapters import kept
from tests.migrated import administer, copied, set_up

pytest_plugins = [
    "tests.live",
    "tests.browser",
    "tests.fixtures.cast",
    "tests.fixtures.client",
    "tests.fixtures.past",
    "tests.fixtures.story",
]
# The same examples on every run and however busy the machine is; `--hypothesis-profile default` looks for others.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")
SERVICES = pytest.StashKey[contextlib.ExitStack]()
TAKEN_ALONE = "accounts_rolegrant_is_not_taken_alone"
PROCESSES = {"stage", "stage_of_the_file", "live", "live_worker", "page"}
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=5, help="how often the races of tests/races are run (default: 5)")


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that run processes beside their tests go first: they take longest, and begun last they would leave all but
    one worker with nothing to do."""
    first = {item.path for item in items if PROCESSES.intersection(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: item.path not in first)


def pytest_collection_finish() -> None:
    """What was imported stays, so the garbage collector need not look at it time and again: a tenth of each test."""
    gc.collect()
    gc.freeze()


def pristine() -> str:
    """The name of the prepared database nobody ever connects to, so that it can always be copied."""
    return f"pristine_{settings.WORKER_NUMBER}"


def migrated() -> str:
    """The same before it was prepared: without a workspace, a policy or an entry."""
    return f"migrated_{settings.WORKER_NUMBER}"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """The test database, prepared as an installation is before anybody signs in: nearly every test begins there.

    pytest-django's own fixture would make it only for tests that carry its marks. Nothing is dropped at the end: the
    whole server goes.
    """
    from inventory.services import prepare_installation

    with django_db_blocker.unblock():
        set_up()
        with connection.cursor() as cursor:  # People of tests are given their roles by the system, as make_person does.
            cursor.execute(f"ALTER TABLE accounts_rolegrant DISABLE TRIGGER {TAKEN_ALONE}")
        connections.close_all()
        administer(f"CREATE DATABASE {migrated()} TEMPLATE {connection.settings_dict['NAME']}")
        prepare_installation()
        connections.close_all()
        administer(f"CREATE DATABASE {pristine()} TEMPLATE {connection.settings_dict['NAME']}")


@pytest.fixture(autouse=True)
def checkpoints_bind_no_other_test():
    """What a test signed is kept outside its database, for all databases of the run."""
    yield
    kept.forget()


@pytest.fixture
def own_database(django_db_setup, django_db_blocker):
    """A prepared database for a test whose rows other threads or processes must see; its name.

    Instead of `db` or `transactional_db`, not together with them.
    """
    with django_db_blocker.unblock(), copied(pristine()) as own:
        yield own


@pytest.fixture(scope="module")
def database_of_the_file(django_db_setup, django_db_blocker):
    """The same for all tests of a file: where a server takes long to start and each test finds its own rows."""
    with django_db_blocker.unblock(), copied(pristine()) as own:
        yield own
    kept.forget()


@pytest.fixture
def unprepared_database(django_db_setup, django_db_blocker):
    """A database in which nothing happened yet: its trail is empty. Instead of `db`."""
    with django_db_blocker.unblock(), copied(migrated()):
        yield


@pytest.fixture(scope="session")
def data_sets() -> Path:
    """The folder of real data sets beside the repository; tests that need it are skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"The real data sets are not on this machine: there is no folder {DATA}.")
    return DATA
