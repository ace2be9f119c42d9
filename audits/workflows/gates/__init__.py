"""The gates: everything that stands between a version and production, or between a model and its retirement.

Each blocker names the clause of the policy that it comes from, so that an exception from that clause can waive it.
Page, API, registry and the services that act all ask here; an empty list means yes.
"""

from collections.abc import Collection, Iterator, Mapping
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
from audits.workflows.gates.retrained import asked_of, blockers_in_comparison, blockers_in_parallel_run
from audits.workflows.gates.signed import blockers_in_signed_opinions, warnings_of_signed_opinions
from audits.workflows.gates.supervised import (
    blockers_in_objections,
    blockers_in_supervision,
    warnings_of_supervision,
)
from audits.workflows.gates.windows import Counted, runs_that_count
from audits.workflows.models import Arrangement, Finding, ValidationOpinion
from audits.workflows.models.opinions import ENTITLING
from inventory.artifacts import output_column
from inventory.attributes import BY_NAME
from inventory.contents.dependencies import consumers_of, why_still_needed
from inventory.contents.uses import why_tier_first
from inventory.models import Document, Model, ModelVersion, Policy, Use, UseApproval
from inventory.models.particulars import Determination
from inventory.policies import FULL_TYPES, required_assessments, required_for_use, validation_required
from inventory.states import UNDECIDED, Status
from mrm.pages.wording import day

MOST_NAMED = 5
SEVERE = (Finding.Severity.CRITICAL, Finding.Severity.HIGH)
TIER, LAPSED, VALIDATION = "tier", "lapsed", "validation"


def gate_for(version: ModelVersion, *, for_uses: Collection[Use] = (), now: datetime | None = None) -> Gate:
    """Everything that stands between this version and production, and what has been waived.

    for_uses  what a request would also approve it for
    """
    now, counted = now or timezone.now(), runs_that_count(version)
    found = [
        *_blockers_in_stage(version),
        *_blockers_in_uses(version, for_uses, now),
        *_blockers_in_tiering(for_uses),
        *_blockers_in_fitness(version, counted),
        *blockers_in_supervision(version, Policy.objects.document_in_force()[1], now),
    ]
    gate = _sorted(version, found, now)
    gate.waived.extend(_accepted(version, now))
    gate.warnings.extend(_warnings(version, counted, now))
    return gate


def blockers_for_promotion(version: ModelVersion, *, for_uses: Collection[Use] = ()) -> list[str]:
    """Every reason why this version may not go into production now, in words."""
    return gate_for(version, for_uses=for_uses).reasons


def blockers_for_approval(version: ModelVersion, *, for_uses: Collection[Use] = ()) -> list[str]:
    """Every reason why what is in production may not be approved for a further period, in words."""
    made_good = Arrangement.FOR_PRODUCTION  # By the new approval.
    fitness = _blockers_in_fitness(version, runs_that_count(version), made_good=made_good)
    fitness = [one for one in fitness if one.clause != MODEL_STATUS]
    found = [*_blockers_in_tiering(for_uses), *fitness, *_blockers_in_what_its_supervisor_said(version)]
    return _sorted(version, found, timezone.now()).reasons


def gate_for_going_back(version: ModelVersion) -> tuple[list[str], list[str]]:
    """What the gate says of a version that was approved and superseded: what keeps it out, and what is passed over."""
    blockers = gate_for(version).blockers
    binding = [blocker.text for blocker in blockers if not blocker.why_passed_over_in_rollback]
    return binding, [
        f"{blocker.text} {blocker.why_passed_over_in_rollback}"
        for blocker in blockers
        if blocker.why_passed_over_in_rollback and blocker.clause != STAGE
    ]


def _blockers_in_what_its_supervisor_said(version: ModelVersion) -> list[Blocker]:
    """Whoever waited for an answer before its first approval waits for none again; what an emergency let in did not."""
    if Arrangement.objects.filter(version=version, kind=Arrangement.Kind.APPROVAL).exists():
        return blockers_in_objections(version)
    return blockers_in_supervision(version, Policy.objects.document_in_force()[1], timezone.now())


