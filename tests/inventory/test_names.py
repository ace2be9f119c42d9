"""One rule for what a model may be called, wherever it is named."""

import re

import pytest

from inventory.contents.survey import check
from inventory.frames.sheets import Sheet
from inventory.models import Model
from inventory.services import edit_model, register_model, register_models
from mrm.errors import UnusableData
from tests.factories import make_model
from tests.rest import is_problem, post_json

NAMES = {
    "a/b": "'/' or ':'",
    "models:/a": "'/' or ':'",
    "..": "folders",
    "two\nlines": "line break",
    "cr\u0435dit": "CYRILLIC SMALL LETTER IE. among Latin letters",
    "credit\u200b": "ZERO WIDTH SPACE., which nobody sees",
    "credit \u202edp": "RIGHT-TO-LEFT OVERRIDE., which nobody sees",
    "credit\ufe0f": "VARIATION SELECTOR-16., which nobody sees",
    "credit\u3164": "HANGUL FILLER., which nobody sees",
    "cre\u0301dit": "write it as “crédit”",
    "credit\u00a0risk": "write it as “credit risk”",
    "credit  risk": "write it as “credit risk”",
    "credit\u3000risk": "write it as “credit risk”",
    "\uff23redit": "write it as “Credit”",
    "pro\ufb01t": "write it as “profit”",
    "credit\u2010risk": "write it as “credit-risk”",
    "credit \u2212 risk": "write it as “credit - risk”",
    "a\uff0fb": "'/' or ':'",
}


def test_no_name_that_an_mlflow_client_could_not_use_enters_the_register(workspace, owner, engineer, api):
    for name, words in NAMES.items():
        with pytest.raises(UnusableData, match=words):
            register_model(workspace, name=name, owner=owner, actor=engineer)
        with pytest.raises(UnusableData, match=words):
            register_models(workspace, [{"name": name, "owner": owner}], actor=engineer)
        answer = post_json(api(engineer), "/api/v1/models/", {"name": name})
        is_problem(answer, 422)
        assert re.search(words, str(answer.json()))
    assert not Model.objects.exists()


def test_nobody_renames_a_model_to_such_a_name(workspace, engineer):
    model = make_model(workspace=workspace, name="credit", actor=engineer)
    for name, words in NAMES.items():
        with pytest.raises(UnusableData, match=words):
            edit_model(model, changes={"name": name}, actor=engineer)


@pytest.mark.parametrize(
    "name",
    ["Кредит", "Δ hedge", "β-VAE", "信用 PD", "Crédit à l’habitat", "LGD – Retail", "हिन्दी", "Tiếng Việt", "경보"],
)
def test_a_name_in_any_one_script_is_a_name(workspace, engineer, name):
    assert make_model(workspace=workspace, name=name, actor=engineer).name == name


def test_a_model_that_was_named_before_the_rule_is_still_edited(workspace, engineer):
    model = make_model(workspace=workspace, name="credit", actor=engineer)
    Model.objects.filter(pk=model.pk).update(name="credit: a/b")
    assert edit_model(model, changes={"purpose": "Pricing."}, actor=engineer).name == "credit: a/b"
    assert edit_model(model, changes={"name": "credit: a/b", "purpose": "Loans."}, actor=engineer).purpose == "Loans."


def test_who_registers_a_name_from_before_the_rule_again_is_told_that_it_is_there(workspace, engineer, api):
    model = make_model(workspace=workspace, name="credit", actor=engineer)
    Model.objects.filter(pk=model.pk).update(name="credit  risk")
    is_problem(post_json(api(engineer), "/api/v1/models/", {"name": "credit  risk"}), 409)


def test_a_sheet_names_the_line_of_such_a_name(workspace, owner):
    sheet = Sheet(header=["name", "owner"], lines={2: ["a/b", owner.email]})
    assert [(one["row"], one["column"]) for one in check(sheet, workspace).faults.first] == [(1, "name")]


def test_the_page_says_at_the_name_what_is_wrong_with_it(workspace, engineer, client):
    client.force_login(engineer)
    sent = {"workspace": workspace.pk, "name": "a/b", "owner": engineer.pk}
    page = client.post("/register-model/", sent)
    assert page.status_code in (200, 422) and "divide addresses" in page.content.decode()
