"""The demo decides under the standard policy, which `make run` begins with."""

import pytest
from django.test import override_settings

from demo.cast import Cast, assemble
from inventory.policies import standard
from inventory.services import prepare_installation
from tests.conftest import migrated
from tests.factories import publish
from tests.migrated import copied


@pytest.fixture(scope="module")
def database_of_the_demo(django_db_setup, django_db_blocker):
    """As that of a file, of an installation that began with the standard policy."""
    with django_db_blocker.unblock(), copied(migrated()) as own, override_settings(FIRST_POLICY="standard"):
        prepare_installation()
        yield own


@pytest.fixture
def cast(db) -> Cast:
    publish(standard())
    return assemble()
