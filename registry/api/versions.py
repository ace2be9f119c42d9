"""`model-versions/…`"""

from inventory.models import ModelVersion
from registry import services
from registry.api.calls import Call, endpoint
from registry.contents.search import search
from registry.contents.shown import shown_version_of, shown_versions, shown_versions_of, versions_of
from registry.limits import check_name, version_number
from registry.refusals import no_version
from registry.services.found import version_named
from registry.services.versions import download_location

MOST, USUAL = 200_000, 10_000


def get(call: Call) -> dict:
    name, number = call.text("name"), call.text("version")
    check_name(name)
    versions = versions_of(call.workspace, call.person).filter(model__name=name, number=version_number(number))
    found = shown_versions(versions, governed=call.governed)
    if not found:
        raise no_version(name, number)
    return {"model_version": found[0]}


def search_versions(call: Call) -> dict:
    versions = versions_of(call.workspace, call.person)
    page = search(
        versions,
        filter_text=call.text("filter", required=False),
        order_by=call.texts("order_by"),
        most=call.count("max_results", default=USUAL, most=MOST),
        page_token=call.text("page_token", required=False),
        governed=call.governed,
    )
    answer = {"model_versions": shown_versions_of(page.keys, governed=call.governed)}
    return answer | ({"next_page_token": page.next_token} if page.next_token else {})


def create(call: Call) -> dict:
    version = services.register_version(
        call.workspace,
        call.text("name"),
        source=call.text("source"),
        run_id=call.text("run_id", required=False),
        run_link=call.text("run_link", required=False),
        model_id=call.text("model_id", required=False),
        description=call.text("description", required=False),
        tags=call.tags(),
        body=call.body,
        actor=call.person,
    )
    return _shown(call, version)


def update(call: Call) -> dict:
    version = services.describe_version(
        call.workspace,
        call.text("name"),
        call.text("version"),
        description=call.text("description", required=False),
        actor=call.person,
    )
    return _shown(call, version)


def delete(call: Call) -> dict:
    services.delete_version(call.workspace, call.text("name"), call.text("version"), actor=call.person)
    return {}


def transition(call: Call) -> dict:
    version = services.move_to_stage(
        call.workspace,
        call.text("name"),
        call.text("version"),
        stage=call.text("stage"),
        archive_existing=call.flag("archive_existing_versions"),
        actor=call.person,
    )
    return _shown(call, version)


def download_uri(call: Call) -> dict:
    version = version_named(call.workspace, call.text("name"), call.text("version"), call.person)
    return {"artifact_uri": download_location(version)}


def set_tag(call: Call) -> dict:
    services.set_version_tag(
        call.workspace,
        call.text("name"),
        call.text("version"),
        key=call.text("key"),
        value=call.text("value", required=False),
        actor=call.person,
    )
    return {}


def delete_tag(call: Call) -> dict:
    services.delete_version_tag(
        call.workspace, call.text("name"), call.text("version"), key=call.text("key"), actor=call.person
    )
    return {}


def _shown(call: Call, version: ModelVersion) -> dict:
    return {"model_version": shown_version_of(version.pk, governed=call.governed)}


VIEWS = {
    "get": endpoint(GET=get),
    "search": endpoint(GET=search_versions),
    "create": endpoint(POST=create),
    "update": endpoint(PATCH=update),
    "delete": endpoint(DELETE=delete),
    "transition-stage": endpoint(POST=transition),
    "get-download-uri": endpoint(GET=download_uri),
    "set-tag": endpoint(POST=set_tag),
    "delete-tag": endpoint(DELETE=delete_tag),
}
