"""An answer to one question about one model: evidence, none, or that nothing measures it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from django.urls import reverse

from audits.assessments.models import Run
from inventory.models import Model, Policy
from inventory.regimes import EVIDENCE

MOST_LINKS = 5


class Standing(StrEnum):
    """How a question was answered. Nothing but evidence counts as evidence."""

    EVIDENCE = "evidence"
    NONE = "no evidence"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Answer:
    """One kind of evidence about one model: a sentence, and where the evidence is to be seen."""

    kind: str
    standing: Standing
    sentence: str
    links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def question(self) -> str:
        return EVIDENCE[self.kind]


class Subject:
    """One model, with what several questions ask about it."""

    def __init__(self, model: Model, now: datetime):
        self.model, self.now = model, now

    @cached_property
    def policy(self) -> Policy:
        return Policy.objects.in_force()

    @cached_property
    def production(self):
        return self.model.production_version()

    @cached_property
    def runs(self) -> dict[str, Run]:
        latest = Run.objects.filter(version=self.production).latest_per_plan().select_related("plan", "version__model")
        return {run.plan.kind: run for run in latest} if self.production else {}

    def address(self, name: str, *more) -> str:
        return reverse(name, args=[self.model.slug, *more])


def evidence(kind: str, sentence: str, *links: tuple[str, str]) -> Answer:
    return Answer(kind, Standing.EVIDENCE, sentence, list(links)[:MOST_LINKS])


def no_evidence(kind: str, sentence: str, *links: tuple[str, str]) -> Answer:
    return Answer(kind, Standing.NONE, sentence, list(links)[:MOST_LINKS])


def not_measured(kind: str, sentence: str, *links: tuple[str, str]) -> Answer:
    return Answer(kind, Standing.NOT_MEASURED, sentence, list(links)[:MOST_LINKS])


def nothing_in_production(kind: str) -> Answer:
    return not_measured(kind, "No version is in production.")
