"""The same calls of a stock client to MLflow's own registry and to ours; prints both answers to each, as one list."""

import json
import sys
from collections.abc import Callable
from functools import partial

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

OWN = "sqlite:///own.db"
registries = [MlflowClient(OWN, registry_uri=OWN), MlflowClient(OWN, registry_uri=sys.argv[1])]


def shown(answer):
    """What depends on no clock nor on who calls. Its own registry counts in numbers what it says in words over HTTP."""
    if isinstance(answer, RegisteredModel):
        latest = sorted([version.current_stage, str(version.version)] for version in answer.latest_versions)
        aliases = {alias: str(version) for alias, version in answer.aliases.items()}
        return [answer.name, answer.description or "", answer.tags, aliases, latest, answer.deployment_job_id or ""]
    if isinstance(answer, ModelVersion):
        where = [answer.source, answer.run_id or "", answer.run_link or "", answer.model_id or ""]
        said = [answer.description or "", answer.tags, answer.current_stage, answer.status]
        return [answer.name, str(answer.version), *where, *said]
    return answer if answer is None or isinstance(answer, str | int) else [shown(one) for one in answer]


def asked(call: Callable[[MlflowClient], object]) -> list:
    answers = []
    for registry in registries:
        try:
            answers.append(shown(call(registry)))
        except MlflowException as fault:
            said = fault.message.removeprefix(f"{fault.error_code}: ")
            answers.append([fault.error_code, said.split(". ")[0].rstrip(".")])
    return answers


def named(name: str, *arguments, **more) -> list:
    told = f"{name}{(*arguments, *more.values())}"
    return [told, *asked(lambda registry: getattr(registry, name)(*arguments, **more))]


calls = [
    partial(named, "create_registered_model", "m", {"a": "1", "b": ""}, "d", deployment_job_id="job"),
    partial(named, "create_registered_model", "m"),
    partial(named, "create_registered_model", "a/b"),
    partial(named, "create_registered_model", "a:b"),
    partial(named, "create_registered_model", ""),
    partial(named, "create_registered_model", "ünïcode ☃"),
    partial(named, "get_registered_model", "nothing"),
    partial(named, "update_registered_model", "m", "new", deployment_job_id="another"),
    partial(named, "get_registered_model", "m"),
    partial(named, "update_registered_model", "m", ""),
    partial(named, "set_registered_model_tag", "m", "k", "v"),
    partial(named, "set_registered_model_tag", "m", "empty", ""),
    partial(named, "set_registered_model_tag", "m", "bad key!", "v"),
    partial(named, "set_registered_model_tag", "none", "k", "v"),
    partial(named, "delete_registered_model_tag", "m", "k"),
    partial(named, "delete_registered_model_tag", "m", "k"),
    partial(named, "create_model_version", "m", "s3://b/one", tags={"t": "1"}, description="vd", run_link="http://x"),
    partial(named, "create_model_version", "m", "s3://b/one", tags={"t": "1"}, description="vd", run_link="http://x"),
    partial(named, "create_model_version", "m", "s3://b/three", run_id="r1"),
    partial(named, "create_model_version", "none", "s3://b/one"),
    partial(named, "create_model_version", "m", "models:/m/1"),
    partial(named, "get_model_version_download_uri", "m", "4"),
    partial(named, "get_model_version", "m", "99"),
    partial(named, "get_model_version", "m", "x"),
    partial(named, "update_model_version", "m", "1", "said"),
    partial(named, "get_model_version", "m", "1"),
    partial(named, "set_model_version_tag", "m", "1", "k", "v"),
    partial(named, "set_model_version_tag", "m", "99", "k", "v"),
    partial(named, "delete_model_version_tag", "m", "1", "none"),
    partial(named, "transition_model_version_stage", "m", "1", "staging"),
    partial(named, "transition_model_version_stage", "m", "1", "Production"),
    partial(named, "transition_model_version_stage", "m", "2", "production", archive_existing_versions=True),
    partial(named, "transition_model_version_stage", "m", "3", "foo"),
    partial(named, "transition_model_version_stage", "m", "99", "Staging"),
    partial(named, "get_latest_versions", "m", ["Production"]),
    partial(named, "get_latest_versions", "m", ["foo"]),
    partial(named, "get_latest_versions", "none"),
    partial(named, "set_registered_model_alias", "m", "champion", "1"),
    partial(named, "set_registered_model_alias", "m", "Champion", "2"),
    partial(named, "set_registered_model_alias", "m", "champion", "3"),
    partial(named, "set_registered_model_alias", "m", "latest", "1"),
    partial(named, "set_registered_model_alias", "m", "v12", "1"),
    partial(named, "set_registered_model_alias", "m", "a b", "1"),
    partial(named, "set_registered_model_alias", "m", "ok", "99"),
    partial(named, "get_model_version_by_alias", "m", "champion"),
    partial(named, "get_model_version_by_alias", "m", "nobody"),
    partial(named, "delete_registered_model_alias", "m", "nobody"),
    partial(named, "delete_registered_model_alias", "m", "Champion"),
    partial(named, "get_registered_model", "m"),
    partial(named, "copy_model_version", "models:/m/1", "copied"),
    partial(named, "copy_model_version", "models:/m@champion", "copied"),
    partial(named, "copy_model_version", "models:/none/1", "copied"),
    partial(named, "get_model_version_download_uri", "copied", "2"),
    partial(named, "search_registered_models", order_by=["name DESC"]),
    partial(named, "search_registered_models", order_by=["last_updated_timestamp ASC", "name ASC"]),
    partial(named, "search_registered_models", order_by=["foo"]),
    partial(named, "search_registered_models", page_token="garbage!"),
    partial(named, "search_model_versions", "name = 'm'", order_by=["version_number ASC"]),
    partial(named, "rename_registered_model", "m", "copied"),
    partial(named, "rename_registered_model", "m", "m"),
    partial(named, "rename_registered_model", "m", "a/b"),
    partial(named, "rename_registered_model", "none", "x"),
    partial(named, "rename_registered_model", "m", "renamed"),
    partial(named, "get_model_version", "renamed", "1"),
    partial(named, "get_registered_model", "m"),
    partial(named, "delete_model_version", "renamed", "3"),
    partial(named, "delete_model_version", "renamed", "3"),
    partial(named, "get_registered_model", "renamed"),
    partial(named, "create_model_version", "renamed", "s3://b/next"),
    partial(named, "delete_registered_model", "renamed"),
    partial(named, "delete_registered_model", "renamed"),
    partial(named, "create_registered_model", "renamed"),
    partial(named, "create_model_version", "renamed", "s3://b/anew"),
]
print(json.dumps([call() for call in calls]))
