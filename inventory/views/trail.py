"""The trail: search it, read an entry with its proof, recompute all of it."""

import json

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from audits.trail import services
from audits.trail.models import Checkpoint, Endorser
from inventory.contents.trail import chosen, entries_visible_to
from inventory.forms import TrailFilter
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.pages.answers import answer
from mrm.pages.tables import numbered_page


@require_safe
def trail(request):
    form = TrailFilter(request.GET)
    form.is_valid()
    entries = chosen(entries_visible_to(request.user), form.cleaned_data)
    context = {"page": numbered_page(request, entries), "form": form, "checkpoint": Checkpoint.objects.first()}
    context["endorsers"] = Endorser.objects.all()
    return answer(request, "trail/trail.html", context, part="trail/rows.html")


@require_safe
def entry(request, position):
    """One entry: what it says, its hash, and the proof that it stands in the signed log."""
    visible = entries_visible_to(request.user)
    entry = get_object_or_404(visible, position=position)
    checkpoint = Checkpoint.objects.filter(size__gt=position).first()
    context = {
        "entry": entry,
        "body": json.dumps(entry.body(), indent=2, ensure_ascii=False, sort_keys=True),
        "checkpoint": checkpoint,
        "proof": services.inclusion_proof(entry, checkpoint.size) if checkpoint else [],
        "before": visible.filter(position__lt=position).first(),
        "after": visible.filter(position__gt=position).last(),
    }
    return render(request, "trail/entry.html", context)


@require_POST
def verify(request):
    """Recompute every hash, every link, the tree and every checkpoint, now."""
    require(request.user, Permission.READ_TRAIL, None)
    context = {"verification": services.verify_trail()}
    return answer(request, "trail/verified.html", context, part="trail/verified_part.html")
