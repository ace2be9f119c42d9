"""Identification surveys: a sheet is read whole, every fault named by line and column, and imported whole or not."""

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory.frames.sheets import CSV, MOST_FAULTS, MOST_LINES, read_sheet
from inventory.models import Model, Survey
from inventory.services import import_survey, progress_of, receive_survey, register_model, request_import
from inventory.states import SurveyState
from mrm.errors import NotPermitted, RuleBroken, TooLarge, UnusableData
from mrm.pages.workbook import XLSX
from tests.factories import make_model
from tests.inventory.sheets import HEADER, make_csv, make_xlsx, with_further, with_sheet
from tests.rest import is_problem
from tests.signing import revoke_role

SURVEYS = "/api/v1/surveys/"
LATER = timezone.now().date() + timedelta(days=100)


@pytest.fixture
def line(owner):
    """A line of a sheet that can be registered."""

    def made(name="Card limit", **cells) -> tuple:
        values = dict(zip(HEADER, (name, owner.email, "Cards", "high", "yes"), strict=True))
        return tuple((values | cells).values())

    return made


@pytest.fixture
def receive(workspace, engineer, tmp_path):
    """Uploads a sheet as the engineer."""

    def made(content: bytes, **fields) -> Survey:
        path = tmp_path / "sheet"
        path.write_bytes(content)
        return receive_survey(workspace, path, filename="survey.xlsx", **{"actor": engineer} | fields)

    return made


def faults(survey: Survey) -> list[tuple[int, str]]:
    return [(fault["row"], fault["column"]) for fault in survey.faults]


@pytest.mark.parametrize("make", [make_csv, make_xlsx])
def test_a_sheet_is_imported_whole(receive, line, engineer, owner, make):
    survey = receive(make(line(), line("Card fraud", exposure="", affects_natural_persons="no")))
    assert (survey.state, survey.entries, survey.faults) == (SurveyState.CHECKED, 2, [])
    assert not Model.objects.exists()
    import_survey(request_import(survey, actor=engineer))
    survey.refresh_from_db()
    assert survey.state == SurveyState.IMPORTED
    limit, fraud = Model.objects.order_by("-name")
    assert (limit.owner, limit.registered_by, limit.business_unit, limit.exposure) == (owner, engineer, "Cards", "high")
    assert (limit.affects_natural_persons, fraud.affects_natural_persons) == (True, False)
    assert Entry.objects.filter(action=Action.MODEL_REGISTERED).count() == 2
    assert Entry.objects.get(action=Action.SURVEY_IMPORTED).details == {"sha256": survey.sha256, "models": 2}


def test_who_uploads_and_who_lets_in_are_both_on_record(receive, line, engineer, risk_officer):
    survey = receive(make_csv(line()), actor=engineer)
    received = Entry.objects.get(action=Action.SURVEY_RECEIVED)
    assert (received.actor_id, received.details) == (
        str(engineer.pk),
        {"sha256": survey.sha256, "models": 1, "faults": 0},
    )
    import_survey(request_import(survey, actor=risk_officer))
    survey.refresh_from_db()
    assert (survey.uploaded_by, survey.requested_by) == (engineer, risk_officer)
    assert Model.objects.get().registered_by == risk_officer
    assert Entry.objects.get(action=Action.SURVEY_IMPORTED).actor_id == str(risk_officer.pk)


def test_an_import_twice_registers_once(receive, line, engineer):
    survey = request_import(receive(make_csv(line())), actor=engineer)
    import_survey(survey)
    import_survey(survey)
    assert Model.objects.count() == 1
    with pytest.raises(RuleBroken, match="imported"):
        request_import(survey, actor=engineer)


