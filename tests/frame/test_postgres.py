"""Whether a connection still stands is known without asking the server, and rightly; SQL is what Django writes."""

import time

import pytest
from django.db import connection
from django.db.backends.postgresql import compiler
from django.db.models import Count, F, Value
from django.db.models.functions import Lower

from audits.workflows.models import Finding, ValidationOpinion
from inventory.models import Model, ModelVersion
from mrm.postgres.compiler import SQLCompiler
from tests.conftest import administer

PATIENCE = 60.0


def test_a_connection_that_the_server_ended_is_known_to_be_of_no_use(db):
    other = connection.copy("other")
    try:
        assert not other.is_usable()
        other.connect()
        assert other.is_usable()
        administer(f"SELECT pg_terminate_backend({other.connection.info.backend_pid})", role="postgres")
        deadline = time.monotonic() + PATIENCE
        while other.is_usable() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not other.is_usable()
    finally:
        other.close()


@pytest.mark.parametrize(
    "rows",
    [
        ModelVersion.objects.all(),  # By its model first, which is ordered itself.
        ModelVersion.objects.order_by(),
        ModelVersion.objects.select_related("model__owner").order_by("-model__owner", "number", "pk"),
        ModelVersion.objects.values("number", "model__name").order_by("model__name"),
        ModelVersion.objects.values(named=F("model__name")).order_by("named", "-number"),
        ModelVersion.objects.annotate(named=Lower("model__name")).order_by("-named", "number"),
        ModelVersion.objects.distinct("model").order_by("model", "-number"),
        ModelVersion.objects.reverse(),
        ModelVersion.objects.order_by("?"),
        Model.objects.annotate(number=Count("versions")).order_by("number", "name"),
        Model.objects.order_by(F("name").desc(nulls_last=True), Lower("slug")),
        Model.objects.annotate(one=Value(1)).order_by("one", Lower("name")),
        Model.objects.values_list("name").union(Model.objects.values_list("slug")).order_by("name"),
        ValidationOpinion.objects.select_related("request__model__owner", "request__version"),
        Finding.objects.filter(pk__in=Finding.objects.order_by("-pk")[:3]).order_by("model__name"),
    ],
)
def test_what_orders_rows_is_written_as_django_writes_it(rows, db):
    ours, djangos = rows.query.clone(), rows.query.clone()
    assert type(made := ours.get_compiler(connection=connection)) is SQLCompiler
    assert made.as_sql() == compiler.SQLCompiler(djangos, connection, None).as_sql()
    assert not [column for column, *_ in made.select if isinstance(column, int)]
