"""The REST API of assessing: plans, runs, breaches."""

import json
from datetime import timedelta

import pytest
import redis
from django.conf import settings

from audits.assessments.api import examples
from audits.assessments.models import Run
from audits.assessments.services import execute, rerun, take_step
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission, Role
from tests.factories import PASSWORD, decide_breach, make_person, make_version
from tests.rest import is_problem, post_json

API = "/api/v1/"


@pytest.fixture
def model(story) -> str:
    return f"{API}models/{story.model.slug}/"


def sent_to_workers() -> list[tuple[str, list]]:
    """Name and arguments of the tasks that wait in the queue, the newest first."""
    waiting = [json.loads(message) for message in redis.from_url(settings.REDIS_URL).lrange("celery", 0, -1)]
    return [(message["headers"]["task"], message["headers"]["argsrepr"]) for message in waiting]


def test_everybody_with_a_role_reads_plans_runs_and_breaches(api, story, model):
    for name in story.people:
        client = api(story.person(name))
        for what in ("plans", "runs", "breaches"):
            page = client.get(f"{model}{what}/")
            assert page.status_code == 200 and page.json()["results"], (name, what)


def test_answers_have_the_documented_shape(api, story, model):
    client = api(story.auditor)
    for what, example in (("plans", examples.PLAN), ("runs", examples.QUEUED), ("breaches", examples.BREACH)):
        assert client.get(f"{model}{what}/").json()["results"][0].keys() == example.keys()
    run = client.get(f"{API}runs/{story.run('drift').pk}/").json()
    assert run.keys() == examples.RUN.keys()
    assert run["results"][0].keys() == examples.RUN["results"][0].keys()


def test_a_run_is_read_with_every_number_its_limit_and_what_it_read(api, story):
    run = api(story.auditor).get(f"{API}runs/{story.run('drift').pk}/").json()
    assert (run["state"], run["progress"], run["verdict"], run["kind"]) == ("succeeded", 100, "red", "drift")
    psi = next(row for row in run["results"] if (row["measure"], row["column"]) == ("psi", "score"))
    assert psi["value"] > psi["limit"]["red"] and psi["low"] < psi["value"] < psi["high"]
    assert psi["sizes"] == {"reference": 600, "current": 500}
    assert run["inputs"]["rows"]["current"] == 500 and run["environment"]["libraries"]["numpy"]


def test_lists_are_narrowed_and_refuse_what_they_do_not_know(api, story, model):
    client = api(story.auditor)
    runs = client.get(f"{model}runs/?kind=drift&state=succeeded&version=1&verdict=red").json()["results"]
    assert [run["id"] for run in runs] == [str(story.run("drift").pk)]
    assert len(client.get(f"{model}breaches/?open=true&measure=psi").json()["results"]) == 2
    assert client.get(f"{model}breaches/?open=false").json()["results"] == []
    assert len(client.get(f"{model}plans/?kind=bias").json()["results"]) == 1
    for wrong in ("runs/?kind=weather", "plans/?colour=red", "breaches/?version=first"):
        is_problem(client.get(model + wrong), 400)


def test_runs_come_a_page_at_a_time_the_newest_window_first(api, story, model):
    client, seen, address = api(story.auditor), [], f"{model}runs/?page_size=3"
    while address:
        page = client.get(address).json()
        seen += page["results"]
        address = page["next"]
    assert len(seen) == len({run["id"] for run in seen}) == Run.objects.count()
    ends = [run["window_end"] for run in seen]
    assert ends == sorted(ends, reverse=True)


def test_a_run_asked_for_is_accepted_handed_to_a_worker_and_followed(api, story, django_capture_on_commit_callbacks):
    client, plan = api(story.engineer), story.plan("drift")
    with django_capture_on_commit_callbacks(execute=True):
        answer = post_json(client, f"{API}plans/{plan.pk}/runs/", {})
    assert answer.status_code == 202
    run_id, address = answer.json()["id"], answer.headers["Location"]
    assert any(task.endswith("run_plan") and run_id in arguments for task, arguments in sent_to_workers())
    assert client.get(address).json()["state"] == "queued"
    execute(run_id)
    assert client.get(address).json()["state"] == "insufficient_data"


def test_a_run_over_a_window_that_was_assessed_says_which_run_it_repeats(api, story):
    first = story.run("drift")
    window = {"window_start": first.window_start.isoformat(), "window_end": first.window_end.isoformat()}
    again = post_json(api(story.validator), f"{API}plans/{first.plan_id}/runs/", window)
    assert again.json()["rerun_of"] == str(first.pk)


def test_the_same_key_asks_for_one_run(api, story):
    client, address = api(story.engineer), f"{API}plans/{story.plan('drift').pk}/runs/"
    one, two = (post_json(client, address, {}, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert one.json() == two.json() and two.headers["Idempotency-Replayed"] == "true"
    is_problem(post_json(client, address, {"window_end": "2026-01-01T00:00:00Z"}, **{"Idempotency-Key": "k"}), 409)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"window_start": "yesterday"}, 400),
        ({"window_start": "2026-02-31T00:00:00Z"}, 400),
        ({"window_start": 7}, 400),
        ([], 400),
        ("drift", 400),
        (None, 400),
        ({"window_end": "2000-01-01T00:00:00Z"}, 409),
        ({"window_end": "9999-12-31T23:59:59Z"}, 409),
    ],
)
def test_a_window_that_is_none_is_refused(api, story, body, status):
    is_problem(post_json(api(story.engineer), f"{API}plans/{story.plan('drift').pk}/runs/", body), status)


