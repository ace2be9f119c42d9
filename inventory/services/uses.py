"""Uses of a model: proposed by the first line, approved per version, live only while the approval stands.

What follows an approval is called by workflows, after the decision was signed, and never by a view: whoever may decide
was asked there.
"""

from datetime import datetime
from functools import partial

from django.db.models import Max
from django.utils import timezone

from audits.trail.chain import canonical
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import policies
from inventory.models import Model, ModelVersion, Use, UseApproval
from inventory.services.attributes import told
from inventory.services.doubts import doubt_by_changed_use, doubt_by_new_use
from inventory.services.revisions import refuse_outdated
from inventory.services.texts import faults_in_texts
from inventory.states import Stage, Status, UseState, use_after
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import RuleBroken, UnusableData
from mrm.pages.wording import day
from mrm.sweeps import one_by_one

# What an approval covers; it stays as it was approved. The rest describes, and may be corrected at any time.
APPROVED_TERMS = (
    "title", "business_purpose", "population", "operating_boundaries", "prohibited_uses", "reliance", "environment",
)  # fmt: skip
LONGEST = {
    "title": 200,
    "business_purpose": 20_000,
    "population": 20_000,
    "operating_boundaries": 20_000,
    "prohibited_uses": 20_000,
    "environment": 100,
    "users": 500,
    "frequency": 200,
    "volume": 200,
}
EDITABLE = (*APPROVED_TERMS, "users", "frequency", "volume")
LONGEST_CONDITION, MOST_CONDITIONS = 1000, 50


@governed()
def propose_use(
    model: Model,
    *,
    title: str,
    business_purpose: str = "",
    population: str = "",
    operating_boundaries: str = "",
    prohibited_uses: str = "",
    reliance: str = "",
    environment: str = "",
    users: str = "",
    frequency: str = "",
    volume: str = "",
    actor,
) -> Use:
    """Say what a model is wanted for. It may be used so once a version is approved for it."""
    require(actor, Permission.EDIT_MODEL, model.workspace_id, model_slug=model.slug)
    model = Model.objects.select_for_update().get(pk=model.pk)
    if model.status == Status.RETIRED:
        raise RuleBroken(f"{model} is retired; it takes no further uses.")
    use = Use(
        model=model,
        number=(model.uses.aggregate(last=Max("number"))["last"] or 0) + 1,
        title=title,
        business_purpose=business_purpose,
        population=population,
        operating_boundaries=operating_boundaries,
        prohibited_uses=prohibited_uses,
        reliance=reliance,
        environment=environment,
        users=users,
        frequency=frequency,
        volume=volume,
        proposed_by=actor,
    )
    _check(use)
    use.save(force_insert=True)
    details = {"number": use.number, "terms": terms_digest(use)}
    if again := doubt_by_new_use(use, actor=actor):
        details["tier_to_assess_again"] = again
    record(Action.USE_PROPOSED, actor=actor, subject=use, **details)
    return use


@governed()
def edit_use(use: Use, *, changes: dict, revision: int | None = None, actor) -> Use:
    """Change what is said about a use, unless it was changed since the `revision` that the editor saw."""
    require(actor, Permission.EDIT_MODEL, use.model.workspace_id, model_slug=use.model_slug)
    use = locked_use(use)
    refuse_outdated(use, revision)
    if unknown := changes.keys() - set(EDITABLE):
        raise UnusableData(*({"message": f"{name} cannot be changed.", "field": name} for name in sorted(unknown)))
    before = {name: getattr(use, name) for name in changes}
    changed = {name: value for name, value in changes.items() if value != before[name]}
    if not changed:
        return use
    if use.state == UseState.ENDED:
        raise RuleBroken(f"{use} is ended; its entry stays as it was.")
    if use.state != UseState.PROPOSED and (settled := [name for name in changed if name in APPROVED_TERMS]):
        words = ", ".join(name.replace("_", " ") for name in settled)
        raise RuleBroken(
            f"{use} is {use.state}, and what was approved does not change: {words}. "
            "Propose it as another use, and end this one when that is live."
        )
    for name, value in changed.items():
        setattr(use, name, value)
    _check(use)
    use.revision += 1
    use.edited_at = timezone.now()
    use.save(update_fields=[*changed, "revision", "edited_at"])
    changes = {name: {"before": told(before[name]), "after": told(changed[name])} for name in changed}
    details = {"changes": changes, "terms": terms_digest(use)}
    if again := doubt_by_changed_use(use, changed=changed, actor=actor):
        details["tier_to_assess_again"] = again
    record(Action.USE_EDITED, actor=actor, subject=use, **details)
    return use


def standing_approval(version: ModelVersion, use: Use) -> UseApproval | None:
    """The approval in force of this version for this use, if there is one: is version 3 approved for pricing?"""
    return UseApproval.objects.standing(timezone.now()).filter(version=version, use=use).first()


def terms_digest(use: Use) -> str:
    """The digest of what an approval covers."""
    return storage.digest_of(canonical({name: getattr(use, name) for name in APPROVED_TERMS}))


