"""Tiers: proposed by a scorecard, confirmed by somebody else, asked for again when what they rest on changes."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from inventory import policies
from inventory.contents.ownership import owned_model
from inventory.models import Model, Policy, TierAssessment
from inventory.services.doubts import settle_doubts
from inventory.services.signing import bound_in_force
from inventory.states import Status, tier_after
from mrm.accounts.models import Person, Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, holders_of, require, role_with, why_not_permitted, with_asker
from mrm.errors import NotPermitted, RuleBroken, Shown, UnusableData
from mrm.pages.wording import day, roles_together
from mrm.sweeps import one_by_one

LONGEST_REASON = 2000
STRICTEST = 1
SETS_TIER = (Action.MODEL_REGISTERED, Action.MODEL_EDITED, Action.MODEL_TIER_PROPOSED)


@governed()
def propose_tier(
    model: Model, *, answers: dict, override: int | None = None, exempt: bool = False, reason: str = "", actor
) -> TierAssessment:
    """The tier that the answers to the scorecard come to, for somebody else to confirm.

    override  a stricter tier than the answers give; with a reason
    exempt    no tier at all, because the risk is negligible; only where the answers give the lowest, with a reason
    """
    require(actor, Permission.EDIT_MODEL, model.workspace_id, model_slug=model.slug)
    model = Model.objects.select_for_update().get(pk=model.pk)
    if model.status == Status.RETIRED:
        raise RuleBroken(f"{model} is retired; its tier stays as it was.")
    policy = Policy.objects.in_force()
    if faults := policies.faults_in_answers(policy.document, answers):
        raise UnusableData(*({"message": message, "field": path} for path, message in faults))
    levels, steps = policies.levels_from(policy.document, answers)
    facts = _facts(model, answers)
    tiering = policies.tier_from(policy.document, levels=levels, facts=facts)
    tier = _chosen_tier(tiering.tier, override=override, exempt=exempt)
    reason = _reason(reason, needed=tier != tiering.tier)
    supersede_proposed(model)
    assessment = TierAssessment.objects.create(
        model=model,
        policy=policy,
        scorecard=policy.section("tiering")["scorecard"],
        answers=answers,
        facts=facts,
        **levels,
        computed=tiering.tier,
        tier=tier,
        reason=reason,
        steps=steps + tiering.steps,
        proposed_by=actor,
    )
    before = model.tier
    for factor, level in levels.items():
        setattr(model, factor, level)
    _hold(model, tier or tiering.tier)
    model.revision += 1
    model.edited_at = timezone.now()
    model.save(update_fields=["tier", "tier_confirmed_by", "tier_confirmed_at", "revision", "edited_at", *levels])
    details = {"proposed": tier, "computed": tiering.tier, "before": before, "tier": model.tier, "reason": reason}
    record(Action.MODEL_TIER_PROPOSED, actor=actor, subject=model, policy=policy.number, tier_inputs=levels, **details)
    return assessment


def _refuse_confirmation(model: Model, *, actor) -> None:
    """Whoever registered or owns the model, or proposed the tier, may not."""
    require(actor, Permission.CONFIRM_TIER, model.workspace_id, model_slug=model.slug)
    _refuse_unready(model)
    if reasons := why_not_confirm_tier(model, person=actor):
        raise NotPermitted(*reasons)


def _refuse_unready(model: Model) -> None:
    if not is_assessed(model):
        lacking = [name.replace("_", " ") for name in policies.FACTORS if not getattr(model, name)]
        raise RuleBroken(f"The tier of {model} cannot be confirmed before these are assessed: {', '.join(lacking)}.")
    if not model.tier_is_provisional and not model.tier_assessments.proposed().exists():
        raise RuleBroken(f"The tier of {model} is already confirmed.")
    if outdated := why_propose_again(model):
        raise RuleBroken(outdated)


def why_propose_again(model: Model) -> str:
    """Why what is proposed cannot be confirmed as it is; empty where scorecard and facts are what they were then."""
    assessment, policy = model.tier_assessments.proposed().select_related("policy").first(), Policy.objects.in_force()
    if assessment is None:
        return ""
    if changed := facts_changed_since(assessment):
        named = ", ".join(name.replace("_", " ") for name in changed)
        return f"Since the tier of {model} was proposed, this changed: {named}. Propose it again."
    if assessment.policy.section("tiering") == policy.section("tiering"):
        return ""
    return (
        f"The tier of {model} was proposed under policy {assessment.policy.number}, whose scorecard is no longer in "
        f"force: propose it again under policy {policy.number}."
    )


@governed()
def confirm_tier(model: Model, *, actor, **told) -> Model:
    """Make the proposed tier the one in force. Called where one person, or several, signed that it is.

    `told` is what else its entry says.
    """
    model = Model.objects.select_for_update().get(pk=model.pk)
    _refuse_unready(model)
    assessment = model.tier_assessments.proposed().first()
    now, before = timezone.now(), model.tier
    assessment = assessment or _assessment_without_questions(model)
    _supersede(model.tier_assessments.confirmed())
    _move(assessment, "confirm", confirmed_by=actor, confirmed_at=now)
    model.tier, model.tier_confirmed_by, model.tier_confirmed_at = assessment.tier, actor, now
    model.revision += 1
    model.save(update_fields=["tier", "tier_confirmed_by", "tier_confirmed_at", "revision"])
    settle_doubts(model, now, assessed_at=assessment.proposed_at)
    details = {"before": before, "tier": model.tier, "policy": assessment.policy.number}
    record(Action.MODEL_TIERED, actor=actor, subject=model, **details, **told)
    return model


def _confirm(model: Model, *, comment: str, signature: Signature, actor) -> Model:
    return confirm_tier(model, actor=actor, signature=signature.in_trail())


def _facts_of_confirmation(model: Model) -> dict:
    assessment = model.tier_assessments.proposed().first()
    return {
        "model": str(model.pk),
        "revision": model.revision,
        "in_force": model.tier,
        "proposed": _awaited(model),
        "levels": tier_inputs(model),
        "answers": assessment.answers if assessment else {},
        "facts": _facts(model, assessment.answers if assessment else _latest_answers(model)),
        "reason": assessment.reason if assessment else "",
    }


def _meaning_of_confirmation(model: Model) -> str:
    tier = _awaited(model)
    return f"I confirm that {model} is {'exempt from tiers' if tier == policies.EXEMPT else f'of tier {tier}'}."


def _awaited(model: Model) -> int:
    """The tier that a confirmation would put in force."""
    assessment = model.tier_assessments.proposed().first()
    return assessment.tier if assessment else computed_tier(model)


TIER_CONFIRMATION = Act(
    name="tier_confirmed",
    meaning=_meaning_of_confirmation,
    refuse=_refuse_confirmation,
    facts=_facts_of_confirmation,
    role=lambda model, person: role_with(Permission.CONFIRM_TIER, person, model.workspace_id, model.slug),
    done=_confirm,
    bound=lambda model: bound_in_force("tier_confirmation", model),
    terms=lambda model: {"tier": _awaited(model)},
)


def why_not_confirm_tier(model: Model, *, person: Person) -> list[str]:
    """Every reason, beyond their roles, why this person may not confirm the tier; each with the entry that shows it."""
    about, rules = Entry.objects.about(model), []
    if owns := owned_model(model, person):
        rules.append(("An owner does not confirm the tier of their model, nor for twelve months after", owns))
    if model.registered_by_id == person.pk:
        registering = about.filter(action=Action.MODEL_REGISTERED)
        told = registering.showing(f"registered it on {day(model.registered_at)}")
        rules.append(("Who registered a model does not confirm its tier", told))
    if told := set_what_tier_is_made_of(model, person):
        rules.append(("Who proposed a tier does not confirm it", told))
    reasons = [Shown(f"{rule}: you {fact}. Ask another risk officer.", entry=fact.entry) for rule, fact in rules]
    return [*_why_not_by_one(model), *reasons]


def lowering_roles(model: Model) -> list[str]:
    """Whose signed approvals together confirm the tier that waits, where it leaves the strictest; else nobody's."""
    if not lowers_strictest(model, _awaited(model)):
        return []
    return policies.lowering_roles(Policy.objects.in_force().document)


