"""`python -m bench survey`: an identification survey of 10 000 lines, read, checked and imported as one change.

On a durable PostgreSQL of its own in var/bench/survey.
"""

import csv
from pathlib import Path

from bench.installation import installation
from bench.measure import Row, cost_here, printed
from bench.tables import FOLDER

LINES = 10_000
LEVELS = ("low", "medium", "high")


def run(lines: int = LINES, *, folder: Path = FOLDER) -> str:
    with installation(folder / "survey", with_redis=True):
        path = folder / "survey" / "survey.csv"
        rows = _imported(_sheet(path, lines), lines)
    return printed(f"A survey of {lines:,} lines, PostgreSQL with fsync", rows)


def _sheet(path: Path, lines: int) -> Path:
    from inventory.contents.survey import COLUMNS

    with path.open("w", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS)
        sheet.writeheader()
        for number in range(lines):
            levels = dict.fromkeys(("exposure", "purpose_level", "complexity", "reliance"), LEVELS[number % 3])
            said = {"name": f"Model {number:05}", "owner": "owner@bank.example", "business_unit": f"Unit {number % 20}"}
            sheet.writerow(said | levels | {"purpose": f"Decides on case {number}.", "affects_natural_persons": "yes"})
    return path


def _imported(path: Path, lines: int) -> list[Row]:
    from audits.trail.services import verify_trail
    from inventory.models import Model
    from inventory.services import import_survey, prepare_installation, receive_survey, request_import
    from mrm.accounts.models import Workspace
    from mrm.accounts.services import create_person, grant_role

    prepare_installation()
    person = create_person("owner@bank.example", "Owner", password=None, actor=None)
    grant_role(person, "engineer", actor=None)
    workspace = Workspace.objects.get(slug="main")
    received = []

    def receive() -> None:
        received.append(receive_survey(workspace, path, filename="survey.csv", actor=person))

    reading = cost_here(receive)
    request_import(received[-1], actor=person)
    importing = cost_here(lambda: import_survey(received[-1]))
    if Model.objects.count() != lines or not verify_trail().holds:
        raise RuntimeError("The survey was not imported.")
    return [
        Row("read and check the sheet", reading),
        Row("import it: models, records and trail in one transaction", importing, "≤ 30 s"),
    ]