def test_every_fault_is_named_by_line_and_column(receive, line, stranger):
    make_model(name="Taken")
    survey = receive(
        make_csv(
            line(),
            line(name=""),
            line("Two", owner="nobody@bank.example"),
            line("Three", exposure="enormous"),
            line("taken"),
            line("CARD LIMIT"),
            line("Four", affects_natural_persons="perhaps"),
            line("x" * 201),
        )
    )
    assert faults(survey) == [
        (2, "name"),
        (3, "owner"),
        (4, "exposure"),
        (5, "name"),
        (6, "name"),
        (7, "affects_natural_persons"),
        (8, "name"),
    ]
    assert survey.faults[1]["message"].startswith("Line 4, column owner: nobody here has the address nobody@")
    assert "stands in line 2 already" in survey.faults[4]["message"]
    assert survey.state == SurveyState.FAULTY


def test_any_attribute_of_the_register_may_stand_as_a_further_column(receive, line, risk_officer):
    cells = {"model_type": "Classification", "exposure_amount": "1200.50", "regions": "North, South",
             "uses_machine_learning": "yes", "exposure_on": "2026-03-31", "sponsor": risk_officer.email}  # fmt: skip
    header, values = (*HEADER, *cells), (*line(), *cells.values())
    survey = receive("\n".join(";".join(f'"{cell}"' for cell in row) for row in (header, values)).encode(), actor=None)
    assert survey.faults == []
    import_survey(request_import(survey, actor=risk_officer))
    model = Model.objects.get()
    said = (model.model_type, model.regions, model.uses_machine_learning, str(model.exposure_amount))
    assert said == ("classification", ["North", "South"], True, "1200.50")
    assert (model.exposure_on, model.sponsor) == (date(2026, 3, 31), risk_officer)


@pytest.mark.parametrize(
    ("column", "cell"),
    [("model_type", "magic"), ("exposure_amount", "much"), ("exposure_on", "soon"), ("sponsor", "nobody@bank.example"),
     ("uses_machine_learning", "perhaps")],
)  # fmt: skip
def test_a_further_column_that_cannot_be_read_is_named_by_line_and_column(column, cell, receive, line):
    rows = ((*HEADER, column), (*line(), cell))
    survey = receive("\n".join(",".join(row) for row in rows).encode())
    assert faults(survey) == [(1, column)]
    assert survey.faults[0]["message"].startswith(f"Line 2, column {column}: ")


def test_a_sheet_with_a_fault_is_not_imported(receive, line, engineer):
    survey = receive(make_csv(line(), line("Two", owner="")))
    with pytest.raises(RuleBroken, match="faulty"):
        request_import(survey, actor=engineer)


def test_what_was_taken_meanwhile_fails_the_whole_import_and_says_why(receive, line, engineer):
    survey = request_import(receive(make_csv(line("First"), line("Second"))), actor=engineer)
    make_model(name="Second")
    import_survey(survey)
    survey.refresh_from_db()
    assert survey.state == SurveyState.FAILED
    assert "Line 3, column name" in survey.reason
    assert not Model.objects.filter(name="First").exists()


def test_whoever_lost_their_role_before_the_import_imports_nothing(receive, line, engineer):
    survey = request_import(receive(make_csv(line())), actor=engineer)
    revoke_role(engineer.grants.get(), actor=None)
    import_survey(survey)
    survey.refresh_from_db()
    assert survey.state == SurveyState.FAILED
    assert not Model.objects.exists()


def test_formulas_and_merged_cells_are_refused_by_their_place(receive, line):
    survey = receive(make_xlsx(line(), line("Two"), formula="C3", merged="B2:B3"))
    assert sorted(faults(survey)) == [(1, "owner"), (2, "business_unit")]
    told = " ".join(fault["message"] for fault in survey.faults)
    assert "holds a formula" in told and "B2:B3 are merged" in told
    assert faults(receive(make_csv(line("=1+1")))) == [(1, "name")]


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"purpose": "Cards\u202e"}, "purpose", "U+202E"),
        ({"developed_from": "2026-02-01", "developed_until": "2026-01-01"}, "developed_until", "before"),
        ({"retention_class": "forever and a day"}, "", "Retention class is changed by a person who is risk officer"),
        ({"slug": "bulk"}, "slug", "address of the API"),
        ({"validator": "OWNER"}, "", "Validator is changed by a person who is risk officer"),
    ],
)
def test_what_the_register_would_refuse_is_told_by_its_line_before_anybody_lets_it_in(
    receive, owner, cells, column, words
):
    said = {"name": "Two", "owner": owner.email} | {k: owner.email if v == "OWNER" else v for k, v in cells.items()}
    lines = [
        ",".join(said),
        ",".join({**said, "name": "One", **dict.fromkeys(cells, "")}.values()),
        ",".join(said.values()),
    ]
    survey = receive("\n".join(lines).encode())
    assert survey.state == SurveyState.FAULTY
    assert faults(survey) == [(2, column)]
    assert survey.faults[0]["message"].startswith("Line 3")
    assert words in survey.faults[0]["message"]


