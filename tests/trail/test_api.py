"""The REST API of the trail: entries, the newest checkpoint, and proofs that hold without trusting us."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from audits.trail import chain
from audits.trail.models import Action, Checkpoint, Entry
from audits.trail.services import length, sign_checkpoint
from inventory.api import examples
from inventory.contents.trail import chosen
from inventory.services import edit_model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from tests.factories import make_model, make_person
from tests.rest import is_problem

TRAIL = "/api/v1/trail/"


@pytest.fixture
def everywhere(workspace) -> APIClient:
    """An auditor of every workspace, signed in on the pages; a token belongs to one workspace."""
    client = APIClient()
    client.force_login(make_person(Role.AUDITOR))
    return client


@pytest.fixture
def model(workspace):
    return make_model(name="Churn")


@pytest.fixture
def grown(model, engineer) -> tuple[Checkpoint, Checkpoint]:
    """Two checkpoints, with changes in between."""
    before = sign_checkpoint()
    for purpose in ("One.", "Two.", "Three."):
        model = edit_model(model, changes={"purpose": purpose}, actor=engineer)
    return before, sign_checkpoint()


def nodes(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(node) for node in hashes]


def test_an_entry_is_told_with_the_body_its_hash_commits_to(everywhere, model):
    entry = everywhere.get(f"{TRAIL}entries/?action=model.registered").json()["results"][0]
    assert entry.keys() == examples.ENTRY.keys() and entry["body"].keys() == examples.ENTRY["body"].keys()
    assert entry["body"]["subject"]["name"] == "Churn"
    assert chain.leaf_hash(chain.canonical(entry["body"])).hex() == entry["leaf_hash"]


def test_entries_are_narrowed_and_ordered(everywhere, grown, model, engineer):
    client = everywhere

    def asked(query: str) -> list[int]:
        return [entry["position"] for entry in client.get(f"{TRAIL}entries/?{query}").json()["results"]]

    edits = asked(f"action={Action.MODEL_EDITED}&model=churn&actor={engineer.pk}")
    assert len(edits) == 3 and edits == sorted(edits, reverse=True)
    assert asked(f"action={Action.MODEL_EDITED}&ordering=position") == sorted(edits)
    assert asked(f"subject=inventory.Model:{model.pk}") == asked("model=churn")
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert asked(f"since={tomorrow}") == [] and len(asked(f"until={tomorrow}")) >= 4
    everything = [(entry.position, entry.at) for entry in Entry.objects.order_by("-position")]
    for _, at in everything:
        told = at.isoformat().replace("+00:00", "Z")
        assert asked(f"since={told}") == [position for position, its in everything if its >= at]
        assert asked(f"until={told}") == [position for position, its in everything if its < at]
    for wrong in ("action=nothing", "since=yesterday", "actor=me", "colour=red", "subject=%00"):
        is_problem(client.get(f"{TRAIL}entries/?{wrong}"), 400)


def test_entries_come_a_page_at_a_time_and_none_is_lost(everywhere, grown):
    client, seen, address = everywhere, [], f"{TRAIL}entries/?page_size=4&ordering=position"
    while address:
        page = client.get(address).json()
        seen += [entry["position"] for entry in page["results"]]
        address = page["next"]
    assert seen == list(range(length()))


def test_whoever_works_in_one_workspace_reads_what_is_about_its_models(api, auditor, stranger, model):
    told = api(auditor).get(f"{TRAIL}entries/").json()["results"]
    assert told and {entry["body"]["subject"]["model"] for entry in told} == {"churn"}
    elsewhere = api(stranger, workspace=stranger.grants.get().workspace)
    assert elsewhere.get(f"{TRAIL}entries/").json()["results"] == []
    position = told[0]["position"]
    is_problem(elsewhere.get(f"{TRAIL}proof/inclusion?position={position}"), 404)


def test_the_checkpoint_is_the_signed_note_as_it_is(api, auditor, grown):
    answer = api(auditor).get(f"{TRAIL}checkpoint", headers={"Accept": "text/plain"})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain")
    assert answer.content.decode() == grown[1].note


def test_before_the_first_checkpoint_there_is_none(api, auditor):
    Checkpoint.objects.all().delete()
    is_problem(api(auditor).get(f"{TRAIL}checkpoint", headers={"Accept": "text/plain"}), 404)


def test_every_entry_can_be_proved_to_stand_in_the_signed_tree(everywhere, grown):
    client, newest = everywhere, grown[1]
    for entry in Entry.objects.filter(position__lt=newest.size):
        proved = client.get(f"{TRAIL}proof/inclusion?position={entry.position}").json()
        assert (proved["size"], proved["root"]) == (newest.size, newest.root)
        leaf = bytes.fromhex(proved["leaf_hash"])
        root = bytes.fromhex(newest.root)
        assert chain.verify_inclusion(leaf, entry.position, newest.size, nodes(proved["proof"]), root)


def test_the_newer_tree_can_be_proved_to_begin_with_the_older(everywhere, grown):
    before, newest = grown
    proved = everywhere.get(f"{TRAIL}proof/consistency?old={before.size}&new={newest.size}").json()
    assert (proved["old_root"], proved["new_root"]) == (before.root, newest.root)
    roots = (bytes.fromhex(before.root), bytes.fromhex(newest.root))
    assert chain.verify_consistency(before.size, newest.size, *roots, nodes(proved["proof"]))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("inclusion", 400),
        ("inclusion?position=-1", 400),
        ("inclusion?position=x", 400),
        ("inclusion?position=0&size=0", 400),
        ("inclusion?position=0&size=999999999", 400),
        ("inclusion?position=3&size=2", 400),
        ("inclusion?position=999999999", 404),
        (f"inclusion?position={10**30}", 404),
        ("consistency", 400),
        ("consistency?old=0", 400),
        ("consistency?old=5&new=3", 400),
        (f"consistency?old=1&new={10**30}", 400),
        ("consistency?old=1&new=%00", 400),
    ],
)
def test_a_proof_of_what_is_not_there_is_refused(everywhere, grown, query, status):
    is_problem(everywhere.get(f"{TRAIL}proof/{query}"), status)


def test_without_a_token_or_a_right_to_the_trail_nothing_is_told(api, workspace, grown):
    robot = make_person(Role.ENGINEER, workspace=workspace, kind=Person.Kind.SERVICE)
    for path in ("entries/", "checkpoint", "proof/inclusion?position=0", "proof/consistency?old=1"):
        is_problem(api().get(TRAIL + path), 401)
        is_problem(api(robot).get(TRAIL + path), 403)


def test_between_two_moments_the_trail_is_read_by_place_and_the_moments_are_looked_up(grown):
    moment = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    plan = chosen(Entry.objects.order_by("-position"), {"since": moment, "until": moment})[:50].explain()
    assert plan.count("trail_entry_at") == 2 and plan.count("Index Cond: (at >=") == 2, plan
    assert "trail_entry_pkey on trail_entry" in plan and 'Index Cond: (("position" >=' in plan, plan
