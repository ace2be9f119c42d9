"""Registering at once, without the pen until the last moment, against all who hold it."""

import json
from functools import partial

from audits.trail.models import Action, Entry
from audits.trail.services import verify_trail
from inventory.models import Model, ModelRecord, ModelVersion, Policy
from inventory.services import edit_model, register_model, register_models
from registry import services as registry
from tests.factories import make_model, make_version, publish
from tests.races.threads import at_once, refusals

ROUNDS, THREADS = 200, 8


def test_registering_at_once_loses_nothing_deadlocks_never_and_leaves_no_gap(workspace, owner, engineer):
    """Each time eight threads: one name twice and in bulk, two versions of one model, an edit of it, a new policy."""
    model = make_model(name="Watched", owner=owner, actor=engineer)
    answered = []
    for number in range(ROUNDS // THREADS):
        enter = partial(register_model, workspace, name=f"Model {number}", owner=owner, actor=engineer)
        stricter = json.loads(json.dumps(Policy.objects.in_force().document)) | {"title": f"Policy {number}"}
        calls = [
            enter,
            enter,
            partial(register_models, workspace, [{"name": f"MODEL {number}", "owner": owner}], actor=engineer),
            partial(registry.register_model, workspace, name=f"model {number}", description="", tags={"a": "b"},
                    actor=engineer),
            partial(make_version, model, actor=engineer),
            partial(registry.register_version, workspace, model.name, source=f"s3://{number}", tags={}, actor=engineer),
            partial(edit_model, model, changes={"description": f"Round {number}."}, actor=engineer),
            partial(publish, stricter),
        ]  # fmt: skip
        assert len(calls) == THREADS
        answers = at_once(*calls)
        assert len(refusals(answers[:4])) == 3, "one of four has the name"
        assert refusals(answers[4:]) == []
        answered += answers
    assert Model.objects.filter(name__istartswith="model ").count() == ROUNDS // THREADS
    numbers = ModelVersion.objects.filter(model=model).order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 2 * ROUNDS // THREADS + 1))
    model.refresh_from_db()
    assert model.revision == 1 + ROUNDS // THREADS, "no edit was lost"
    for action, rows in ((Action.MODEL_REGISTERED, Model.objects), (Action.VERSION_REGISTERED, ModelVersion.objects)):
        assert Entry.objects.filter(action=action).count() == rows.count()
    assert ModelRecord.objects.filter(recorded_to=None).values("subject").distinct().count() == Model.objects.count()
    assert verify_trail().holds, verify_trail().fault


def test_one_call_of_a_client_sent_six_times_at_once_gives_one_version(workspace, owner, engineer):
    make_model(name="Watched", owner=owner, actor=engineer)
    for number in range(1, 21):
        body = f'{{"run": {number}}}'.encode()
        call = partial(
            registry.register_version, workspace, "Watched", source="s3://a/b", tags={}, body=body, actor=engineer
        )
        versions = at_once(*[call] * 6)
        assert refusals(versions) == []
        assert {version.pk for version in versions} == {ModelVersion.objects.get(number=number).pk}
        assert ModelVersion.objects.count() == number