@governed()
def approve_use(
    version: ModelVersion,
    use: Use,
    *,
    expires_at: datetime | None = None,
    conditions: list[str] = (),
    change_reference: str = "",
    actor,
) -> UseApproval:
    """Let a version serve a use. An approval that stands already is renewed: it ends, and this one takes its place."""
    use, now = locked_use(use), timezone.now()
    if version.model_id != use.model_id:
        raise RuleBroken(f"{version} is no version of {use.model}, so it cannot be approved for {use}.")
    if ModelVersion.objects.filter(pk=version.pk, stage=Stage.RETIRED).exists():
        raise RuleBroken(f"{version} is retired; it serves nothing any more.")
    _check_terms(expires_at, conditions, now)
    for earlier in UseApproval.objects.select_for_update().filter(use=use, version=version, ended_at=None):
        _end(earlier, "Renewed.", now, actor)
    approval = UseApproval.objects.create(
        use=use,
        version=version,
        change_reference=change_reference,
        conditions=[condition.strip() for condition in conditions],
        approved_by=actor,
        effective_at=now,
        expires_at=expires_at,
    )
    move_use(use, "approve")
    record(
        Action.USE_APPROVED,
        actor=actor,
        subject=use,
        approval=str(approval.pk),
        version=version.number,
        terms=terms_digest(use),
        change=change_reference,
        conditions=approval.conditions,
        expires=expires_at.isoformat() if expires_at else None,
    )
    return approval


@governed()
def start_use(use: Use, *, actor) -> Use:
    """From now on the version in production serves this use, within limits where its model is restricted."""
    use = locked_use(use)
    _require_approved_production(use)
    if use.model.status == Status.SUSPENDED:
        raise RuleBroken(why_not_live(use))
    move_use(use, "start", started_at=use.started_at or timezone.now())
    record(Action.USE_STARTED, actor=actor, subject=use, version=use.model.production_version().number)
    if use.model.status == Status.RESTRICTED:
        restrict_use(use, reason=f"{use.model} is restricted.")
        use.refresh_from_db()
    return use


def why_not_live(use: Use) -> str:
    return f"{use.model} is suspended: {use} goes live only once two people have lifted that."


@governed()
def restrict_use(use: Use, *, reason: str) -> Use:
    """Keep it in use, within the limits that the reason states, because of something else that somebody answers for."""
    use = locked_use(use)
    move_use(use, "restrict", because=reason)
    record(Action.USE_RESTRICTED, actor=None, subject=use, reason=reason)
    return use


@governed()
def suspend_use(use: Use, *, reason: str) -> Use:
    """Stop it with its model."""
    use = locked_use(use)
    move_use(use, "suspend", because=reason)
    record(Action.USE_SUSPENDED, actor=None, subject=use, reason=reason)
    return use


@governed()
def lift_restriction(use: Use, *, reason: str = "", actor) -> Use:
    """Out of restriction or suspension; only where the version in production is approved for the use."""
    use = locked_use(use)
    if use.held:
        raise RuleBroken(f"{use} is {use.held} by an order of its own, which is ended first: {use.held_because}")
    _require_approved_production(use)
    move_use(use, "lift")
    record(Action.USE_RESTORED, actor=actor, subject=use, reason=reason)
    return use


@governed()
def withdraw_use(use: Use, *, reason: str, actor) -> Use:
    """Take back what was proposed and is not approved; what is, ends by a request that others decide."""
    require(actor, Permission.EDIT_MODEL, use.model.workspace_id, model_slug=use.model_slug)
    use = locked_use(use)
    if use.state not in (UseState.PROPOSED, UseState.ENDED):
        raise RuleBroken(f"{use} is {use.state}; it ends by a change request of the kind end of a use.")
    return end_use(use, reason=reason, actor=actor)


@governed()
def end_use(use: Use, *, reason: str, actor) -> Use:
    """For good: its approvals end with it."""
    use, now = locked_use(use), timezone.now()
    move_use(use, "end", because=reason, ended_at=now, held="", held_because="")
    for approval in UseApproval.objects.select_for_update().filter(use=use, ended_at=None):
        _end(approval, reason, now, actor)
    record(Action.USE_ENDED, actor=actor, subject=use, reason=reason)
    return use


@governed()
def end_approval(approval: UseApproval, *, reason: str, actor, now: datetime | None = None, **told) -> UseApproval:
    """Take an approval back; `told` is what else its entry says.

    A use that the version in production may then no longer serve is restricted at once.
    """
    use = locked_use(approval.use)
    approval = UseApproval.objects.select_for_update().get(pk=approval.pk)
    if approval.ended_at:
        raise RuleBroken(f"The approval of {approval} has already ended: {approval.ended_because}")
    if not reason.strip():
        raise RuleBroken("Say why the approval ends; whoever relies on it needs to know.")
    _end(approval, reason, now or timezone.now(), actor, **told)
    _restrict_if_unapproved(use, f"The approval of version {approval.version.number} ended: {reason}")
    return approval


def end_approvals_of(version: ModelVersion, *, reason: str, actor) -> None:
    """With a version every approval of it ends. Called inside governed()."""
    for approval in UseApproval.objects.filter(version=version, ended_at=None).select_related("use__model", "version"):
        end_approval(approval, reason=reason, actor=actor)