def test_the_second_line_sets_plans_and_nobody_else(api, story, model):
    wanted = {"version": 1, "kind": "drift"}
    for name in ("engineer", "owner", "auditor", "administrator"):
        is_problem(post_json(api(story.person(name)), f"{model}plans/", wanted), 403)
    answer = post_json(api(story.validator), f"{model}plans/", wanted)
    assert (answer.status_code, answer.json()["enabled"]) == (200, True)
    is_problem(post_json(api(story.validator), f"{model}plans/", wanted | {"version": 99}), 404)
    is_problem(post_json(api(story.validator), f"{model}plans/", wanted | {"kind": "weather"}), 400)
    is_problem(post_json(api(story.validator), f"{model}plans/", wanted | {"enabled": False}), 400)


def test_a_plan_is_switched_off_over_rest_by_signature_and_by_no_token_alone(api, story):
    address, client = f"{API}plans/{story.plan('drift').pk}/off/", api(story.risk_officer)
    digest = client.get(address).json()["evidence_digest"]
    said = {"reason": "The table is moved.", "evidence_digest": digest}
    is_problem(post_json(client, address, said), 400)
    is_problem(post_json(api(story.validator), address, said | {"password": PASSWORD}), 403)
    assert post_json(client, address, said | {"password": PASSWORD}).json()["enabled"] is False
    assert not story.plan("drift").enabled


def test_a_plan_the_version_cannot_serve_is_refused_with_every_reason(api, story, model):
    bare = make_version(story.model)
    wanted = {"version": bare.number, "kind": "explainability"}
    problem = is_problem(post_json(api(story.validator), f"{model}plans/", wanted), 409)
    assert len(problem["reasons"]) == 3


def test_a_breach_is_closed_by_the_second_line_once_with_a_reason(api, story):
    address = f"{API}breaches/{story.breach.pk}/closure/"
    for name in ("engineer", "owner", "auditor", "administrator"):
        is_problem(post_json(api(story.person(name)), address, examples.REASON), 403)
    client = api(story.validator)
    is_problem(post_json(client, address, {}), 400)
    is_problem(post_json(client, address, {"reason": "  "}), 400)
    assert "sign that" in is_problem(post_json(client, address, examples.REASON), 409)["detail"]
    for kind in ("triage", "root_cause"):
        take_step(story.breach, kind=kind, text="The campaign.", actor=story.validator)
    decide_breach(story.breach, actor=story.validator)
    closed = post_json(client, address, examples.REASON)
    assert closed.status_code == 200 and closed.json()["closing_reason"] == examples.REASON["reason"]
    is_problem(post_json(client, address, examples.REASON), 409)


def test_a_service_account_asks_for_runs_and_closes_nothing(api, story):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    client = api(robot)
    assert post_json(client, f"{API}plans/{story.plan('drift').pk}/runs/", {}).status_code == 202
    is_problem(post_json(client, f"{API}breaches/{story.breach.pk}/closure/", examples.REASON), 403)


def test_what_one_may_not_see_is_not_there(api, story, model, stranger):
    client = api(stranger, workspace=stranger.grants.get().workspace)
    for path in (f"{model}plans/", f"{model}runs/", f"{model}breaches/", f"{API}runs/{story.run('drift').pk}/"):
        is_problem(client.get(path), 404)
    is_problem(post_json(client, f"{API}plans/{story.plan('drift').pk}/runs/", {}), 404)
    is_problem(post_json(client, f"{API}breaches/{story.breach.pk}/closure/", examples.REASON), 404)


def test_a_token_does_only_what_it_is_for(api, story, model):
    is_problem(api().get(f"{model}runs/"), 401)
    pushes = api(story.engineer, actions=[Permission.LOG_DATA])
    is_problem(pushes.get(f"{model}runs/"), 403)
    is_problem(pushes.get(f"{API}runs/{story.run('drift').pk}/"), 403)
    is_problem(post_json(pushes, f"{API}plans/{story.plan('drift').pk}/runs/", {}), 403)
    of_another = api(story.engineer, models=["another-model"])
    is_problem(of_another.get(f"{model}runs/"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "runs/not-a-uuid/",
        "runs/00000000-0000-4000-8000-000000000000/",
        "runs/%00/",
        "models/%00/runs/",
        "models/nobody-knows-it/plans/",
        "models/../../etc/passwd/runs/",
        f"models/{'x' * 5000}/breaches/",
    ],
)
def test_an_address_that_names_nothing_is_not_found(api, story, path):
    is_problem(api(story.auditor).get(API + path), 404)


@pytest.mark.parametrize("cursor", ["x", "cD0wMA==", "bz0tMQ==", "cD0lMDA=", "%00", "🙂"])
def test_a_cursor_that_no_list_gave_is_refused_or_ignored_never_an_error(api, story, model, cursor):
    for what in ("runs", "plans", "breaches"):
        assert api(story.auditor).get(f"{model}{what}/", {"cursor": cursor}).status_code in (200, 400)


def test_progress_is_told_while_a_run_works(api, story):
    run = rerun(story.run("drift"), actor=story.validator)
    Run.objects.filter(pk=run.pk).update(state="running", progress=40, step="Comparing income with the reference")
    told = api(story.auditor).get(f"{API}runs/{run.pk}/").json()
    assert (told["state"], told["progress"], told["step"]) == ("running", 40, "Comparing income with the reference")


def test_asking_twice_before_the_first_is_done_is_a_conflict(api, story):
    address = f"{API}plans/{story.plan('drift').pk}/runs/"
    begin = (story.plan("drift").window_start - timedelta(days=1)).isoformat()
    assert post_json(api(story.engineer), address, {"window_start": begin}).status_code == 202
    problem = is_problem(post_json(api(story.validator), address, {}), 409)
    assert "already asked for" in problem["reasons"][0]
