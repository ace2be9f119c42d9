"""What is said about a model row by row: added by whom it concerns, ended with a reason, never changed."""

from datetime import date

from django.utils import timezone
from django.utils.text import slugify

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.attributes import BY_NAME, PARTICULARS, Kind, fault_in
from inventory.contents.dependencies import path_between
from inventory.contents.ownership import developed_model, owned_model
from inventory.models import Model, Particular, RegimePack
from inventory.models.particulars import NOT_A_MODEL, ROWS_OF, Determination, rows_of
from inventory.services.attributes import faults_in_retention, refuse_what_is_not_theirs, told
from inventory.services.effective import check_effective_day
from inventory.states import RELIED_ON, Status
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken, Shown, UnusableData, entry_behind

CLOSELY_WATCHED = (1, 2)  # Tiers.
MOST_ROWS = 500  # Of one attribute of one model.
LONGEST_REASON = 2000


@governed()
def add_particular(
    model: Model, name: str, *, values: dict, effective_on: date | None = None, actor, **facts
) -> Particular:
    """Say one thing more about a model. A new determination of the same regime takes the place of the earlier one.

    `effective_on` is for what is said late: it has held since that day, though it is known from today on.
    `facts` are what the system itself knows about the row, such as the digest of a document.
    """
    require(actor, Permission.DESCRIBE_MODEL, model.workspace_id, model_slug=model.slug)
    refuse_what_is_not_theirs([name], workspace=model.workspace_id, actor=actor)
    model = Model.objects.select_for_update().select_related("workspace").get(pk=model.pk)
    if model.status == Status.RETIRED:
        raise RuleBroken(f"{model} is retired; its entry stays as it was.")
    values = _checked(name, values)
    if name == "documents" and not facts:
        raise RuleBroken("A document comes with its file; send it as the body to the address of the model's documents.")
    if name == "determinations":
        values["regime"] = _installed(values["regime"])
    if name == "upstream":
        values["upstream"] = Model.objects.select_for_update().get(pk=values["upstream"].pk)
        _check_dependency(model, values["upstream"])
    was_denied = _is_denied(model, name)
    if name == "determinations":
        _replace_determination(model, values["regime"], effective_on, actor)
    if effective_on:
        check_effective_day(model, effective_on)
        _refuse_denial_of_the_past(name, effective_on, values.get("verdict") == NOT_A_MODEL)
    _refuse_repetition(model, name, values, facts)
    table, fixed = ROWS_OF[name]
    row = table.objects.create(model=model, added_by=actor, valid_from=effective_on, **fixed, **values, **facts)
    details = {"values": {field: told(value) for field, value in (values | facts).items()}} | _since(effective_on)
    record(Action.PARTICULAR_ADDED, actor=actor, subject=row, attribute=name, row=str(row)[:500], **details)
    if _is_denied(model, name) and not was_denied:
        _refuse_to_leave_controls(model, actor)
    return row


@governed()
def end_particular(row: Particular, name: str, *, reason: str, effective_on: date | None = None, actor) -> Particular:
    """Say that something no longer holds, and why; `effective_on` since when, where that is before today.

    What ends on the day on which it began never held: so what was said by mistake is put right.
    """
    require(actor, Permission.DESCRIBE_MODEL, row.model.workspace_id, model_slug=row.model_slug)
    refuse_what_is_not_theirs([name], workspace=row.model.workspace_id, actor=actor)
    model = Model.objects.select_for_update().get(pk=row.model_id)
    row = type(row).objects.select_for_update(of=("self",)).select_related("model").get(pk=row.pk)
    if row.ended_at:
        raise RuleBroken(f"It ended on {row.ended_at:%d %B %Y} already: {row.ended_because}")
    if not reason.strip():
        raise RuleBroken("Say why it no longer holds; whoever relies on it needs to know.")
    if len(reason) > LONGEST_REASON:
        message = f"The reason has {len(reason)} characters; at most {LONGEST_REASON} fit."
        raise UnusableData({"message": message, "field": "reason"})
    if effective_on and not row.held_since <= effective_on <= timezone.now().date():
        message = f"effective_on must be a day from {row.held_since:%d %B %Y}, since when it has held, until today."
        raise UnusableData({"message": message, "field": "effective_on"})
    was_denied = _is_denied(model, name)
    _end(row, name, reason, actor, effective_on)
    if _is_denied(model, name) and not was_denied:
        _refuse_denial_of_the_past(name, effective_on, True)
        _refuse_to_leave_controls(model, actor)
    return row