def _why_not_by_one(model: Model) -> list[str]:
    """What several people decide is not confirmed by one."""
    roles = roles_together(lowering_roles(model))
    if not roles:
        return []
    confirmed = Entry.objects.about(model).filter(action=Action.MODEL_TIERED).first()
    reason = f"Leaving tier {STRICTEST} is decided by the signed approvals of {roles}. Ask for a tier change."
    return [Shown(reason, entry=confirmed.position) if confirmed else reason]


def lowers_strictest(model: Model, tier: int) -> bool:
    """Whether this tier would take a model out of the strictest one, in which it was confirmed last."""
    last = model.tier_assessments.exclude(confirmed_at=None).order_by("-confirmed_at").first()
    return last is not None and last.tier == STRICTEST and tier != STRICTEST


def who_may_confirm_tier(model: Model, *, asker: Person | None = None) -> list[tuple[Person, str, list[str]]]:
    """Everybody whose role confirms tiers there, each with that role and what keeps them from it, if anything.

    Whoever asks is told of themselves too, whatever their role.
    """
    told, place = [], (model.workspace_id, model.slug)
    for person in with_asker(holders_of(Permission.CONFIRM_TIER, *place), asker):
        reasons = why_not_permitted(person, Permission.CONFIRM_TIER, *place)
        reasons += why_not_confirm_tier(model, person=person)
        told.append((person, role_with(Permission.CONFIRM_TIER, person, *place), reasons))
    return told


