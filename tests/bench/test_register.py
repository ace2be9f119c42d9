"""The benchmark of the register writes what it says and asks for pages that are there."""

from django.db import connection

from bench.register import population
from bench.register.__main__ import PAGES, SEARCH, measured
from inventory.models import Model, ModelRecord, ModelVersion, VersionRecord


def test_the_population_has_its_versions_and_records_and_every_page_answers(db, client):
    population.populate(12)
    assert (Model.objects.count(), ModelVersion.objects.count(), VersionRecord.objects.count()) == (12, 36, 36)
    assert ModelRecord.objects.filter(recorded_to=None, valid_to=None).count() == 12
    client.force_login(population.auditor())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # As at the beginning of every transaction but this.
    signed = {"authorization": f"Bearer {population.token()}"}
    for _, address, _ in PAGES:
        assert client.get(address, headers=signed if SEARCH in address else None).status_code == 200, address
    assert measured(lambda: 0, 3)[1] >= 0