def blockers_for_retirement(model: Model) -> list[str]:
    """Every reason why this model may not be retired now, in words."""
    if model.status == Status.RETIRED:
        return [f"{model} is retired."]
    return why_still_needed(model)


def _sorted(version: ModelVersion, found: list[Blocker], now: datetime) -> Gate:
    """What is waived apart from what blocks."""
    standing = Arrangement.objects.standing(now).filter(model=version.model_id, kind=Arrangement.Kind.EXCEPTION)
    exceptions = {one.clause: one for one in standing if one.version_id in (None, version.pk)} if found else {}
    gate = Gate()
    for blocker in found:
        if exception := exceptions.get(blocker.clause):
            gate.waived.append(Waived(blocker, f"{exception.reference} until {exception.terms['ends_on']}"))
        else:
            gate.blockers.append(blocker)
    return gate


def _blockers_in_stage(version: ModelVersion) -> list[Blocker]:
    if version.stage in UNDECIDED:
        return []
    return [Blocker(STAGE, f"Only a candidate or a challenger can be promoted; {version} is {version.stage}.")]


def _blockers_in_uses(version: ModelVersion, for_uses: Collection[Use], now: datetime) -> list[Blocker]:
    """Live uses that would be left without an approved version."""
    approved = UseApproval.objects.standing(now).filter(version=version)
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