def end_lapsed_exemptions(now: datetime) -> int:
    """Where nobody confirmed within the policy's time that a model is still exempt, its computed tier holds again."""
    since = now - timedelta(days=Policy.objects.in_force().section("tiering")["exemption_days"])
    lapsed = Model.objects.filter(tier=policies.EXEMPT, tier_confirmed_at__lt=since).exclude(status=Status.RETIRED)
    return one_by_one(lapsed.values_list("pk", flat=True), lambda key: _end_exemption(key, since))


@governed()
def _end_exemption(key, since: datetime) -> bool:
    model = Model.objects.select_for_update().get(pk=key)
    if model.tier != policies.EXEMPT or model.tier_confirmed_at >= since:
        return False
    model.tier = computed_tier(model)
    model.tier_confirmed_by = model.tier_confirmed_at = None
    model.revision += 1
    model.save(update_fields=["tier", "tier_confirmed_by", "tier_confirmed_at", "revision"])
    _supersede(model.tier_assessments.confirmed())
    record(Action.MODEL_EXEMPTION_LAPSED, actor=None, subject=model, tier=model.tier)
    return True


def why_tier_again(model: Model, now: datetime) -> list[str]:
    """Every reason to assess the tier of a model again; empty where its confirmed tier still rests on what holds."""
    reasons = [f"{doubt.reason[:-1]}, on {day(doubt.raised_at)}." for doubt in model.tier_doubts.standing()]
    if model.tier_is_provisional:
        return reasons
    policy = Policy.objects.in_force()
    rules = policy.section("tiering")
    age = (now - model.tier_confirmed_at).days
    if age > rules["review_after_days"]:
        most = rules["review_after_days"]
        reasons.append(f"It was confirmed {age} days ago; the policy asks for a review after {most}.")
    assessment = model.tier_assessments.confirmed().select_related("policy").first()
    if assessment is None:
        return [*reasons, "It was confirmed before tiers were assessed by a scorecard."]
    if assessment.policy.section("tiering") != rules:
        reasons.append(f"The scorecard has changed: it was assessed under policy version {assessment.policy.number}.")
    changed = facts_changed_since(assessment)
    return reasons + [f"Changed since it was confirmed: {name.replace('_', ' ')}." for name in changed]


def facts_changed_since(assessment: TierAssessment) -> list[str]:
    """Which of the attributes that floors look at the register says otherwise than when a tier was assessed."""
    now_true = _facts(assessment.model, assessment.answers)
    known = (name for name in policies.FACTS if name in assessment.facts)
    return [name for name in known if now_true[name] != assessment.facts[name]]


def is_assessed(model: Model) -> bool:
    return all(tier_inputs(model).values())


def tier_inputs(model: Model) -> dict[str, str]:
    return {name: getattr(model, name) for name in policies.FACTORS}


def computed_tier(model: Model) -> int:
    """What the model's levels come to under the policy in force; the strictest while anything is not assessed."""
    if not is_assessed(model):
        return 1
    facts = _facts(model, _latest_answers(model))
    _, document = Policy.objects.document_in_force()
    return policies.tier_from(document, levels=tier_inputs(model), facts=facts).tier