@governed()
def replace_particulars(model: Model, name: str, *, rows: list[dict], reason: str, actor) -> None:
    """Make these the rows that stand: the others end, for the reason given, and what does not stand yet is added."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    fields = PARTICULARS[name]
    if name == "determinations":
        rows = [values | {"regime": slugify(values.get("regime", ""))} for values in rows]
    left = list(rows_of(name).standing().filter(model=model).select_related("model"))
    lacking = []
    for values in rows:
        wanted = {field.name: values.get(field.name, field.empty) for field in fields}
        same = next((row for row in left if {field.name: getattr(row, field.name) for field in fields} == wanted), None)
        if same is None:
            lacking.append(values)
        else:
            left.remove(same)
    for row in left:
        end_particular(row, name, reason=reason, actor=actor)
    for values in lacking:
        add_particular(model, name, values=values, actor=actor)


def _end(row: Particular, name: str, reason: str, actor, effective_on: date | None = None) -> None:
    row.ended_at, row.ended_because, row.valid_to = timezone.now(), reason, effective_on
    row.save(update_fields=["ended_at", "ended_because", "valid_to"])
    details = {"reason": reason} | _since(effective_on)
    record(Action.PARTICULAR_ENDED, actor=actor, subject=row, attribute=name, row=str(row)[:500], **details)


def _since(day: date | None) -> dict:
    return {"effective_on": day.isoformat()} if day else {}


def _checked(name: str, values: dict) -> dict:
    fields = {field.name: field for field in PARTICULARS[name]}
    errors = [
        {"message": f"{unknown} means nothing here; known are {', '.join(fields)}.", "field": unknown}
        for unknown in sorted(values.keys() - fields.keys())
    ]
    kept = {}
    for field in fields.values():
        value = values.get(field.name, field.empty)
        value = value.strip() if isinstance(value, str) else value
        if fault := fault_in(field, value):
            errors.append({"message": fault, "field": field.name})
        elif field.is_required and value in ("", None):
            errors.append({"message": f"{field.label} is needed.", "field": field.name})
        elif isinstance(value, Person) and (value.is_service or not value.is_active):
            errors.append({"message": f"{value} cannot sign in; name a person.", "field": field.name})
        elif field.kind != Kind.TEXT or value or not field.is_required:
            kept[field.name] = value
    if name == "documents":
        errors += faults_in_retention(kept.get("retention_class", ""))
    if errors:
        raise UnusableData(*errors)
    return kept


def _check_dependency(model: Model, upstream: Model) -> None:
    """No model depends on itself, on one elsewhere, on a retired one, or in a circle."""
    if upstream.workspace_id != model.workspace_id:
        raise RuleBroken(f"{upstream} belongs to another workspace, so {model} cannot depend on it here.")
    if upstream.status == Status.RETIRED:
        raise RuleBroken(f"{upstream} is retired; nothing new depends on it.")
    if way := path_between(upstream, model):
        circle = " → ".join([str(model), *(str(step) for step in way)])
        raise RuleBroken(f"That would be a circle, in which each waits for the other: {circle}.")


def _installed(regime: str) -> str:
    """The code of the regime pack that is meant, however it is spelled: SR 26-2 is sr-26-2."""
    known = RegimePack.objects.newest().values_list("code", flat=True)
    if (code := slugify(regime)) not in known:
        message = f"{regime} is no regime that is installed here; there are {', '.join(known)}."
        raise UnusableData({"message": message, "field": "regime"})
    return code


def _is_denied(model: Model, name: str) -> bool:
    """Whether it is determined to be no model, of which determinations alone say anything."""
    return name == "determinations" and Determination.objects.denied().filter(model=model).exists()


def _refuse_denial_of_the_past(name: str, day: date | None, denies: bool) -> None:
    if name == "determinations" and denies and day and day < timezone.now().date():
        message = "What is no model is so from today on: what it was asked until now it was asked. Leave the day out."
        raise UnusableData({"message": message, "field": "effective_on"})


def _refuse_to_leave_controls(model: Model, actor: Person | None) -> None:
    """One person's word takes their own out of no control, nor what others decided to use, or how closely to watch."""
    if actor and (fact := owned_model(model, actor) or developed_model(model, actor)):
        told = f"Who owns or develops a model does not determine that it is none: you {fact}."
        raise NotPermitted(Shown(told, entry=entry_behind(fact)))
    if model.status in RELIED_ON:
        why = f"{model} is {model.get_status_display().lower()}"
    elif model.tier in CLOSELY_WATCHED and model.tier_assessments.exclude(confirmed_at=None).exists():
        why = f"Tier {model.tier} of {model} is confirmed"
    else:
        return
    raise RuleBroken(
        f"{why}, so one person cannot determine that it is no model. Ask for its retirement, which others decide, and "
        "register the tool as an entry of its own."
    )


def _replace_determination(model: Model, regime: str, since: date | None, actor) -> None:
    """What was said before there was a choice of packs is known by its spelling."""
    for row in rows_of("determinations").standing().filter(model=model).select_for_update():
        if slugify(row.regime) == regime:
            _end(row, "determinations", "Determined again.", actor, since and max(since, row.held_since))


def _refuse_repetition(model: Model, name: str, values: dict, facts: dict) -> None:
    standing = rows_of(name).standing().filter(model=model)
    if standing.count() >= MOST_ROWS:
        raise RuleBroken(f"{BY_NAME[name].label} has {MOST_ROWS} rows, and more do not fit. End what no longer holds.")
    same = {
        "aliases": {"name__iexact": values.get("name"), "system__iexact": values.get("system")},
        "stakeholders": {"discipline": values.get("discipline"), "person": values.get("person")},
        "data_sources": {"name__iexact": values.get("name")},
        "upstream": {"upstream": values.get("upstream"), "kind": values.get("kind")},
        "documents": {"sha256": facts.get("sha256")},
    }.get(name)
    if same and (other := standing.filter(**same).first()):
        raise RuleBroken(f"The register says so already, since {other.added_at:%d %B %Y}: {other}.")
