"""What is said about a model row by row: adding a row, ending one, fetching a document."""

from pathlib import Path

from django.contrib import messages
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from inventory import services
from inventory.attributes import PARTICULARS, ROWS
from inventory.forms import EndForm, ParticularForm
from inventory.models import Document, Model
from inventory.models.particulars import rows_of
from inventory.states import Status
from inventory.views.scope import model_for, model_page
from mrm.adapters import storage
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def add_particular(request, slug, name):
    if name not in ROWS:
        raise Http404
    model, attribute = model_for(request, slug), ROWS[name]
    others = Model.objects.visible_to(request.user).filter(workspace=model.workspace_id).exclude(pk=model.pk)
    form = ParticularForm(
        posted(request),
        request.FILES if request.method == "POST" else None,
        fields=PARTICULARS[name],
        models=others.exclude(status=Status.RETIRED),
        with_file=name == "documents",
    )

    def act(data):
        since = data.pop("effective_on")
        if file := data.pop("file", None):
            _attach(model, file, data, since, request.user)
        else:
            services.add_particular(model, name, values=data, effective_on=since, actor=request.user)
        messages.success(request, f"{attribute.label}: the register says so now.")
        return reverse("model-attribute", args=[slug, name])

    def show(status):
        context = model_page(request, model, "overview", form=form, attribute=attribute)
        return render(request, "inventory/add_particular.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def end_particular(request, slug, name, row):
    if name not in ROWS:
        raise Http404
    model = model_for(request, slug)
    row = get_object_or_404(rows_of(name).filter(model=model).select_related("model"), pk=row)
    form = EndForm(posted(request))

    def act(data):
        services.end_particular(row, name, **data, actor=request.user)
        messages.success(request, f"{ROWS[name].label}: this no longer holds; it stays in the history.")
        return reverse("model-attribute", args=[slug, name])

    def show(status):
        context = model_page(request, model, "overview", form=form, attribute=ROWS[name], row=row)
        return render(request, "inventory/end_particular.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def document(request, slug, row):
    """The file as it was sent, to be saved: nothing that somebody uploaded is ever opened within our pages."""
    found = get_object_or_404(Document.objects.filter(model=model_for(request, slug)), pk=row)
    name = found.filename or f"{found.sha256}.bin"
    file = storage.local_path(found.sha256).open("rb")
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")


def _attach(model, file, values, since, actor) -> None:
    """A file that came with a form: a large one lies on the disk already, a small one in memory."""
    source = Path(file.temporary_file_path()) if hasattr(file, "temporary_file_path") else file.read()
    facts = {"filename": file.name, "media_type": file.content_type or "", "values": values}
    services.attach_document(model, source, **facts, effective_on=since, actor=actor)
