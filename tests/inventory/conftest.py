"""A version to send things to, and its address."""

import pytest

from tests.factories import make_version


@pytest.fixture
def version(workspace):
    return make_version()


@pytest.fixture
def address(version):
    return f"/api/v1/models/{version.model.slug}/versions/{version.number}/"
