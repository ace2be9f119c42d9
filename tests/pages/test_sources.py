"""Sources on the page of their version: where they are, what the last look found, never a password."""

from inventory.models import Source
from inventory.services import register_source
from tests.factories import make_version


def test_a_version_shows_its_sources_with_the_last_reading_and_its_result(visit, validator, settings):
    settings.SOURCE_HOSTS = ["warehouse.internal"]
    version = make_version()
    url = "postgresql://reader:env:SOURCE_PASSWORD@warehouse.internal/risk"
    source = register_source(version, url=url, table="scoring.loans", actor=None)
    address = f"/models/{version.model.slug}/versions/{version.number}/"
    page = visit(validator).get(address).content.decode()
    assert "scoring.loans" in page and "A worker reads it within a minute" in page and "Not read yet" in page
    Source.objects.filter(pk=source.pk).update(
        read_at=source.registered_at, rows=1204, fault="The source scoring.loans cannot be read. <b>No</b> route."
    )
    page = visit(validator).get(address).content.decode()
    assert "Unreadable" in page and "Read last" in page
    assert "&lt;b&gt;No&lt;/b&gt; route." in page and "env:SOURCE_PASSWORD" in page
