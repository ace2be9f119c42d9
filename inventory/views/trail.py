"""The trail: search it, read an entry with its proof, and what a third party needs to check it."""

import base64
import json

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from audits.trail import services
from audits.trail.models import Checkpoint, Endorser, Entry
from inventory.contents.lists import TRAIL
from inventory.contents.stories import lines_of
from inventory.contents.trail import chosen, entries_visible_to
from inventory.forms import TrailFilter
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.pages.answers import answer
from mrm_verify.canonical import canonical
from mrm_verify.proof import write_proof


@require_safe
def trail(request):
    entries, form = _chosen(request)
    context = TRAIL.shown(request, entries, csv="trail-csv") | {"form": form, "checkpoint": Checkpoint.objects.first()}
    context["endorsers"] = Endorser.objects.all()
    return answer(request, "trail/trail.html", context, part="trail/rows.html")


@require_safe
def trail_csv(request):
    """What the page shows, all of it, for a spreadsheet; it proves nothing, as an export does."""
    entries, _ = _chosen(request)
    return TRAIL.spreadsheet(request, entries, "trail.csv")


def _chosen(request):
    form = TrailFilter(request.GET)
    form.is_valid()  # What cannot be read filters nothing.
    return chosen(entries_visible_to(request.user), form.cleaned_data), form


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
        "time_stamps": range(len(services.time_stamps_of(checkpoint))) if checkpoint else [],
        "consistency": _consistency(request, checkpoint),
        "key": services.trust().log,
        "story": lines_of([entry])[0],
        "signed": _signature_of(entry),
        "before": visible.filter(position__lt=position).first(),
        "after": visible.filter(position__gt=position).last(),
    }
    return render(request, "trail/entry.html", context)


@require_safe
def entry_bytes(request, position):
    """Exactly the bytes that the hash of an entry commits to."""
    found = get_object_or_404(entries_visible_to(request.user), position=position)
    return _file(canonical(found.body()), f"entry-{position}.json", "application/json")


@require_safe
def entry_proof(request, position):
    """That these bytes stand in the log, as a C2SP tlog-proof."""
    found = get_object_or_404(entries_visible_to(request.user), position=position)
    checkpoint = get_object_or_404(Checkpoint, size=_covering(position))
    hashes = [bytes.fromhex(node) for node in services.inclusion_proof(found, checkpoint.size)]
    proof = write_proof(position, hashes, services.note_in_full(checkpoint))
    return _file(proof.encode(), f"entry-{position}.tlog-proof", "text/plain; charset=utf-8")


@require_safe
def entry_signature(request, position):
    """What was signed for an entry, word for word, and all it takes to verify it, as an export holds it."""
    signature = _signature_of(get_object_or_404(entries_visible_to(request.user), position=position))
    if signature is None:
        raise Http404
    return _file(canonical(signature.in_full()), f"signature-{position}.json", "application/json")


@require_safe
def checkpoint_note(request, size):
    """A signed checkpoint with the cosignatures of witnesses under it."""
    require(request.user, Permission.READ_TRAIL, None, model_slug=None)
    note = services.note_in_full(get_object_or_404(Checkpoint, size=size))
    return _file(note.encode(), f"checkpoint-{size}.txt", "text/plain; charset=utf-8")


@require_safe
def time_stamp(request, size, number):
    """One RFC 3161 token over the three lines of a checkpoint, in DER."""
    require(request.user, Permission.READ_TRAIL, None, model_slug=None)
    tokens = services.time_stamps_of(get_object_or_404(Checkpoint, size=size))
    if number >= len(tokens):
        raise Http404
    return _file(base64.b64decode(tokens[number]), f"checkpoint-{size}.tst", "application/timestamp-token")


def _signature_of(entry: Entry) -> Signature | None:
    """The one that the entry cites; none where nobody signed, or an earlier release kept it with the decision alone."""
    told = entry.details.get("signature")
    cited = told.get("statement_digest") if isinstance(told, dict) else None
    return Signature.objects.filter(statement_digest=str(cited)).first() if cited else None


def _covering(position: int) -> int | None:
    """The size of the newest checkpoint, if it covers this entry."""
    return Checkpoint.objects.filter(size__gt=position).values_list("size", flat=True).first()


def _consistency(request, checkpoint: Checkpoint | None) -> dict | None:
    """That the log only grew since an earlier checkpoint: the one asked for, else the one before the newest."""
    if checkpoint is None:
        return None
    asked = request.GET.get("since", "")
    earlier = Checkpoint.objects.filter(size__lt=checkpoint.size)
    old = earlier.filter(size=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else earlier.first()
    if old is None:
        return None
    return {"old": old, "proof": services.consistency_proof(old.size, checkpoint.size), "choices": earlier[:20]}


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