def test_what_was_taken_since_the_upload_fails_the_import_by_its_line(receive, line, engineer):
    survey = receive(make_csv(line(), line("Two")))
    make_model(name="two")
    import_survey(request_import(survey, actor=engineer))
    survey.refresh_from_db()
    assert survey.state == SurveyState.FAILED
    assert "Line 3, column name" in survey.reason


FILLED = '<row r="3"><c r="B3" t="inlineStr"><is><t>More models</t></is></c></row>'


def messages(survey) -> list[str]:
    return [one["message"] for one in survey.faults]


def test_a_further_sheet_that_holds_anything_is_a_fault_with_its_cell(receive, line):
    survey = receive(with_further(make_xlsx(line()), "Branch Ⅱ", FILLED))
    (message,) = messages(survey)
    assert survey.state == SurveyState.FAULTY and message.startswith("Sheet 'Branch Ⅱ', cell B3: only the first sheet")


def test_a_further_sheet_filled_from_its_first_cell_hides_no_other_fault(receive, line):
    first_cell = FILLED.replace("3", "1").replace("B1", "A1")
    survey = receive(with_further(make_xlsx(line(exposure="vast")), "Notes", first_cell))
    assert faults(survey) == [(0, "Notes!A"), (1, "exposure")]


@pytest.mark.parametrize("sheet", ["", '<row r="3"/>', '<row r="3"><c r="B3"/></row>'])
def test_an_empty_further_sheet_is_none(receive, line, sheet):
    assert receive(with_further(make_xlsx(line()), "Sheet2", sheet)).faults == []


def test_a_cell_further_right_than_is_read_is_a_fault(receive, line):
    far = '<c r="KN2" t="inlineStr"><is><t>Lost</t></is></c></row></sheetData>'
    book = with_sheet(make_xlsx(line()), lambda sheet: sheet.replace("</row></sheetData>", far))
    assert messages(receive(book)) == [
        "Line 2, column KN: stands beyond the 200 columns that are read; move it, or remove it."
    ]


def test_a_cell_with_an_error_is_a_fault_and_no_text(receive, line):
    error = '<c r="C2" t="e"><v>#REF!</v></c>'
    book = with_sheet(make_xlsx(line()), lambda sheet: re.sub(r'<c r="C2".*?</c>', error, sheet))
    assert any("Line 2, column business_unit: holds the error #REF!" in message for message in messages(receive(book)))


def test_what_is_hidden_is_entered_and_told(receive, line, engineer, client, api):
    book = with_sheet(
        make_xlsx(line(), line(name="Second")),
        lambda sheet: sheet.replace('<row r="3">', '<row r="3" hidden="1">').replace(
            "<sheetData>", '<cols><col min="3" max="300" hidden="1"/></cols><sheetData>'
        ),
    )
    survey = receive(book)
    assert (survey.state, survey.entries) == (SurveyState.CHECKED, 2)
    assert survey.notes == [
        "Line 3: hidden in the workbook, and entered like the others.",
        "Columns business_unit, exposure, affects_natural_persons: hidden in the workbook, and entered like the "
        "others.",
    ]
    client.force_login(engineer)
    assert survey.notes[0] in client.get(reverse("survey", args=[survey.pk])).text
    assert api(engineer).get(f"/api/v1/surveys/{survey.pk}/").json()["notes"] == survey.notes