def end_expired_approvals(now: datetime) -> int:
    """End every approval that is past its day, or whose version is retired, with what follows for its use; how many
    there were. Safe to repeat."""
    return one_by_one(UseApproval.objects.lapsed(now).select_related("use__model", "version"), partial(_expire, now))


@governed()
def _expire(now: datetime, approval: UseApproval) -> bool:
    if not UseApproval.objects.select_for_update().filter(pk=approval.pk, ended_at=None).exists():
        return False
    if approval.version.stage == Stage.RETIRED:
        reason = f"Version {approval.version.number} is retired, which ends its approvals."
    else:
        reason = f"Its last day was {day(approval.last_day)}."
    end_approval(approval, reason=reason, actor=None, now=now)
    return True


def restrict_unapproved_uses(model: Model, *, because: str) -> None:
    """After another version came into production: live uses that it was not approved for. Called inside governed()."""
    for use in Use.objects.select_for_update().filter(model=model, state=UseState.LIVE):
        _restrict_if_unapproved(use, because)


def end_uses_of(model: Model, *, reason: str, actor) -> None:
    """With its model every use ends. Called inside governed()."""
    for use in model.uses.exclude(state=UseState.ENDED):
        end_use(use, reason=reason, actor=actor)


def _restrict_if_unapproved(use: Use, because: str) -> None:
    if use.state == UseState.LIVE and not serving_approval(use):
        restrict_use(use, reason=because)
    elif use.state == UseState.APPROVED and not use.approvals.standing(timezone.now()).exists():
        move_use(use, "lapse", because=because)


def serving_approval(use: Use) -> UseApproval | None:
    """The approval under which the version in production serves this use."""
    version = use.model.production_version()
    return standing_approval(version, use) if version else None


def _require_approved_production(use: Use) -> None:
    version = use.model.production_version()
    if version is None:
        raise RuleBroken(f"No version of {use.model} is in production, so nothing could serve {use}.")
    if standing_approval(version, use) is None:
        raise RuleBroken(
            f"Version {version.number} of {use.model} is in production and has no standing approval for {use}; "
            "ask for one first."
        )


def _end(approval: UseApproval, reason: str, now: datetime, actor, **told) -> None:
    """Where nobody signed for the end itself, it follows from something else, so its entry names no person."""
    approval.ended_at, approval.ended_because = now, reason
    approval.save(update_fields=["ended_at", "ended_because"])
    record(
        Action.USE_APPROVAL_ENDED,
        actor=actor if "signature" in told else None,
        subject=approval.use,
        approval=str(approval.pk),
        version=approval.version.number,
        reason=reason,
        **told,
    )


def move_use(use: Use, event: str, *, because: str = "", **fields) -> None:
    """The one place that sets the state of a use. What takes something away says why."""
    state = use_after(use.state, event)
    if state is None:
        raise RuleBroken(f"{use} is {use.state}; you cannot {event} it.")
    if event in ("restrict", "suspend", "ease", "end") and not because.strip():
        raise RuleBroken(f"Say why you {event} {use}; whoever relies on it needs to know.")
    keeps_reason = event == "approve" and state in (UseState.RESTRICTED, UseState.SUSPENDED)
    use.state = state
    use.state_because = use.state_because if keeps_reason else because
    use.revision += 1
    for name, value in fields.items():
        setattr(use, name, value)
    use.save(update_fields=["state", "state_because", "revision", *fields])


def locked_use(use: Use) -> Use:
    return Use.objects.select_for_update(of=("self",)).select_related("model").get(pk=use.pk)


def _check(use: Use) -> None:
    use.title = use.title.strip() if isinstance(use.title, str) else use.title
    errors = faults_in_texts({name: getattr(use, name) for name in LONGEST}, LONGEST)
    if not use.title:
        errors.append({"message": "A use needs a title, such as Pricing of instalment loans.", "field": "title"})
    if use.reliance not in ("", *policies.LEVELS):
        message = "reliance must be low, medium or high, or empty while it is not assessed."
        errors.append({"message": message, "field": "reliance"})
    if errors:
        raise UnusableData(*errors)
    namesakes = Use.objects.filter(model=use.model, title__iexact=use.title).exclude(pk=use.pk)
    if other := namesakes.exclude(state=UseState.ENDED).first():
        raise RuleBroken(f"{use.model} already has a use of this title, number {other.number}.")


def _check_terms(expires_at: datetime | None, conditions, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise RuleBroken("An approval that has already expired approves nothing; give a day to come.")
    if len(conditions) > MOST_CONDITIONS:
        raise UnusableData({"message": f"At most {MOST_CONDITIONS} conditions fit.", "field": "conditions"})
    errors = []
    for index, condition in enumerate(conditions):
        field = f"conditions[{index}]"
        errors += faults_in_texts({field: condition}, {field: LONGEST_CONDITION})
        if isinstance(condition, str) and not condition.strip():
            errors.append({"message": f"{field} is empty; write it out or leave it away.", "field": field})
    if errors:
        raise UnusableData(*errors)
