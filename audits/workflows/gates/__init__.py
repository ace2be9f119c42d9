"""The gates: everything that stands between a version and production, or between a model and its retirement.

Each blocker names the clause of the policy that it comes from, so that an exception from that clause can waive it.
Page, API, registry and the services that act all ask here; an empty list means yes.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from audits.assessments.models import Kind, Plan, Result, Run
from audits.assessments.services.plans import why_not_of_kind
from audits.assessments.states import RunState
from audits.statistics.limits import Verdict
from audits.workflows.gates.enveloped import warnings_of_envelope
from audits.workflows.gates.gate import DOCUMENTATION, MODEL_STATUS, NOT_FIT, STAGE, Blocker, Gate, Waived
from audits.workflows.gates.gathered import Gathered
from audits.workflows.gates.retrained import asked_of, blockers_in_comparison, blockers_in_parallel_run
from audits.workflows.gates.signed import blockers_in_signed_opinions, warnings_of_signed_opinions
from audits.workflows.gates.supervised import (
    blockers_in_objections,
    blockers_in_supervision,
    warnings_of_supervision,
)
from audits.workflows.gates.windows import Counted
from audits.workflows.models import Arrangement, Finding, ValidationOpinion
from inventory.artifacts import output_column
from inventory.attributes import BY_NAME
from inventory.contents.dependencies import consumers_of, why_still_needed
from inventory.contents.making import maker_elsewhere
from inventory.contents.uses import why_tier_first
from inventory.models import Document, Model, ModelVersion, Policy, Use, UseApproval
from inventory.models.particulars import Determination
from inventory.policies import SEVERE, required_assessments, required_for_use, validation_required
from inventory.states import UNDECIDED, Stage, Status
from mrm.accounts.models import Person
from mrm.pages.wording import day

MOST_NAMED = 5
UNSETTLED = (Verdict.UNKNOWN, Verdict.INSUFFICIENT)
TIER, LAPSED, VALIDATION = "tier", "lapsed", "validation"


def gate_for(version: ModelVersion, *, for_uses: Collection[Use] = (), now: datetime | None = None) -> Gate:
    """Everything that stands between this version and production, and what has been waived.

    for_uses  what a request would also approve it for
    """
    facts = Gathered(version, now or timezone.now())
    found = [
        *_blockers_in_stage(version),
        *_blockers_in_uses(facts, for_uses),
        *_blockers_in_tiering(for_uses),
        *_blockers_in_fitness(facts),
        *blockers_in_supervision(facts),
    ]
    return _gate(facts, found)


def gate_for_approval(version: ModelVersion, *, for_uses: Collection[Use] = ()) -> Gate:
    """The same between what is in production and its approval for a further period."""
    facts = Gathered(version, timezone.now())
    made_good = Arrangement.FOR_PRODUCTION  # By the new approval.
    fitness = [one for one in _blockers_in_fitness(facts, made_good=made_good) if one.clause != MODEL_STATUS]
    return _gate(facts, [*_blockers_in_tiering(for_uses), *fitness, *_blockers_in_what_its_supervisor_said(facts)])


def gate_for_going_back(version: ModelVersion) -> tuple[list[str], list[str]]:
    """What the gate says of a version that was approved and superseded: what keeps it out, and what is passed over."""
    blockers = gate_for(version).blockers
    binding = [blocker.text for blocker in blockers if not blocker.why_passed_over_in_rollback]
    return binding, [
        f"{blocker.text} {blocker.why_passed_over_in_rollback}"
        for blocker in blockers
        if blocker.why_passed_over_in_rollback and blocker.clause != STAGE
    ]


def _blockers_in_what_its_supervisor_said(facts: Gathered) -> list[Blocker]:
    """Whoever waited for an answer before its first approval waits for none again; what an emergency let in did not."""
    if Arrangement.objects.filter(version=facts.version, kind=Arrangement.Kind.APPROVAL).exists():
        return blockers_in_objections(facts)
    return blockers_in_supervision(facts)


def blockers_for_retirement(model: Model) -> list[str]:
    """Every reason why this model may not be retired now, in words."""
    if model.status == Status.RETIRED:
        return [f"{model} is retired."]
    return why_still_needed(model)


def _gate(facts: Gathered, found: list[Blocker]) -> Gate:
    """What is waived apart from what blocks, and what the deciders should know."""
    version = facts.version
    standing = Arrangement.objects.standing(facts.now).filter(model=version.model_id, kind=Arrangement.Kind.EXCEPTION)
    exceptions = {one.clause: one for one in standing if one.version_id in (None, version.pk)} if found else {}
    gate = Gate(facts=facts)
    for blocker in found:
        if exception := exceptions.get(blocker.clause):
            gate.waived.append(Waived(blocker, f"{exception.reference} until {exception.terms['ends_on']}"))
        else:
            gate.blockers.append(blocker)
    gate.waived.extend(_accepted(facts))
    gate.warnings.extend(_warnings(facts))
    return gate


def _blockers_in_stage(version: ModelVersion) -> list[Blocker]:
    if version.stage in UNDECIDED:
        return []
    return [Blocker(STAGE, f"Only a candidate or a challenger can be promoted; {version} is {version.stage}.")]


def _blockers_in_uses(facts: Gathered, for_uses: Collection[Use]) -> list[Blocker]:
    """Live uses that would be left without an approved version."""
    version = facts.version
    approved = UseApproval.objects.standing(facts.now).filter(version=version)
    left = version.model.uses.in_use().exclude(pk__in=approved.values("use")).exclude(pk__in=[u.pk for u in for_uses])
    return [
        Blocker(
            "uses",
            f"{version} is not approved for use {use.number}, {use.title}, which is live: name it in the request.",
        )
        for use in left
    ]


def _blockers_in_tiering(for_uses: Collection[Use]) -> list[Blocker]:
    """Uses that the confirmed tier does not take into account yet. Those approved before are not asked about again."""
    return [Blocker(TIER, f"{use} cannot be approved yet. {why}") for use, why in why_tier_first(for_uses).items()]


def _blockers_in_fitness(facts: Gathered, *, made_good=()) -> list[Blocker]:
    return [
        *_blockers_in_register(facts.version),
        *_blockers_in_documentation(facts),
        *_blockers_in_assessments(facts),
        *_blockers_in_findings(facts),
        *_blockers_in_validation(facts),
        *_blockers_in_what_lapsed(facts, made_good),
    ]


def _blockers_in_register(version: ModelVersion) -> list[Blocker]:
    model, blockers = version.model, []
    if model.status == Status.RETIRED:
        blockers.append(Blocker(MODEL_STATUS, f"{model} is retired."))
    if model.status == Status.SUSPENDED:
        blockers.append(Blocker(MODEL_STATUS, f"{model} is suspended; two people must lift the suspension first."))
    if Determination.objects.denied().filter(model=model).exists():
        text = f"{model} is determined to be no model, and is asked for nothing: determine it to be one first."
        blockers.append(Blocker(MODEL_STATUS, text))
    if model.tier_is_provisional:
        blockers.append(Blocker(TIER, f"The tier of {model} is provisional; a risk officer must confirm it."))
    if not hasattr(version, "reference"):
        text = f"{version} has no reference data, so nothing about it can be measured."
        blockers.append(Blocker("reference_data", text))
    return blockers


def _blockers_in_documentation(facts: Gathered) -> list[Blocker]:
    """What the register lacks, and documents that nobody looked at again in time, where the policy asks before use."""
    policy, model = facts.document, facts.model
    if not required_for_use(policy, model.tier):
        return []
    blockers = []
    if unsaid := model.unsaid(policy):
        told = ", ".join(BY_NAME[name].label.lower() for name in unsaid)
        text = f"The register does not say of {model}: {told}. The policy requires it before use at tier {model.tier}."
        blockers.append(Blocker(DOCUMENTATION, text))
    late = Document.objects.standing().filter(model=model, review_by__lt=timezone.localdate()).order_by("review_by")
    for document in late[:MOST_NAMED]:
        text = f"{document.title} of {model} was to be reviewed by {day(document.review_by)}."
        blockers.append(Blocker(DOCUMENTATION, text))
    return blockers


def _blockers_in_assessments(facts: Gathered) -> list[Blocker]:
    """The latest assessment of every plan counts, never only the latest of all; what cannot be assessed blocks too."""
    policy, version, model, counted = facts.document, facts.version, facts.model, facts.counted
    required = required_assessments(policy, tier=model.tier, affects_natural_persons=model.is_about_persons)
    blockers, must_be_decided = [], policy["promotion"]["must_be_decided"]
    if asked := asked_of(version, policy):
        required = [*required, *(kind for kind in asked.assessed if not why_not_of_kind(version, kind))]
        must_be_decided = [*must_be_decided, *asked.decided]
        latest = {kind: one.whole for kind, one in counted.items() if one.whole}
        blockers += blockers_in_comparison(version, asked, latest)
        blockers += blockers_in_parallel_run(version, asked.parallel_run)
    if not required:
        return blockers
    off = Plan.objects.filter(version=version, enabled=False).values_list("kind", flat=True)
    kinds = [kind for kind in Kind if kind in required]
    bad = _bad_results([run for kind in kinds if kind in counted for run in counted[kind].runs], must_be_decided)
    for kind in kinds:
        runs = counted.get(kind)
        if kind in off:
            text = f"The {kind.label.lower()} plan of {version} is switched off; the policy requires the assessment."
            blockers.append(Blocker(f"assessment.{kind}", text))
        if runs is None or runs.whole is None:
            blockers.append(Blocker(f"assessment.{kind}", _why_none(version, kind, runs)))
        for run in runs.runs if runs else []:
            blockers += _blockers_in_run(kind, run, bad[run.pk], facts.policy_id)
    return blockers


def _bad_results(runs: list[Run], must_be_decided: list[str]) -> dict[UUID, list[Result]]:
    """By run what is red, and what is undecided of the measures that the policy wants decided on the whole model."""
    undecided = Q(segment="", measure__in=must_be_decided, verdict__in=UNSETTLED)
    found = defaultdict(list)
    if runs:
        for result in Result.objects.filter(Q(verdict=Verdict.RED) | undecided, run__in=runs):
            found[result.run_id].append(result)
    return found


def _why_none(version: ModelVersion, kind: Kind, runs: Counted | None) -> str:
    """That nothing was measured over a window of the schedule."""
    name = kind.label.lower()
    if runs:
        return f"{runs.told}, and none of {version} over the time that was due is finished."
    if why := why_not_of_kind(version, kind):
        return f"The policy requires the {name} assessment, and {version} cannot have one: {why}."
    return f"No {name} assessment of {version} is finished yet."


def _blockers_in_run(kind: Kind, run: Run, bad: list[Result], in_force: UUID) -> list[Blocker]:
    """What is red; and what the policy wants decided on the model as a whole and this sample could not decide.

    A verdict keeps to the limits of its day; where those of another policy are in force, it says so.
    """
    if run.state != RunState.SUCCEEDED:
        text = f"The latest {kind.label.lower()} assessment gave no results: {run.reason}"
        return [Blocker(f"assessment.{kind}", text)]
    red = [
        f"{kind.label} is red: {result} is {result.value:.3g}{_interval(result)}; the limit is {result.limit['red']:g}."
        for result in [one for one in bad if one.verdict == Verdict.RED][:MOST_NAMED]
    ]
    open_still = [
        f"{kind.label} is undecided: {result} is {result.verdict}. {_why_undecided(result)}"
        for result in bad
        if result.verdict in UNSETTLED and result.column in ("", output_column(run.version).name)
    ]
    found = [*((f"verdict.{kind}", text) for text in red), *((f"undecided.{kind}", text) for text in open_still)]
    since = ""
    if found and run.policy_id != in_force:
        now = Policy.objects.in_force().number
        since = f" It was judged under policy {run.policy.number}; policy {now} is in force."
    return [Blocker(clause, f"{text}{since}") for clause, text in found]


def _blockers_in_findings(facts: Gathered) -> list[Blocker]:
    """Open severe findings, unless their risk is accepted for now."""
    accepted = {one.finding_id for one in facts.acceptances}
    return [_open_finding(one, facts.version) for one in facts.severe if one.pk not in accepted]


def _accepted(facts: Gathered) -> list[Waived]:
    """Severe findings that rest meanwhile: accepted, whatever version was in use then, by whom the deciders see."""
    return [
        Waived(_open_finding(one.finding, facts.version), f"{one.reference} until {one.terms['ends_on']}")
        for one in facts.acceptances
    ]


def _open_finding(finding: Finding, version: ModelVersion) -> Blocker:
    text = f"{finding.reference} ({finding.severity}) is open: {finding.title}."
    about = finding.version or version
    return Blocker(f"findings.{finding.severity}", text, of_another_version=not about.is_same_artifact(version))


def _blockers_in_validation(facts: Gathered) -> list[Blocker]:
    """What was found not fit, always, also while that awaits its approval; and what nobody found fit, where the policy
    requires it for the tier.
    """
    version, tier = facts.version, facts.model.tier
    blockers = _found_unfit(version) + blockers_in_signed_opinions(facts.signed)
    if validation_required(facts.document, tier) and facts.opinion is None:
        text = f"No validation with a fit opinion is in force for {version}; the policy requires it for tier {tier}."
        blockers.append(Blocker(VALIDATION, text))
    return blockers


def _found_unfit(version: ModelVersion) -> list[Blocker]:
    found = ValidationOpinion.objects.against(version).select_related("request__version__model", "request__model")
    blockers = []
    for asked in (opinion.request for opinion in found.order_by("approved_at", "pk")):
        is_own = asked.model_id == version.model_id and asked.version in (None, version)
        same = "" if is_own else ", and this is the same artifact"
        blockers.append(
            Blocker(NOT_FIT, f"{asked.reference} found {asked.version or asked.model} not fit for use{same}.")
        )
    return blockers


def _warnings(facts: Gathered) -> list[str]:
    version, tier, counted = facts.version, facts.model.tier, facts.counted
    held = version.model.uses.exclude(held="").order_by("number")
    warnings = [f"{use} is {use.held} and stays so, whatever is promoted: {use.held_because}" for use in held]
    warnings += warnings_of_supervision(facts)
    warnings += warnings_of_signed_opinions(facts.signed)
    warnings += warnings_of_envelope(facts)
    warnings += _known_elsewhere(facts)
    warnings += _made_by_a_stranger(version)
    warnings += _reached_downstream(version.model)
    warnings += [f"{one.told}." for one in counted.values() if one.part]
    warnings += _judged_by_other_limits([one.whole for one in counted.values() if one.whole], facts.policy_id)
    if not validation_required(facts.document, tier) and facts.opinion is None:
        warnings.append(
            f"No validation with a fit opinion is in force for {version}. "
            f"The policy does not require it for tier {tier}."
        )
    return warnings


def _made_by_a_stranger(version: ModelVersion) -> list[str]:
    """Whoever made a version does not decide about it; whom another registry names is known by their account alone."""
    maker = "" if version.registered_by_id else maker_elsewhere(version)
    if not maker or Person.objects.filter(email__iexact=maker).exists():
        return []
    return [f"The registry that ours follows says that {maker} made it, who has no account here: they must not decide."]


def _judged_by_other_limits(runs: list[Run], in_force: UUID) -> list[str]:
    """A verdict keeps to the limits of its day, also where a policy has tightened them since; the deciders are told."""
    earlier = {run.policy_id for run in runs} - {in_force}
    if not earlier:
        return []
    policies = Policy.objects.in_bulk([in_force, *earlier])
    limits, number = policies[in_force].section("limits"), policies[in_force].number
    told = [
        f"{run.plan.get_kind_display().lower()} under policy {policies[run.policy_id].number}"
        for run in runs
        if policies[run.policy_id].section("limits") != limits
    ]
    if not told:
        return []
    return [
        f"Judged by the limits of their day: {', '.join(sorted(told))}. Policy {number} has others, for later runs."
    ]


def _reached_downstream(model: Model) -> list[str]:
    """Whom a change of the model reaches: those who take in its output, directly or through others."""
    reached = len(consumers_of(model))  # How many: not everybody who reads this may see each of them.
    if not reached:
        return []
    return [f"What changes here reaches {reached} model{'s' * (reached > 1)} downstream: see its dependencies."]


def _known_elsewhere(facts: Gathered) -> list[str]:
    """Open severe findings, what lapsed, and who was stopped: of other models that have the same artifact."""
    same = ModelVersion.objects.of_artifact(facts.version).exclude(model=facts.version.model_id)
    if not same.exists():
        return []
    about = Q(version__in=same) | Q(version=None, model__in=same.values("model"))
    findings = Finding.objects.open().filter(about, severity__in=SEVERE).select_related("model").order_by("reference")
    lapsed = Arrangement.objects.unsettled().filter(about, kind__in=Arrangement.OF_AN_ARTIFACT)
    lapsed = lapsed.exclude(kind=Arrangement.Kind.FINDING).select_related("model").order_by("reference")
    in_use = same.filter(stage=Stage.PRODUCTION).values("model")
    stopped = Arrangement.objects.active().filter(model__in=in_use, kind=Arrangement.Kind.SUSPENSION, use=None)
    told = [
        f"{one.model} is suspended by {one.reference}, with the same artifact in production."
        for one in stopped.select_related("model").order_by("reference")[:MOST_NAMED]
    ]
    told += [
        f"{one.reference} ({one.severity}) is open about {one.model}, where the same artifact is registered."
        for one in findings[:MOST_NAMED]
    ]
    return told + [
        f"{one.reference} has lapsed and is not put in order about {one.model}, where the same artifact is registered."
        for one in lapsed[:MOST_NAMED]
    ]


def _blockers_in_what_lapsed(facts: Gathered, made_good) -> list[Blocker]:
    """What has lapsed about the model, this version of it or its artifact, and nobody has put in order.

    What is restricted for a critical finding is named by the finding.
    """
    apart = (*made_good, Arrangement.Kind.FINDING)
    lapsed = Arrangement.objects.lapsed(facts.now).filter(model=facts.model).exclude(kind__in=apart)
    return [
        Blocker(
            "conditions" if one.kind == Arrangement.Kind.CONDITION else LAPSED,
            f"{one.reference} has lapsed and is not put in order: {one.title}.",
        )
        for one in lapsed.select_related("version")
        if one.is_held_against(facts.version)
    ]


def _interval(result: Result) -> str:
    return f" ({result.low:.3g} to {result.high:.3g})" if result.low is not None and result.high is not None else ""


def _why_undecided(result: Result) -> str:
    return result.reason or "The sample does not allow a decision."
