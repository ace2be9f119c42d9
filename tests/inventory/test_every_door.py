"""One answer by every door: what may not enter the register is refused by page, REST, list, sheet and MLflow alike, in
words that say what is wrong, and nothing of it is kept."""

import pytest
from django.urls import reverse

from inventory.models import Model
from tests.factories import make_model, make_token
from tests.inventory.sheets import make_csv
from tests.registry.conftest import Registry
from tests.rest import post_json

WRONG = {
    "a name that is taken, in other letters": ({"name": "consumer LOANS"}, "already|There is a model called"),
    "a name with a character that addresses reserve": ({"name": "loans/2026"}, "'/' or ':'"),
    "a name with a letter that nobody sees": ({"name": "loans\u200b"}, "ZERO WIDTH SPACE"),
    "a name in two scripts": ({"name": "cr\u0435dit"}, "CYRILLIC SMALL LETTER IE"),
    "a name that is too long": ({"name": "L" * 201}, "200"),
    "an owner whom nobody knows": ({"name": "Deposits", "owner": "nobody@example.com"}, "person|nobody|address|choice"),
}


@pytest.fixture
def doors(api, client, engineer, owner, workspace):
    """By each the same model is sent; the answer as a text."""
    client.force_login(engineer)
    rest, mlflow = api(engineer), Registry(make_token(engineer, workspace=workspace))

    def page(sent):
        known = {"owner": str(owner.pk)} | (
            {"owner": "0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10"} if "owner" in sent else {}
        )
        answer = client.post(reverse("register-model"), sent | {"workspace": str(workspace.pk)} | known)
        assert answer.status_code in (400, 409, 422), answer.status_code
        return answer.text

    def one(sent):
        answer = post_json(rest, "/api/v1/models/", sent)
        assert answer.status_code in (400, 409, 422), answer.content
        return answer.text

    def bulk(sent):
        answer = post_json(rest, "/api/v1/models/bulk/", {"models": [{"name": "Harmless"}, sent]})
        assert answer.status_code in (400, 409, 422), answer.content
        return answer.text

    def sheet(sent):
        line = (sent["name"], sent.get("owner", owner.email), "Cards", "high", "yes")
        harmless = ("Harmless", owner.email, "Cards", "high", "yes")
        body = make_csv(harmless, line)
        answer = rest.post("/api/v1/surveys/?filename=survey.csv", body, content_type="text/csv")
        told = answer.json()
        assert (answer.status_code, told["state"], told["faults"][0]["row"]) == (201, "faulty", 2), told
        refused = rest.post(f"/api/v1/surveys/{told['id']}/import/")
        assert refused.status_code == 409
        return answer.text

    def client_of_mlflow(sent):
        tags = [{"key": "mrm.owner", "value": sent["owner"]}] if "owner" in sent else []
        answer = mlflow.call("POST", "registered-models/create", {"name": sent["name"], "tags": tags})
        assert answer.status_code == 400, answer.content
        return answer.text

    return {"page": page, "REST": one, "list": bulk, "sheet": sheet, "MLflow": client_of_mlflow}


@pytest.mark.parametrize("door", ["page", "REST", "list", "sheet", "MLflow"])
@pytest.mark.parametrize(("sent", "words"), WRONG.values(), ids=WRONG)
def test_what_may_not_enter_is_refused_by_every_door_in_words_that_say_what_is_wrong(doors, door, sent, words):
    make_model(name="Consumer loans")
    said = html_free(doors[door](sent))
    assert any(word in said for word in words.split("|")), said[:3000]
    assert [model.name for model in Model.objects.all()] == ["Consumer loans"]


def html_free(text: str) -> str:
    return text.replace("&#x27;", "'").replace("\\u200b", "\u200b")
