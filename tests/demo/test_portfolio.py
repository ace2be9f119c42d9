"""The demo, on its two quickest stories; `test_stories` reads others, and `make run` builds them all."""

import pytest
from django.core.management import call_command
from django.db import connection

from audits.assessments.models import Run
from audits.statistics.limits import Verdict
from audits.trail.models import Entry
from audits.trail.services import verify_trail
from demo.building import Calendar
from demo.cast import CAST, assemble
from demo.portfolio import PUBLISHED, report_on
from demo.stories import STORIES
from inventory.models import Model
from mrm.accounts.policies import Role
from reports.contents.agreement import disagreements
from reports.models import Report
from reports.states import ReportState
from tests.conftest import TAKEN_ALONE

TOLD = ("Energy demand", "Imaging triage pilot")


@pytest.fixture(scope="module")
def told(database_of_the_demo):
    """Everybody of the demo, after these stories; nobody here changes anything."""
    with connection.cursor() as cursor:  # The demo gives its roles by two people, as everybody has to.
        cursor.execute(f"ALTER TABLE accounts_rolegrant ENABLE TRIGGER {TAKEN_ALONE}")
    cast = assemble()
    for name in TOLD:
        STORIES[name](cast, Calendar.of(cast))
    report_on(Model.objects.get(slug=PUBLISHED), cast, Calendar.of(cast))
    return cast


def test_the_stories_show_a_healthy_model_in_use_and_one_with_too_little_evidence(told):
    energy, pilot = Model.objects.get(slug="energy-demand"), Model.objects.get(slug="imaging-triage")
    assert energy.production_version().number == 1
    assert set(Run.objects.filter(version__model=energy).values_list("verdict", flat=True)) == {Verdict.WITHIN}
    assert Run.objects.filter(version__model=pilot, verdict=Verdict.INSUFFICIENT).exists()
    assert verify_trail().holds
    assert disagreements() == []


def test_a_report_is_signed_and_published_by_who_did_not_ask_for_it(told):
    report = Report.objects.get()
    assert (report.state, report.published_by) == (ReportState.PUBLISHED, told.officer)
    assert {kept.person for kept in report.signatures.all()} == {told.officer} != {report.requested_by}


def test_telling_the_stories_again_changes_nothing(told):
    entries = Entry.objects.count()
    for name in TOLD:
        STORIES[name](told, Calendar.of(told))
    report_on(Model.objects.get(slug=PUBLISHED), told, Calendar.of(told))
    assert Entry.objects.count() == entries


def test_there_is_a_sign_in_for_every_role(capsys):
    call_command("demo", "--sign-ins")
    printed = capsys.readouterr().out
    assert {part.role for part in CAST} == set(Role)
    assert all(role.replace("_", " ") in printed for role in Role)
