"""The life of a model and of a version, as one table each."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a version stands."""

    CANDIDATE = "candidate"
    CHALLENGER = "challenger"  # Scores the same traffic as the version in production, decides nothing.
    PRODUCTION = "production"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


VERSION_TRANSITIONS = {
    (Stage.CANDIDATE, "challenge"): Stage.CHALLENGER,
    (Stage.CANDIDATE, "promote"): Stage.PRODUCTION,
    (Stage.CHALLENGER, "promote"): Stage.PRODUCTION,
    (Stage.PRODUCTION, "supersede"): Stage.SUPERSEDED,
    (Stage.CANDIDATE, "retire"): Stage.RETIRED,
    (Stage.CHALLENGER, "retire"): Stage.RETIRED,
    (Stage.PRODUCTION, "retire"): Stage.RETIRED,
    (Stage.SUPERSEDED, "retire"): Stage.RETIRED,
}


class Status(StrEnum):
    """Where a model stands."""

    IN_DEVELOPMENT = "in_development"
    IN_USE = "in_use"
    RETIRED = "retired"


MODEL_TRANSITIONS = {
    (Status.IN_DEVELOPMENT, "promote"): Status.IN_USE,
    (Status.IN_USE, "promote"): Status.IN_USE,
    (Status.IN_DEVELOPMENT, "retire"): Status.RETIRED,
    (Status.IN_USE, "retire"): Status.RETIRED,
}


def version_after(stage: str, event: str) -> Stage | None:
    """The next stage, or None where the event is not allowed."""
    return VERSION_TRANSITIONS.get((Stage(stage), event))


def model_after(status: str, event: str) -> Status | None:
    """The next status, or None where the event is not allowed."""
    return MODEL_TRANSITIONS.get((Status(status), event))
