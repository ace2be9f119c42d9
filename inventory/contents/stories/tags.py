"""The template tag that leads from any object's page to its story."""

from django import template
from django.urls import reverse

from audits.trail.models import subject_name

register = template.Library()


@register.inclusion_tag("components/history.html", takes_context=True)
def history(context, row, as_link=False, name=""):
    """A button, or a link, to an object's history; nothing for whom that would not be found.

    What is about no model can be read by those only who hold a role in every workspace.
    """
    person = context["request"].user
    readable = bool(getattr(row, "model_slug", "")) or person.workspace_ids() is None
    address = reverse("history", args=[subject_name(row)]) if readable else ""
    return {"address": address, "as_link": as_link, "name": name}
