"""The database roles that docs/operations.md asks for: the serving one cannot rewrite the past."""

import re
from functools import partial
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record, sign_checkpoint, verify_trail
from audits.workflows.contents.separation import rights_too_many
from inventory import policies
from inventory.models import ModelRecord
from inventory.services import approve_use, confirm_tier, edit_model, promote_version, publish_policy
from mrm import embedded
from mrm.accounts.models import Workspace
from mrm.errors import RuleBroken
from reports.contents.agreement import disagreements
from tests.factories import make_model, make_use, make_version

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
ROLE = "mrm_app"


@pytest.fixture
def serving_role(own_database):
    """The application connected as a role that was granted what docs/operations.md says, and owns nothing."""
    [grants] = re.findall(r"```sql\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)
    with psycopg.connect(embedded.database_url(settings.VAR, own_database, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE ROLE {ROLE} LOGIN")
        server.execute(grants)
        owner = connection.settings_dict["USER"]
        connections.close_all()
        connection.settings_dict["USER"] = ROLE
        try:
            yield
        finally:
            connections.close_all()
            connection.settings_dict["USER"] = owner
            server.execute(f"DROP OWNED BY {ROLE}")
            server.execute(f"DROP ROLE {ROLE}")


def test_the_serving_role_can_record_and_sign(serving_role):
    with governed():
        record(Action.MODEL_EDITED, actor=None, subject=Workspace.objects.get(slug="main"))
    assert sign_checkpoint().size == Entry.objects.count()
    assert verify_trail().holds


def test_7_the_serving_role_owns_nothing_of_the_trail_and_could_not_rewrite_it(serving_role):
    assert rights_too_many() == []


def test_what_the_serving_role_changes_is_recorded_though_it_cannot_write_records(serving_role):
    model = make_model()
    edit_model(model, changes={"purpose": "Cards."}, actor=None)
    assert ModelRecord.objects.filter(subject=model.pk).count() == 2


def test_the_serving_role_brings_nothing_about_that_nobody_decided(serving_role):
    """From a shell: committed, not only tried, and refused in a sentence that also reaches pages and the API."""
    model = make_model()
    version = make_version(model)
    for act, why in (
        (partial(publish_policy, policies.standard() | {"title": "Mine"}, actor=None), "Version 2 of the policy comes"),
        (partial(promote_version, version, actor=None), "Version 1 goes into production by an approved request"),
        (partial(confirm_tier, model, actor=None), "is confirmed by a person or by an approved request"),
        (partial(approve_use, version, make_use(model), actor=None), "by an approved request that names the use"),
    ):
        with pytest.raises(RuleBroken, match=why):
            act()
    assert disagreements() == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE trail_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER trail_entry_rows_stay ON trail_entry",
        "SET session_replication_role = replica",
        "UPDATE trail_entry SET actor_name = 'Nobody'",
        "DELETE FROM trail_checkpoint",
        "TRUNCATE trail_entry",
        "DROP TABLE trail_entry CASCADE",
        "UPDATE assessments_result SET value = 0",
        "DELETE FROM inventory_policy",
        "DELETE FROM inventory_modelrecord",
        "INSERT INTO inventory_versionrecord (subject) VALUES (gen_random_uuid())",
        "ALTER TABLE inventory_modelversion DISABLE TRIGGER inventory_modelversion_is_decided",
        "CREATE TEMPORARY TABLE workflows_changerequest (id uuid)",  # Triggers would find it before ours.
    ],
)
def test_the_serving_role_cannot_rewrite_the_past(serving_role, statement):
    with pytest.raises(DatabaseError, match="permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(statement)
