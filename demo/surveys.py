"""Two surveys: a portfolio that was taken over and is in the register, and a sheet that still has faults."""

import csv
import tempfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from demo.cast import Cast
from inventory import services
from inventory.contents.survey import COLUMNS
from inventory.models import Survey

OWNER, LEASING, TREASURY = "owner@example.com", "Leasing", "Treasury"
TAKEN_OVER = (
    {"name": "Leasing default", "business_unit": LEASING, "purpose": "Limits of lessees.", "methodology": "Scorecard",
     "exposure": "medium", "purpose_level": "medium", "complexity": "low", "reliance": "medium"},
    {"name": "Residual value of cars", "business_unit": LEASING, "purpose": "Prices at the end of a lease."},
    {"name": "Branch cash forecast", "business_unit": "Operations"},
)  # fmt: skip
FAULTY = (
    {"name": "Savings outflow", "owner": "nobody@example.com", "business_unit": TREASURY, "exposure": "high"},
    {"name": "Deposit rates", "business_unit": TREASURY, "exposure": "very high", "affects_natural_persons": "perhaps"},
    {"name": "Consumer credit default", "business_unit": "Retail lending"},
)


def take_over(cast: Cast) -> None:
    """The first survey is imported, its debt dated; the second waits for somebody to mend it."""
    if Survey.objects.exists():
        return
    until = timezone.now().date() + timedelta(days=180)
    survey = _send(cast, "leasing-portfolio.csv", TAKEN_OVER, baselined_until=until)
    services.import_survey(services.request_import(survey, actor=cast.officer))
    _send(cast, "treasury.csv", FAULTY)


def _send(cast: Cast, name: str, lines: tuple[dict, ...], **terms) -> Survey:
    with tempfile.TemporaryDirectory(prefix="mrm-demo-") as folder:
        path = Path(folder, name)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows({"owner": OWNER} | line for line in lines)
        return services.receive_survey(cast.workspace, path, filename=name, actor=cast.officer, **terms)
