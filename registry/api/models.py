"""`registered-models/…`"""

from inventory.models import Model
from registry import services, stages
from registry.api.calls import Call, endpoint
from registry.contents.search import search
from registry.contents.shown import (
    latest_versions,
    models_of,
    shown_model,
    shown_model_of,
    shown_models,
    shown_new_model,
    shown_version_of,
    versions_of,
)
from registry.limits import check_alias, check_name, stage_named
from registry.refusals import no_alias, no_model
from registry.services.found import model_named, version_by_alias

MOST, USUAL = 1000, 100


def get(call: Call) -> dict:
    name = call.text("name")
    check_name(name)
    found = shown_model(call.workspace, name, call.person, governed=call.governed)
    if found is None:
        raise no_model(name)
    return {"registered_model": found}


def search_models(call: Call) -> dict:
    models = models_of(call.workspace, call.person)
    page = search(
        models,
        filter_text=call.text("filter", required=False),
        order_by=call.texts("order_by"),
        most=call.count("max_results", default=USUAL, most=MOST),
        page_token=call.text("page_token", required=False),
        governed=call.governed,
    )
    answer = {"registered_models": shown_models(page.keys, governed=call.governed)}
    return answer | ({"next_page_token": page.next_token} if page.next_token else {})


def create(call: Call) -> dict:
    tags = call.tags()
    model = services.register_model(
        call.workspace,
        name=call.text("name"),
        description=call.text("description", required=False),
        tags=tags,
        actor=call.person,
    )
    return {"registered_model": shown_new_model(model, tags, governed=call.governed)}


def update(call: Call) -> dict:
    description = call.text("description", required=False)
    return _shown(
        call, services.describe_model(call.workspace, call.text("name"), description=description, actor=call.person)
    )


def rename(call: Call) -> dict:
    new_name = call.text("new_name")
    return _shown(call, services.rename_model(call.workspace, call.text("name"), new_name=new_name, actor=call.person))


def delete(call: Call) -> dict:
    services.delete_model(call.workspace, call.text("name"), actor=call.person)
    return {}


def latest(call: Call) -> dict:
    model = model_named(call.workspace, call.text("name"), call.person)
    wanted = {stage_named(word) for word in call.texts("stages")} or set(stages.ASSIGNABLE)
    versions = versions_of(call.workspace, call.person).filter(model=model)
    return {"model_versions": latest_versions(versions, wanted, governed=call.governed)}


def set_tag(call: Call) -> dict:
    services.set_model_tag(
        call.workspace,
        call.text("name"),
        key=call.text("key"),
        value=call.text("value", required=False),
        actor=call.person,
    )
    return {}


def delete_tag(call: Call) -> dict:
    services.delete_model_tag(call.workspace, call.text("name"), key=call.text("key"), actor=call.person)
    return {}


def set_alias(call: Call) -> dict:
    services.set_alias(
        call.workspace, call.text("name"), alias=call.text("alias"), number=call.text("version"), actor=call.person
    )
    return {}


def delete_alias(call: Call) -> dict:
    services.delete_alias(call.workspace, call.text("name"), alias=call.text("alias"), actor=call.person)
    return {}


def get_by_alias(call: Call) -> dict:
    name, alias = call.text("name"), call.text("alias")
    check_alias(alias)
    if alias.lower() == "latest":
        raise no_alias(alias)
    version = version_by_alias(call.workspace, name, alias, call.person)
    return {"model_version": shown_version_of(version.pk, governed=call.governed)}


def _shown(call: Call, model: Model) -> dict:
    return {"registered_model": shown_model_of(model.pk, governed=call.governed)}


VIEWS = {
    "get": endpoint(GET=get),
    "search": endpoint(GET=search_models),
    "create": endpoint(POST=create),
    "update": endpoint(PATCH=update),
    "rename": endpoint(POST=rename),
    "delete": endpoint(DELETE=delete),
    "get-latest-versions": endpoint(POST=latest, GET=latest),
    "set-tag": endpoint(POST=set_tag),
    "delete-tag": endpoint(DELETE=delete_tag),
    "alias": endpoint(POST=set_alias, DELETE=delete_alias, GET=get_by_alias),
}
