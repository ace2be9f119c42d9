"""The end of a baseline: what a model taken over lacked is settled, or the day it was promised by has passed."""

from datetime import datetime

from django.db.models import QuerySet

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.contents.hygiene import settled
from inventory.models import Model
from mrm.sweeps import one_by_one

AT_ONCE = 200


def end_baselines(now: datetime) -> int:
    """End those that are over, so that what is still missing counts like any other; how many ended."""
    baselined = Model.objects.filter(baselined_until__isnull=False)
    if not baselined.exists():
        return 0
    passed = _ended(baselined.filter(baselined_until__lt=now.date()), "its day has passed")
    return passed + _ended(settled(baselined, now=now), "everything is settled")


def _ended(models: QuerySet, why: str) -> int:
    return one_by_one(list(models.values_list("pk", flat=True)[:AT_ONCE]), lambda key: _end(key, why))


@governed()
def _end(key, why: str) -> bool:
    model = Model.objects.select_for_update().get(pk=key)
    if model.baselined_until is None:
        return False
    until, model.baselined_until = model.baselined_until, None
    model.revision += 1
    model.save(update_fields=["baselined_until", "revision"])
    record(Action.BASELINE_ENDED, actor=None, subject=model, baselined_until=until.isoformat(), because=why)
    return True
