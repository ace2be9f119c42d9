"""The life of a model, of a version, of a use and of what is proposed about them, as one table each."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a version stands."""

    CANDIDATE = "candidate"
    CHALLENGER = "challenger"  # Scores the same traffic as the version in production, decides nothing.
    PRODUCTION = "production"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


UNDECIDED = (Stage.CANDIDATE, Stage.CHALLENGER)  # Nobody has decided whether it goes into production.


VERSION_TRANSITIONS = {
    (Stage.CANDIDATE, "challenge"): Stage.CHALLENGER,
    (Stage.CANDIDATE, "promote"): Stage.PRODUCTION,
    (Stage.CHALLENGER, "promote"): Stage.PRODUCTION,
    (Stage.PRODUCTION, "supersede"): Stage.SUPERSEDED,
    (Stage.SUPERSEDED, "return"): Stage.PRODUCTION,  # By a roll-back, to what was approved before.
    (Stage.CANDIDATE, "retire"): Stage.RETIRED,
    (Stage.CHALLENGER, "retire"): Stage.RETIRED,
    (Stage.PRODUCTION, "retire"): Stage.RETIRED,
    (Stage.SUPERSEDED, "retire"): Stage.RETIRED,
}


class Status(StrEnum):
    """Where a model stands."""

    IN_DEVELOPMENT = "in_development"
    IN_USE = "in_use"
    RESTRICTED = "restricted"  # In use, but something that it rested on has lapsed.
    SUSPENDED = "suspended"  # Stopped by one person; two let it run again.
    RETIRED = "retired"


RELIED_ON = (Status.IN_USE, Status.RESTRICTED, Status.SUSPENDED)  # Decided to be in use, even where it is held now.

MODEL_TRANSITIONS = {
    (Status.IN_DEVELOPMENT, "promote"): Status.IN_USE,
    (Status.IN_USE, "promote"): Status.IN_USE,
    (Status.RESTRICTED, "promote"): Status.RESTRICTED,
    (Status.IN_USE, "restrict"): Status.RESTRICTED,
    (Status.RESTRICTED, "lift"): Status.IN_USE,
    (Status.IN_USE, "suspend"): Status.SUSPENDED,
    (Status.RESTRICTED, "suspend"): Status.SUSPENDED,
    (Status.SUSPENDED, "resume"): Status.IN_USE,
    (Status.IN_DEVELOPMENT, "retire"): Status.RETIRED,
    (Status.IN_USE, "retire"): Status.RETIRED,
    (Status.RESTRICTED, "retire"): Status.RETIRED,
    (Status.SUSPENDED, "retire"): Status.RETIRED,
}


class UseState(StrEnum):
    """Where a use of a model stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"  # For at least one version; not in use yet.
    LIVE = "live"
    RESTRICTED = "restricted"  # In use within limits that the reason states.
    SUSPENDED = "suspended"
    ENDED = "ended"


USE_TRANSITIONS = {
    (UseState.PROPOSED, "approve"): UseState.APPROVED,
    (UseState.APPROVED, "approve"): UseState.APPROVED,
    (UseState.LIVE, "approve"): UseState.LIVE,
    (UseState.RESTRICTED, "approve"): UseState.RESTRICTED,
    (UseState.SUSPENDED, "approve"): UseState.SUSPENDED,
    (UseState.APPROVED, "start"): UseState.LIVE,
    (UseState.APPROVED, "lapse"): UseState.PROPOSED,
    (UseState.LIVE, "restrict"): UseState.RESTRICTED,
    (UseState.RESTRICTED, "restrict"): UseState.RESTRICTED,
    (UseState.LIVE, "suspend"): UseState.SUSPENDED,
    (UseState.RESTRICTED, "suspend"): UseState.SUSPENDED,
    (UseState.SUSPENDED, "ease"): UseState.RESTRICTED,  # It may go on, but not without limits yet.
    (UseState.RESTRICTED, "lift"): UseState.LIVE,
    (UseState.SUSPENDED, "lift"): UseState.LIVE,
    (UseState.PROPOSED, "end"): UseState.ENDED,
    (UseState.APPROVED, "end"): UseState.ENDED,
    (UseState.LIVE, "end"): UseState.ENDED,
    (UseState.RESTRICTED, "end"): UseState.ENDED,
    (UseState.SUSPENDED, "end"): UseState.ENDED,
}
IN_USE = (UseState.LIVE, UseState.RESTRICTED)
HELD = (UseState.RESTRICTED, UseState.SUSPENDED)  # As what a person may order a use to be held.


class SurveyState(StrEnum):
    """Where an identification survey stands."""

    FAULTY = "faulty"  # It would not register a single model until it is mended and uploaded again.
    CHECKED = "checked"
    REQUESTED = "requested"
    IMPORTED = "imported"
    FAILED = "failed"  # The register had changed meanwhile; nothing was imported.


SURVEY_TRANSITIONS = {
    (SurveyState.CHECKED, "request"): SurveyState.REQUESTED,
    (SurveyState.REQUESTED, "import"): SurveyState.IMPORTED,
    (SurveyState.REQUESTED, "fail"): SurveyState.FAILED,
}


class TierState(StrEnum):
    """Where an assessment of a tier stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"  # In force.
    SUPERSEDED = "superseded"


TIER_TRANSITIONS = {
    (TierState.PROPOSED, "confirm"): TierState.CONFIRMED,
    (TierState.PROPOSED, "supersede"): TierState.SUPERSEDED,  # By another proposal.
    (TierState.CONFIRMED, "supersede"): TierState.SUPERSEDED,  # By the next that is confirmed, or because it lapsed.
}


class DraftState(StrEnum):
    """Where a proposed policy stands."""

    PROPOSED = "proposed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


DRAFT_TRANSITIONS = {
    (DraftState.PROPOSED, "publish"): DraftState.PUBLISHED,
    (DraftState.PROPOSED, "withdraw"): DraftState.WITHDRAWN,
}


def tier_after(state: str, event: str) -> TierState | None:
    """The next state, or None where the event is not allowed."""
    return TIER_TRANSITIONS.get((TierState(state), event))


def draft_after(state: str, event: str) -> DraftState | None:
    """The next state, or None where the event is not allowed."""
    return DRAFT_TRANSITIONS.get((DraftState(state), event))


def survey_after(state: str, event: str) -> SurveyState | None:
    """The next state, or None where the event is not allowed."""
    return SURVEY_TRANSITIONS.get((SurveyState(state), event))


def version_after(stage: str, event: str) -> Stage | None:
    """The next stage, or None where the event is not allowed."""
    return VERSION_TRANSITIONS.get((Stage(stage), event))


def model_after(status: str, event: str) -> Status | None:
    """The next status, or None where the event is not allowed."""
    return MODEL_TRANSITIONS.get((Status(status), event))


def use_after(state: str, event: str) -> UseState | None:
    """The next state, or None where the event is not allowed."""
    return USE_TRANSITIONS.get((UseState(state), event))
