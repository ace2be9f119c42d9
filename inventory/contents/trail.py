"""Whose entries of the trail a person may read.

Pages and API of the trail live in this app and not with the trail, because that depends on the models they may see.
"""

from audits.trail.models import Entry
from inventory.models import Model


def entries_visible_to(person):
    """Everything for those who hold a role in every workspace; else what is about the models they may see."""
    if person.workspace_ids() is None:
        return Entry.objects.all()
    return Entry.objects.filter(model_slug__in=Model.objects.visible_to(person).values("slug"))
