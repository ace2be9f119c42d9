"""The front page of a model, and the page of one version: facts, health and what stands between it and production."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.assessments.models import Breach, Plan, Run
from audits.statistics.limits import worst
from audits.workflows.contents.assurance import attributes_of
from audits.workflows.contents.standings import shown_verdict
from audits.workflows.contents.validations import due_of
from audits.workflows.gates import Gate, gate_for
from audits.workflows.gates.gathered import watched_as
from audits.workflows.models import Arrangement, ChangeRequest, Finding, Retraining
from audits.workflows.services.abandonment import role_that_abandons, why_not_abandon
from audits.workflows.states import ChangeState
from inventory.contents.attributes import grouped
from inventory.contents.cadences import cadences_of
from inventory.models import ModelVersion
from inventory.states import UNDECIDED, Stage, Status
from inventory.views.scope import model_for, model_page, version_for
from mrm.accounts.policies import Permission

RECENT = 5


@require_safe
def model(request, slug):
    """What is it, who answers for it, is it fit?"""
    model = model_for(request, slug)
    version = model.production_version() or model.versions.first()
    runs = list(Run.objects.filter(version=version).latest_per_plan().select_related("plan")) if version else []
    verdicts = [shown_verdict(run.verdict, run.state) for run in runs]
    plans = list(Plan.objects.filter(version=version).order_by("next_due_at")) if version else []
    told = attributes_of(model)
    context = model_page(
        request,
        model,
        "overview",
        version=version,
        runs=[(run, verdict) for run, verdict in zip(runs, verdicts, strict=True)],
        verdict=worst(verdicts) if verdicts else "",
        plans=plans,
        next_due=next((plan for plan in plans if plan.enabled), None),
        breaches=Breach.objects.open().filter(version__model=model).select_related("version")[:RECENT],
        findings=Finding.objects.open().filter(model=model)[:RECENT],
        changes=ChangeRequest.objects.filter(model=model).select_related("version")[:RECENT],
        arrangements=Arrangement.objects.filter(model=model, state__in=("active", "expired")).order_by("ends_at")[
            :RECENT
        ],
        cadences=cadences_of(model),
        validation_due=due_of([model]).get(model.pk),
        residual=next(one.lines for one in told if one.attribute.name == "residual_rating"),
        groups=grouped(told),
        lacking=sum(one.is_missing for one in told),
        may_edit=Permission.EDIT_MODEL in request.user.permissions_in(model.workspace_id)
        and model.status != Status.RETIRED,
        may_go_back=model.versions.filter(stage=Stage.SUPERSEDED).exists(),
        may_confirm_tier=request.user.pk not in (model.owner_id, model.registered_by_id),
    )
    return render(request, "workflows/model.html", context)


@require_safe
def version(request, slug, number):
    """Exactly what was built, from what, and may it go into production?"""
    version = version_for(request, slug, number)
    original = version.copied_from
    could_be_promoted = version.stage in UNDECIDED
    gate = gate_for(version) if could_be_promoted else Gate()
    runs = Run.objects.filter(version=version).latest_per_plan().select_related("plan")
    context = model_page(
        request,
        version.model,
        "versions",
        version=version,
        original=original,
        may_see_original=original and request.user.may_see(original.model.workspace, original.model.slug),
        columns=version.columns(),
        could_be_promoted=could_be_promoted,
        may_abandon=could_be_promoted and _may_abandon(version, request.user),
        is_supervised=bool(watched_as(version.model)) or version.supervision.exists(),
        blockers=gate.reasons,
        waived=[one.text for one in gate.waived],
        warnings=gate.warnings,
        pending=version.changes.filter(state__in=(ChangeState.PENDING, ChangeState.APPROVED)),
        successors=ModelVersion.objects.filter(predecessor=version).order_by("number"),
        runs=[(run, shown_verdict(run.verdict, run.state)) for run in runs],
        batches=version.batches.order_by("-first_at")[:RECENT],
        sources=version.sources.order_by("closed_at", "registered_at"),
        reference=getattr(version, "reference", None),
        address=request.build_absolute_uri("/").rstrip("/"),
    )
    return render(request, "workflows/version.html", context)


def _may_abandon(version: ModelVersion, person) -> bool:
    retraining = Retraining.objects.select_related("change__model", "candidate").filter(candidate=version).first()
    return bool(retraining and role_that_abandons(retraining, person) and not why_not_abandon(retraining))
