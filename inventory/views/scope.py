"""Finding what a person asked for among what they may see; everything else is not found."""

from django.shortcuts import get_object_or_404

from inventory.models import Model, ModelVersion


def model_for(request, slug: str) -> Model:
    models = Model.objects.visible_to(request.user).select_related("workspace", "owner", "tier_confirmed_by")
    return get_object_or_404(models, slug=slug)


def version_for(request, slug: str, number: int) -> ModelVersion:
    versions = ModelVersion.objects.select_related(
        "model__workspace", "model__owner", "registered_by", "predecessor", "copied_from__model__workspace"
    )
    return get_object_or_404(
        versions.filter(model__in=Model.objects.visible_to(request.user)), model__slug=slug, number=number
    )


def model_page(request, model: Model, tab: str, **context) -> dict:
    """What the shared head of a model's pages needs, and what its tab adds."""
    return {
        "model": model,
        "tab": tab,
        "production": model.production_version(),
        "may": request.user.permissions_in(model.workspace_id, model.slug),
        **context,
    }
