"""Template tags and filters that every page has without loading them."""

import math
from datetime import datetime

from django import template
from django.template.defaultfilters import date
from django.utils import timezone

from audits.statistics.limits import Verdict
from mrm.pages import icons, wording

register = template.Library()

NOT_JUDGED = "none"
CASE = ("measure", "column", "segment")
VERDICTS = {
    Verdict.WITHIN: ("check", "Within"),
    Verdict.AMBER: ("alert", "Amber"),
    Verdict.RED: ("cross", "Red"),
    Verdict.INSUFFICIENT: ("few", "Insufficient"),
    Verdict.UNKNOWN: ("question", "Unknown"),
    NOT_JUDGED: ("minus", "Not judged"),
}
MEANINGS = {
    Verdict.WITHIN: "within every limit",
    Verdict.AMBER: "beyond an amber limit",
    Verdict.RED: "beyond a red limit",
    Verdict.INSUFFICIENT: "too little evidence to judge",
    Verdict.UNKNOWN: "could not be computed",
    NOT_JUDGED: "measured, but no limit judges it",
}
STATES = {
    "waiting": {
        "pending",
        "queued",
        "running",
        "requested",
        "dispatched",
        "executing",
        "submitted",
        "draft",
        "issued",
        "rebutted",
        "action_plan_due",
        "action_plan_review",
        "submitted_for_closure",
        "validated_closed",
        "open",
        "candidate",
        "checked",
        "proposed",
        "not read yet",
        "intake",
        "planning",
        "in_progress",
        "review",
        "pending_approval",
    },
    "good": {
        "active",
        "approved",
        "closed",
        "completed",
        "given",
        "imported",
        "in_use",
        "live",
        "production",
        "promoted",
        "readable",
        "published",
        "sealed",
        "signed",
        "succeeded",
        "fit",
        "met",
        "met_with_remarks",
        "fit_with_conditions",
        "resolved",
        "verified",
    },
    "bad": {
        "failed",
        "faulty",
        "refused",
        "rejected",
        "restricted",
        "suspended",
        "timed_out",
        "unreadable",
        "not_fit",
        "not_met",
        "returned",
    },
    "over": {
        "withdrawn",
        "expired",
        "superseded",
        "retired",
        "archived",
        "abandoned",
        "insufficient_data",
        "voided",
        "disabled",
        "revoked",
        "ended",
        "lapsed",
        "cancelled",
        "on_hold",
        "not_applicable",
    },
}


@register.simple_tag
def icon(name, label=""):
    return icons.icon(name, label)


@register.simple_tag(takes_context=True)
def asking(context, name, value=""):
    """The query of this page with one parameter set, or left out, from the first page of the list."""
    query = context["request"].GET.copy()
    for gone in (name, "cursor", "page"):
        query.pop(gone, None)
    if value:
        query[name] = value
    return f"?{query.urlencode()}"


@register.inclusion_tag("components/verdict.html")
def verdict(value, word="", small=False):
    """A verdict as colour, icon and word; `word` replaces the word, not the colour."""
    value = value or NOT_JUDGED
    symbol, name = VERDICTS[value]
    return {"value": str(value), "icon": symbol, "word": word or name, "meaning": MEANINGS[value], "small": small}


@register.simple_tag
def verdict_meaning(value):
    return MEANINGS[value or NOT_JUDGED]


@register.simple_tag
def verdict_icon(value):
    symbol, _ = VERDICTS[value or NOT_JUDGED]
    return icons.icon(symbol)


@register.inclusion_tag("components/tier.html")
def tier(model):
    return {"model": model}


@register.inclusion_tag("components/state.html")
def state(value, word=""):
    """A state as a chip: what is waited for, what went well, what did not, what is over."""
    mood = next((mood for mood, states in STATES.items() if value in states), "over")
    return {"mood": mood, "word": word or str(value).replace("_", " ").capitalize()}


@register.simple_tag
def control(bound_field):
    """The widget of a form field in Tabler's clothes, announced as invalid where it is."""
    kind = bound_field.field.widget.input_type if hasattr(bound_field.field.widget, "input_type") else "text"
    classes = {"checkbox": "form-check-input", "radio": "form-check-input", "select": "form-select"}
    css = classes.get(kind, "form-control")
    if bound_field.errors:
        css += " is-invalid"
    return bound_field.as_widget(attrs={"class": css})


@register.filter
def is_checkbox(bound_field):
    """One box to tick; several of them are a group of their own."""
    widget = bound_field.field.widget
    return getattr(widget, "input_type", "") == "checkbox" and not getattr(widget, "allow_multiple_selected", False)


@register.filter
def number(value, digits=3):
    """A number to so many significant digits, at most four decimals; a dash where there is none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if size >= 10**6 or 0 < size < 10**-4:
        text = f"{value:.{digits}g}"
    else:
        decimals = digits - 1 - (math.floor(math.log10(size)) if size else 0)
        text = f"{value:,.{min(max(decimals, 0), 4) if size else 0}f}"
    return text.replace("-", "−")


@register.filter
def bound(value):
    """A limit as it was written, without zeros that nobody wrote."""
    return "–" if value is None else f"{value:g}".replace("-", "−")


@register.filter
def percent(value):
    """A share of one as a percentage; a dash where there is none."""
    return "–" if value in (None, "") else wording.percent(value)


@register.filter
def p_value(value):
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


register.filter("words", wording.words)
register.filter("sentence", wording.sentence)
register.filter("told", wording.told)


@register.simple_tag
def case(of):
    """What a result or a breach is about, in words."""
    measure, column, segment = (of[name] if isinstance(of, dict) else getattr(of, name) for name in CASE)
    return wording.sentence(wording.case(measure, column, segment))


@register.filter
def short_digest(value):
    """The first characters of a digest; the page shows the whole one beside or on hover."""
    return value[:12] if value else "–"


@register.filter
def day(value):
    """A date as every page writes it; a dash where there is none."""
    return date(value, "j M Y") if value else "–"


@register.filter
def moment(value):
    """A time as every page writes it: to the minute, in UTC."""
    return f"{date(value, 'j M Y, H:i')} UTC" if value else "–"


@register.filter
def is_past(value):
    if value is None:
        return False
    now = timezone.now()
    return value < (now if isinstance(value, datetime) else now.date())


@register.filter
def entry(mapping, key):
    """The entry of a mapping under a key that only the template knows."""
    return mapping.get(key)


@register.inclusion_tag("components/twin_histogram.html")
def twin_histogram(bins, name=""):
    """Shares on two sides as small bars: the reference in grey behind, the current data coloured."""
    tallest = max((max(one["reference"], one["current"]) for one in bins), default=0) or 1
    step = 120 / max(len(bins), 1)
    bars = [
        {
            "x": round(place * step, 2),
            "behind": round(step * 0.86, 2),
            "inset": round(place * step + step * 0.25, 2),
            "front": round(step * 0.36, 2),
            "reference": round(34 * one["reference"] / tallest, 2),
            "current": round(34 * one["current"] / tallest, 2),
        }
        for place, one in enumerate(bins)
    ]
    return {
        "bars": [bar | {"top_r": 35 - bar["reference"], "top_c": 35 - bar["current"]} for bar in bars],
        "name": name,
    }


@register.filter
def unsaid(attributes):
    """Of a group of attributes, those that nobody said anything about and nobody asks for."""
    return [one for one in attributes if not one.lines and not one.is_missing and one.attribute.kind != "derived"]
