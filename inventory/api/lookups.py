"""What an address names, among what the caller may see and read; everything else is not found."""

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from inventory.contents.history import model_as_it_stood
from inventory.models import Model, ModelRecord, ModelVersion, Moment
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require

REFERRED = ("developer", "validator", "sponsor", "successor")


def readable_models(request) -> QuerySet[Model]:
    require(request.user, Permission.READ, None, model_slug=None)
    production = ModelVersion.objects.filter(model=OuterRef("pk"), stage=Stage.PRODUCTION).values("number")
    models = Model.objects.visible_to(request.user).select_related("workspace", "owner")
    return models.annotate(production_number=Subquery(production[:1]))


def readable_records(request) -> QuerySet[ModelRecord]:
    """Whatever the register said of the models one may see."""
    require(request.user, Permission.READ, None, model_slug=None)
    return ModelRecord.objects.visible_to(request.user)


def model_at(request, slug: str, moment: Moment | None) -> Model:
    """The model as it stands, or as it stood at a moment."""
    model = model_for(request, slug)
    if moment is None:
        return model
    record = readable_records(request).standing(moment).filter(subject=model.pk).first()
    if record is None:
        raise Http404(f"The register of {moment.as_of} did not know the model {slug}.")
    return model_as_it_stood(record, moment)


def model_for(request, slug: str, *, reading: bool = True) -> Model:
    """The model; for reading, the token must allow that too."""
    models = readable_models(request) if reading else Model.objects.visible_to(request.user)
    model = models.select_related(*REFERRED).filter(slug=slug).first()
    if model is None:
        raise Http404(f"There is no model {slug} that you may see.")
    return model


def version_for(request, slug: str, number: int, *, reading: bool = True) -> ModelVersion:
    if reading:
        require(request.user, Permission.READ, None, model_slug=None)
    versions = ModelVersion.objects.select_related(
        "model__workspace", "registered_by", "predecessor", "copied_from__model__workspace", "reference"
    )
    version = versions.filter(model__in=Model.objects.visible_to(request.user), model__slug=slug, number=number).first()
    if version is None:
        raise Http404(f"There is no version {number} of a model {slug} that you may see.")
    return version