def reassess(model: Model, *, changed: set[str]) -> bool:
    """Whether a change of these attributes asks for a new confirmation; then the tier is provisional.

    Levels always do. Facts that floors look at do where they make the tier stricter. The caller saves the model.
    """
    tier = computed_tier(model)
    if not changed & set(policies.FACTORS) and policies.stricter(tier, model.tier) == model.tier:
        return False
    supersede_proposed(model)
    _hold(model, tier)
    return True


def supersede_proposed(model: Model) -> None:
    _supersede(model.tier_assessments.proposed())


def _supersede(assessments: QuerySet) -> None:
    for assessment in assessments:
        _move(assessment, "supersede")


def _move(assessment: TierAssessment, event: str, **fields) -> None:
    """The one place that sets the state of an assessment."""
    state = tier_after(assessment.state, event)
    if state is None:
        raise RuleBroken(f"This assessment is {assessment.get_state_display().lower()}; you cannot {event} it.")
    for name, value in (fields | {"state": state}).items():
        setattr(assessment, name, value)
    assessment.save(update_fields=["state", *fields])


def _hold(model: Model, tier: int) -> None:
    """A new proposal: provisional, and not laxer than what was in force once anything was confirmed."""
    was_confirmed = Entry.objects.about(model).filter(action=Action.MODEL_TIERED).exists()
    model.tier = policies.stricter(tier, model.tier) if was_confirmed else tier
    model.tier_confirmed_by = model.tier_confirmed_at = None


def _chosen_tier(computed: int, *, override: int | None, exempt: bool) -> int:
    if exempt and (override is not None or computed != int(policies.TIERS[-1])):
        message = f"Only a model whose answers give tier {policies.TIERS[-1]} can be exempt; they give tier {computed}."
        raise RuleBroken(message)
    if override is not None and not 1 <= override < computed:
        raise UnusableData(
            {
                "message": f"The answers give tier {computed}; it can only be overridden by a stricter one.",
                "field": "override",
            }
        )
    return policies.EXEMPT if exempt else override or computed


def _reason(given: str, *, needed: bool) -> str:
    given = given.strip()
    if (needed and not given) or len(given) > LONGEST_REASON or "\x00" in given:
        message = f"Say why the answers alone do not decide, in at most {LONGEST_REASON} characters."
        raise UnusableData({"message": message, "field": "reason"})
    return given


def _facts(model: Model, answers: dict) -> dict:
    """What floors look at: attributes of the model, and what was answered."""
    said = {name: getattr(model, name) for name in policies.FACTS}
    return said | policies.facts_from_answers(answers)


def _latest_answers(model: Model) -> dict:
    """What was last answered stays known, also where levels are entered without the questions."""
    if model._state.adding:
        return {}
    latest = model.tier_assessments.order_by("-proposed_at").first()
    return latest.answers if latest else {}


def _assessment_without_questions(model: Model) -> TierAssessment:
    """For levels that were entered as they are: what the matrix and the floors make of them."""
    policy, levels = Policy.objects.in_force(), tier_inputs(model)
    facts = _facts(model, _latest_answers(model))
    tiering = policies.tier_from(policy.document, levels=levels, facts=facts)
    return TierAssessment.objects.create(
        model=model,
        policy=policy,
        scorecard=policy.section("tiering")["scorecard"],
        facts=facts,
        **levels,
        computed=tiering.tier,
        tier=tiering.tier,
        steps=["The levels were entered without answering the questions.", *tiering.steps],
    )


def set_what_tier_is_made_of(model: Model, person: Person) -> str:
    """That somebody said something since the last confirmation that the tier which waits is made of; else empty."""
    about = Entry.objects.about(model)
    confirmed = about.filter(action=Action.MODEL_TIERED).values_list("position", flat=True).first()
    told = Q(details__has_key="tier_inputs") | Q(details__changes__has_any_keys=[*policies.FACTORS, *policies.FACTS])
    since = about.filter(told, action__in=SETS_TIER, actor_id=str(person.pk))
    since = since if confirmed is None else since.filter(position__gt=confirmed)
    if entry := since.first():
        return Shown(f"set what the tier is made of on {day(entry.at)}", entry=entry.position)
    return ""