def _blockers_in_fitness(version: ModelVersion, counted: Mapping[str, Counted], *, made_good=()) -> list[Blocker]:
    return [
        *_blockers_in_register(version),
        *_blockers_in_documentation(version.model),
        *_blockers_in_assessments(version, counted),
        *_blockers_in_findings(version),
        *_blockers_in_validation(version),
        *_blockers_in_what_lapsed(version, made_good),
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


def _blockers_in_documentation(model: Model) -> list[Blocker]:
    """What the register lacks, and documents that nobody looked at again in time, where the policy asks before use."""
    _, policy = Policy.objects.document_in_force()
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


def _blockers_in_assessments(version: ModelVersion, counted: Mapping[str, Counted]) -> list[Blocker]:
    """The latest assessment of every plan counts, never only the latest of all; what cannot be assessed blocks too."""
    (in_force, policy), model = Policy.objects.document_in_force(), version.model
    required = required_assessments(policy, tier=model.tier, affects_natural_persons=model.is_about_persons)
    blockers, must_be_decided = [], policy["promotion"]["must_be_decided"]
    if asked := asked_of(version, policy):
        required = [*required, *(kind for kind in asked.assessed if not why_not_of_kind(version, kind))]
        must_be_decided = [*must_be_decided, *asked.decided]
        latest = {kind: one.whole for kind, one in counted.items() if one.whole}
        blockers += blockers_in_comparison(version, asked, latest)
        blockers += blockers_in_parallel_run(version, asked.parallel_run)
    off = Plan.objects.filter(version=version, enabled=False).values_list("kind", flat=True)
    for kind in (kind for kind in Kind if kind in required):
        runs = counted.get(kind)
        if kind in off:
            text = f"The {kind.label.lower()} plan of {version} is switched off; the policy requires the assessment."
            blockers.append(Blocker(f"assessment.{kind}", text))
        if runs is None or runs.whole is None:
            blockers.append(Blocker(f"assessment.{kind}", _why_none(version, kind, runs)))
        for run in runs.runs if runs else []:
            blockers += _blockers_in_run(kind, run, must_be_decided, in_force)
    return blockers


def _why_none(version: ModelVersion, kind: Kind, runs: Counted | None) -> str:
    """That nothing was measured over a window of the schedule."""
    name = kind.label.lower()
    if runs:
        return f"{runs.told}, and none of {version} over the time that was due is finished."
    if why := why_not_of_kind(version, kind):
        return f"The policy requires the {name} assessment, and {version} cannot have one: {why}."
    return f"No {name} assessment of {version} is finished yet."


def _blockers_in_run(kind: Kind, run: Run, must_be_decided: list[str], in_force: UUID) -> list[Blocker]:
    """What is red; and what the policy wants decided on the model as a whole and this sample could not decide.

    A verdict keeps to the limits of its day; where those of another policy are in force, it says so.
    """
    if run.state != RunState.SUCCEEDED:
        text = f"The latest {kind.label.lower()} assessment gave no results: {run.reason}"
        return [Blocker(f"assessment.{kind}", text)]
    red = [
        f"{kind.label} is red: {result} is {result.value:.3g}{_interval(result)}; the limit is {result.limit['red']:g}."
        for result in run.results.filter(verdict=Verdict.RED)[:MOST_NAMED]
    ]
    undecided = run.results.filter(
        segment="",
        measure__in=must_be_decided,
        column__in=["", output_column(run.version).name],
        verdict__in=(Verdict.UNKNOWN, Verdict.INSUFFICIENT),
    )
    open_still = [
        f"{kind.label} is undecided: {result} is {result.verdict}. {_why_undecided(result)}" for result in undecided
    ]
    found = [*((f"verdict.{kind}", text) for text in red), *((f"undecided.{kind}", text) for text in open_still)]
    since = ""
    if found and run.policy_id != in_force:
        now = Policy.objects.in_force().number
        since = f" It was judged under policy {run.policy.number}; policy {now} is in force."
    return [Blocker(clause, f"{text}{since}") for clause, text in found]


def _blockers_in_findings(version: ModelVersion) -> list[Blocker]:
    """Open severe findings, unless their risk is accepted for now."""
    accepted = _acceptances(version, timezone.now())
    severe = version.model.findings.open().filter(severity__in=SEVERE).exclude(pk__in=accepted.values("finding"))
    severe = severe.select_related("version").order_by("reference")
    return [_open_finding(finding, version) for finding in severe]


def _accepted(version: ModelVersion, now: datetime) -> list[Waived]:
    """Severe findings that rest meanwhile: accepted, whatever version was in use then, by whom the deciders see."""
    severe = version.model.findings.open().filter(severity__in=SEVERE)
    held = (
        _acceptances(version, now).filter(finding__in=severe).select_related("finding__version").order_by("reference")
    )
    return [
        Waived(_open_finding(one.finding, version), f"{one.reference} until {one.terms['ends_on']}") for one in held
    ]


def _acceptances(version: ModelVersion, now: datetime):
    kind = Arrangement.Kind.ACCEPTANCE
    return Arrangement.objects.standing(now).filter(model=version.model_id, kind=kind, finding__isnull=False)


def _open_finding(finding: Finding, version: ModelVersion) -> Blocker:
    text = f"{finding.reference} ({finding.severity}) is open: {finding.title}."
    about = finding.version or version
    is_same = about == version or about.artifact_sha256 == version.artifact_sha256 != ""
    return Blocker(f"findings.{finding.severity}", text, of_another_version=not is_same)


def _blockers_in_validation(version: ModelVersion) -> list[Blocker]:
    """What was found not fit, always, also while that awaits its approval; and what nobody found fit, where the policy
    requires it for the tier.
    """
    blockers = [
        Blocker(
            NOT_FIT,
            f"{opinion.request.reference} found {opinion.request.version or version.model} not fit for use{same}.",
        )
        for opinion, same in _unfit(version)
    ]
    blockers += blockers_in_signed_opinions(version)
    tier, (_, policy) = version.model.tier, Policy.objects.document_in_force()
    if validation_required(policy, tier) and not _is_validated(version, timezone.now()):
        text = f"No validation with a fit opinion is in force for {version}; the policy requires it for tier {tier}."
        blockers.append(Blocker(VALIDATION, text))
    return blockers


def _unfit(version: ModelVersion) -> Iterator[tuple[ValidationOpinion, str]]:
    """That it was not fit, whatever number the same artifact had then, of any model; unless found fit since.

    Or that the model as a whole was not, in its review; unless a later review says otherwise.
    What a full validation found not fit takes another full one. That such an opinion ends or is replaced by a lighter
    one later takes nothing back.
    """
    opinions = ValidationOpinion.objects.not_fit().select_related("request__version__model")
    opinions = opinions.order_by("approved_at", "pk")
    of_model = Q(request__version=None, request__model=version.model_id)
    for opinion in opinions.filter(Q(request__version=version) | of_model):
        yield opinion, ""
    if not version.artifact_sha256:
        return
    twins = opinions.filter(request__version__artifact_sha256=version.artifact_sha256).exclude(request__version=version)
    fit = ValidationOpinion.objects.fit().filter(request__version=version, request__kind__in=ENTITLING)
    fit_since = fit.order_by("-approved_at").values_list("approved_at", flat=True)
    if since := fit_since.first():
        twins = twins.exclude(~Q(request__kind__in=FULL_TYPES), approved_at__lt=since)
    if since := fit_since.filter(request__kind__in=FULL_TYPES).first():
        twins = twins.filter(approved_at__gt=since)
    for opinion in twins:
        yield opinion, ", and this is the same artifact"


def _warnings(version: ModelVersion, counted: Mapping[str, Counted], now: datetime) -> list[str]:
    tier, (in_force, policy) = version.model.tier, Policy.objects.document_in_force()
    held = version.model.uses.exclude(held="").order_by("number")
    warnings = [f"{use} is {use.held} and stays so, whatever is promoted: {use.held_because}" for use in held]
    warnings += warnings_of_supervision(version, policy)
    warnings += warnings_of_signed_opinions(version)
    warnings += warnings_of_envelope(version, now)
    warnings += _known_elsewhere(version)
    warnings += _reached_downstream(version.model)
    warnings += [f"{one.told}." for one in counted.values() if one.part]
    warnings += _judged_by_other_limits([one.whole for one in counted.values() if one.whole], in_force)
    if not validation_required(policy, tier) and not _is_validated(version, now):
        warnings.append(
            f"No validation with a fit opinion is in force for {version}. "
            f"The policy does not require it for tier {tier}."
        )
    return warnings


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


def _known_elsewhere(version: ModelVersion) -> list[str]:
    """Open severe findings about other models under which the same artifact is registered."""
    if not version.artifact_sha256:
        return []
    same = ModelVersion.objects.filter(artifact_sha256=version.artifact_sha256).exclude(model=version.model_id)
    about = Q(version__in=same) | Q(version=None, model__in=same.values("model"))
    findings = Finding.objects.open().filter(about, severity__in=SEVERE).select_related("model").order_by("reference")
    return [
        f"{one.reference} ({one.severity}) is open about {one.model}, where the same artifact is registered."
        for one in findings[:MOST_NAMED]
    ]


def _is_validated(version: ModelVersion, now: datetime) -> bool:
    return ValidationOpinion.objects.in_force(now.date()).filter(request__version=version).exists()


def _blockers_in_what_lapsed(version: ModelVersion, made_good) -> list[Blocker]:
    """What has lapsed about the model, this version of it or its artifact, and nobody has put in order.

    What is restricted for a critical finding is named by the finding.
    """
    apart = (*made_good, Arrangement.Kind.FINDING)
    lapsed = Arrangement.objects.unsettled().filter(model=version.model_id).exclude(kind__in=apart)
    return [
        Blocker(
            "conditions" if one.kind == Arrangement.Kind.CONDITION else LAPSED,
            f"{one.reference} has lapsed and is not put in order: {one.title}.",
        )
        for one in lapsed.select_related("version")
        if one.is_held_against(version)
    ]


def _interval(result: Result) -> str:
    return f" ({result.low:.3g} to {result.high:.3g})" if result.low is not None and result.high is not None else ""


def _why_undecided(result: Result) -> str:
    return result.reason or "The sample does not allow a decision."
