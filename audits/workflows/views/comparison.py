"""Two versions side by side: what would change?"""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.workflows.contents.comparison import compare
from audits.workflows.forms import ComparisonForm
from inventory.views.scope import model_for, model_page


@require_safe
def compare_versions(request, slug):
    """The two that were asked for; else what is in production, or came before, against the newest."""
    model = model_for(request, slug)
    context = model_page(request, model, "versions")
    form = ComparisonForm(request.GET if "before" in request.GET else _usual(model, context["production"]), model=model)
    context["form"] = form
    if form.is_valid():
        compared = compare(form.cleaned_data["before"], form.cleaned_data["after"])
        everything = form.cleaned_data["show"] == "everything"
        context |= {
            "compared": compared,
            "everything": everything,
            "sections": compared.sections if everything else [section.narrowed() for section in compared.sections],
        }
    return render(request, "workflows/comparison.html", context, status=400 if form.errors else 200)


def _usual(model, production) -> dict | None:
    """Numbers of the two versions that people most often want side by side; None where there are not two."""
    newest = list(model.versions.order_by("-number").values_list("number", flat=True)[:2])
    if len(newest) < 2:
        return None
    before = production.number if production and production.number != newest[0] else newest[1]
    return {"before": before, "after": newest[0]}
