"""Identification surveys: a template to fill in, an upload, what it would register, and the import."""

import tempfile
from pathlib import Path

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory import services, tasks
from inventory.contents.survey import COLUMNS, EXAMPLE, LEVELED, REQUIRED
from inventory.forms import SurveyForm
from inventory.models import Survey
from inventory.states import SurveyState
from inventory.views.register import workspaces_to_register_in
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.tables import csv_answer
from mrm.queue import nudge

RECENT = 20


@require_http_methods(["GET", "POST"])
def upload(request):
    """The form, and the surveys that came before."""
    workspaces = workspaces_to_register_in(request.user)
    may_baseline = any(Permission.SET_BASELINE in request.user.permissions_in(workspace) for workspace in workspaces)
    form = SurveyForm(posted(request), request.FILES or None, workspaces=workspaces, may_baseline=may_baseline)

    def act(data):
        with tempfile.TemporaryDirectory(prefix="mrm-survey-") as folder:
            path = Path(folder, "sheet")
            with path.open("wb") as file:
                file.writelines(data["sheet"].chunks())
            survey = services.receive_survey(
                data["workspace"],
                path,
                filename=data["sheet"].name,
                baselined_until=data.get("baselined_until"),
                actor=request.user,
            )
        return reverse("survey", args=[survey.pk])

    def show(status):
        surveys = Survey.objects.visible_to(request.user).select_related("workspace", "uploaded_by", "requested_by")
        context = {"form": form, "surveys": surveys[:RECENT], "columns": _columns()}
        return render(request, "inventory/surveys.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def template(request) -> HttpResponse:
    """An empty survey with one line as an example."""
    return csv_answer("survey-template.csv", list(COLUMNS), [EXAMPLE])


@require_safe
def survey(request, survey_id):
    return _page(request, _survey_for(request, survey_id))


@require_POST
def request_import(request, survey_id):
    survey, form = _survey_for(request, survey_id), Form(request.POST)

    def act(data):
        nudge(tasks.import_survey, str(services.request_import(survey, actor=request.user).pk))
        return reverse("survey", args=[survey_id])

    return answer_form(request, form, act=act, show=lambda status: _page(request, survey, form, status))


def _page(request, survey: Survey, form=None, status: int = 200):
    context = {
        "survey": survey,
        "form": form or Form(),
        "may_register": Permission.REGISTER_MODEL in request.user.permissions_in(None),
        "percent": services.progress_of(survey),
        "is_running": survey.state == SurveyState.REQUESTED,
        "entries": services.entries_of(survey) if survey.state == SurveyState.CHECKED else [],
    }
    return answer(request, "inventory/survey.html", context, part="inventory/survey_body.html", status=status)


def _survey_for(request, survey_id) -> Survey:
    surveys = Survey.objects.visible_to(request.user).select_related("workspace", "uploaded_by", "requested_by")
    return get_object_or_404(surveys, pk=survey_id)


def _columns() -> list[tuple[str, str]]:
    """Each column and what may stand in it."""
    told = {"owner": "e-mail address of a person", "slug": "made from the name where it is empty"}
    told |= {"affects_natural_persons": "yes or no", **dict.fromkeys(LEVELED, "low, medium or high")}
    return [(name, told.get(name, "text") + (", required" if name in REQUIRED else "")) for name in COLUMNS]
