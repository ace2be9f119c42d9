"""Is a version approved for a use? One answer in words, and the whole table of versions against uses."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from inventory.contents.derived import day
from inventory.models import Model, ModelVersion, TierDoubt, Use, UseApproval
from inventory.states import Stage, UseState

MOST_VERSIONS = 6


@dataclass(frozen=True)
class Answer:
    """Whether a version may serve a use now, and what there is to know about it."""

    may_serve: bool
    sentences: list[str]


@dataclass(frozen=True)
class Row:
    """One use against the versions of the table; an approval where one stands."""

    use: Use
    cells: list[tuple[ModelVersion, UseApproval | None]]


def answer_for(version: ModelVersion, use: Use, now: datetime) -> Answer:
    """Whether this version is approved for this use; where it is not, why not and which version is."""
    given = list(UseApproval.objects.filter(use=use).select_related("version", "approved_by"))
    standing = next((one for one in given if one.version_id == version.pk and one.stands(now)), None)
    if standing is None or version.stage == Stage.RETIRED:
        return Answer(
            False, [f"No. Version {version.number} is not approved for {use.title}.", *_why_not(version, given, now)]
        )
    until = f"until {day(standing.last_day)}" if standing.last_day else "without an end"
    by = f" by {standing.change_reference}" if standing.change_reference else ""
    sentences = [f"Yes. Version {version.number} is approved for {use.title} {until}{by}."]
    sentences += [f"Under the condition: {condition}" for condition in standing.conditions]
    if use.state == UseState.SUSPENDED:
        stopped = f"No. Version {version.number} is approved for {use.title}, but the use is suspended:"
        return Answer(False, [f"{stopped} {use.state_because}", *sentences[1:]])
    if use.state != UseState.LIVE:
        because = f": {use.state_because}" if use.state_because else "."
        sentences.append(f"But the use itself is {use.state}{because}")
    return Answer(True, sentences)


def why_tier_first(uses: Iterable[Use]) -> dict[Use, str]:
    """The uses whose approval waits until the tier is confirmed with them in view, each with why, as a sentence."""
    standing = TierDoubt.objects.standing().filter(use__in=[use.pk for use in uses])
    reasons = defaultdict(list)
    for doubt in standing:
        reasons[doubt.use_id].append(doubt.reason)
    return {
        use: " ".join(
            ["The tier was assessed without it.", *reasons[use.pk], "Have the tier assessed and confirmed again."]
        )
        for use in uses
        if use.pk in reasons
    }


def table_of(
    model: Model, production: ModelVersion | None, uses: list[Use], now: datetime
) -> tuple[list[ModelVersion], list[Row]]:
    """The newest versions, with the one in production among them, against these uses and their fetched approvals."""
    versions = list(model.versions.order_by("-number")[:MOST_VERSIONS])
    if production and production not in versions:
        versions[-1] = production
    rows = []
    for use in uses:
        standing = {approval.version_id: approval for approval in use.approvals.all() if approval.stands(now)}
        rows.append(Row(use, [(version, standing.get(version.pk)) for version in versions]))
    return versions, rows


def _why_not(version: ModelVersion, given: list[UseApproval], now: datetime) -> list[str]:
    sentences = ["It is retired."] if version.stage == Stage.RETIRED else []
    own = [approval for approval in given if approval.version_id == version.pk]
    if own and not own[0].stands(now):
        latest = own[0]
        ended = latest.ended_at or latest.last_day
        because = latest.ended_because or "it expired."
        sentences.append(f"It was approved from {day(latest.effective_at)} to {day(ended)}: {because}")
    others = sorted(
        approval.version.number
        for approval in given
        if approval.stands(now) and approval.version.stage != Stage.RETIRED
    )
    if others:
        named = ", ".join(str(number) for number in others)
        sentences.append(f"Approved for it: version {named}.")
    else:
        sentences.append("No version is approved for it now.")
    return sentences