def test_more_faults_than_are_told_are_counted(receive, line, engineer, client, api):
    lines = [line(name=f"Model {number}", exposure="vast") for number in range(MOST_FAULTS + 7)]
    survey = receive(make_csv(*lines))
    assert (len(survey.faults), survey.fault_count) == (MOST_FAULTS, MOST_FAULTS + 7)
    assert [one["row"] for one in survey.faults] == list(range(1, MOST_FAULTS + 1)), "the first by line"
    assert Entry.objects.get(action=Action.SURVEY_RECEIVED).details["faults"] == MOST_FAULTS + 7
    client.force_login(engineer)
    assert "These are the first 500 of 507 faults." in client.get(reverse("survey", args=[survey.pk])).text
    assert api(engineer).get(f"/api/v1/surveys/{survey.pk}/").json()["fault_count"] == MOST_FAULTS + 7


def test_an_unknown_missing_or_double_column_is_named(receive, line):
    survey = receive(make_csv(("a", "b", "c", "d"), header=("name", "color", "name", "")))
    told = " ".join(fault["message"] for fault in survey.faults)
    assert "column color: is no column of a survey" in told
    assert "column owner: is missing" in told
    assert "column name: stands there twice" in told


def test_headings_may_be_written_as_people_write_them(receive, owner):
    content = make_csv(("Card limit", owner.email, "High"), header=("Name", "OWNER", "Purpose Level"))
    assert receive(content).state == SurveyState.CHECKED


HEAD = '<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


def twice(second: str, first: str) -> bytes:
    """A workbook of two lines in which one thing says that it stands where another does."""
    return with_sheet(make_xlsx(("a", "b"), ("c", "d")), lambda sheet: sheet.replace(second, first))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00n", "UTF-8"),
        ("name,owner\nMüller,b".encode("latin-1"), "UTF-8, as its line 2 shows"),
        (
            ",".join(f"column {number}" for number in range(10_000)).encode() + b"\nx",
            "Line 1 has more than 200 columns",
        ),
        (b"name,owner\n\x00,b", "NUL"),
        (b'name,owner\n"a,b', "not CSV"),
        (b"name,owner\n", "no line"),
        (b"\n\nname,owner\na,b", "first line"),
        (b"PK\x03\x04" + b"x" * 50, "cannot be opened"),
        (make_xlsx(("a",), head=HEAD), "document type"),
        (make_xlsx(("a",), head="<broken"), "damaged"),
        (make_xlsx(("a" * 40_000,)), "more than 32,767 characters"),
        (make_xlsx(("a", "b" * 40_000)), "more than 32,767 characters"),
        (twice('<row r="3">', '<row r="2">'), "damaged"),
        (twice('r="B2"', 'r="A2"'), "damaged"),
        (twice("</sheetData>", '</sheetData><mergeCells><mergeCell ref=""/></mergeCells>'), "damaged"),
    ],
    ids=[
        "empty",
        "not text",
        "another encoding",
        "10 000 columns",
        "NUL",
        "open quote",
        "head only",
        "late head",
        "no archive",
        "entities",
        "no XML",
        "long shared text",
        "long cell",
        "line twice",
        "cell twice",
        "merged nowhere",
    ],
)
def test_what_is_no_sheet_is_refused_with_the_remedy(receive, content, why):
    with pytest.raises(UnusableData, match=why):
        receive(content)
    assert not Survey.objects.exists()


def test_a_sheet_with_a_byte_order_mark_is_read_like_one_without(receive, line):
    assert receive(b"\xef\xbb\xbf" + make_csv(line())).faults == []


def test_a_sheet_that_is_too_long_is_refused(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("name,owner\n" + "a,b\n" * (MOST_LINES + 1))
    with pytest.raises(TooLarge, match="several parts"):
        read_sheet(path)


def test_who_may_not_register_may_not_upload(receive, line, validator, auditor, administrator, stranger):
    for person in (validator, auditor, administrator, stranger):
        with pytest.raises(NotPermitted):
            receive(make_csv(line()), actor=person)


def test_models_of_a_baselined_survey_carry_their_date(receive, line, risk_officer):
    survey = receive(make_csv(line()), baselined_until=LATER, actor=risk_officer)
    import_survey(request_import(survey, actor=risk_officer))
    assert Model.objects.get().baselined_until == LATER
    with pytest.raises(UnusableData, match="future"):
        receive(make_csv(line("Other")), baselined_until=date(2020, 1, 1), actor=risk_officer)
    with pytest.raises(UnusableData, match="at most 365 days"):
        receive(make_csv(line("Other")), baselined_until=date(2999, 1, 1), actor=risk_officer)


def test_what_is_missing_is_dated_by_a_risk_officer_only(receive, line, workspace, owner, engineer, risk_officer):
    with pytest.raises(NotPermitted, match="set baseline"):
        receive(make_csv(line()), baselined_until=LATER, actor=engineer)
    survey = receive(make_csv(line()), baselined_until=LATER, actor=risk_officer)
    with pytest.raises(NotPermitted, match="set baseline"):
        request_import(survey, actor=engineer)
    with pytest.raises(NotPermitted, match="set baseline"):
        register_model(workspace, name="Brand new", owner=owner, baselined_until=LATER, actor=engineer)
    assert not Model.objects.exists()


def test_the_form_asks_who_may_not_set_a_baseline_for_none(receive, line, client, engineer, risk_officer, workspace):
    address = reverse("surveys")
    for person, asked in ((engineer, False), (risk_officer, True)):
        client.force_login(person)
        assert ('name="baselined_until"' in client.get(address).text) is asked
    client.force_login(engineer)
    sheet = SimpleUploadedFile("portfolio.csv", make_csv(line()))
    sent = {"workspace": workspace.pk, "sheet": sheet, "baselined_until": LATER.isoformat()}
    assert client.post(address, sent).status_code == 302
    assert Survey.objects.get().baselined_until is None


def test_over_rest_a_survey_is_uploaded_followed_and_imported(api, engineer, line, stranger):
    client = api(engineer)
    sent = client.post(f"{SURVEYS}?filename=a.xlsx", make_xlsx(line()), content_type=XLSX)
    assert sent.status_code == 201
    address = f"{SURVEYS}{sent.json()['id']}/"
    assert (sent.json()["models"], sent.json()["state"]) == (1, "checked")
    assert client.post(f"{address}import/").status_code == 202
    import_survey(Survey.objects.get())
    assert client.get(address).json()["state"] == "imported"
    is_problem(client.post(f"{address}import/"), 409)
    is_problem(api(stranger, workspace=stranger.grants.get().workspace).get(address), 404)
    is_problem(client.post(SURVEYS, b"x", content_type="text/plain"), 415)
    is_problem(client.post(f"{SURVEYS}?filename=a&colour=red", b"x", content_type=CSV), 400)


def test_only_of_an_import_under_way_is_it_asked_how_far_it_is(receive, line, engineer, monkeypatch):
    checked, requested, imported = (receive(make_csv(line(name))) for name in ("A", "B", "C"))
    for survey in (requested, imported):
        request_import(survey, actor=engineer)
    import_survey(imported)
    for survey in (requested, imported):
        survey.refresh_from_db()
    asked = []
    monkeypatch.setattr(cache, "get", lambda key, default: asked.append(key) or 1)
    assert [progress_of(survey) for survey in (checked, requested, imported)] == [0, 100, 100]
    assert len(asked) == 1


def test_only_who_may_register_is_led_to_upload_a_survey_again(receive, line, client, engineer, auditor):
    page = reverse("survey", args=[receive(make_csv(line(exposure="enormous"))).pk])
    for person, is_led in ((engineer, True), (auditor, False)):
        client.force_login(person)
        assert (f'href="{reverse("surveys")}"' in client.get(page).content.decode()) is is_led
