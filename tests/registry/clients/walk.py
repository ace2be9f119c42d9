"""A stock client walks through the registry; prints what it saw, as one JSON object."""

import json
import sys

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient(tracking_uri="file:runs", registry_uri=sys.argv[1])
seen = {}


def refusal(call, *arguments, **named) -> list[str]:
    try:
        call(*arguments, **named)
    except MlflowException as fault:
        return [fault.error_code, fault.message]
    return ["", "not refused"]


created = client.create_registered_model("credit risk", tags={"team": "retail", "empty": ""}, description="PDs")
seen["created"] = [created.name, {k: v for k, v in created.tags.items() if not k.startswith("mrm.")}]
seen["again"] = refusal(client.create_registered_model, "credit risk")
seen["bad name"] = refusal(client.create_registered_model, "a/b:c")
seen["unknown"] = refusal(client.get_registered_model, "nothing")

first = client.create_model_version("credit risk", "s3://bucket/first", run_id="r1", tags={"a": "1"})
second = client.create_model_version("credit risk", "s3://bucket/second", run_link="http://runs/2", description="new")
seen["versions"] = [first.version, first.status, second.version, second.run_link, second.description]
client.update_registered_model("credit risk", "Probabilities of default")
client.set_registered_model_tag("credit risk", "team", "wholesale")
client.delete_registered_model_tag("credit risk", "empty")
client.set_model_version_tag("credit risk", "1", "checked by", "Vera")
client.update_model_version("credit risk", "1", "the first")
client.set_registered_model_alias("credit risk", "candidate", "2")
client.set_registered_model_alias("credit risk", "old", 1)
client.delete_registered_model_alias("credit risk", "old")
model = client.get_registered_model("credit risk")
seen["model"] = [model.description, model.tags["team"], "empty" in model.tags, dict(model.aliases)]
seen["by alias"] = client.get_model_version_by_alias("credit risk", "candidate").version
seen["no alias"] = refusal(client.get_model_version_by_alias, "credit risk", "nobody")
seen["reserved"] = refusal(client.set_registered_model_alias, "credit risk", "v1", "1")
version = client.get_model_version("credit risk", "1")
seen["version"] = [version.description, version.tags["checked by"], version.run_id, version.current_stage]

staged = client.transition_model_version_stage("credit risk", "1", "staging")
seen["staged"] = staged.current_stage
client.transition_model_version_stage("credit risk", "2", "Staging", archive_existing_versions=True)
latest = client.get_latest_versions("credit risk")
seen["latest"] = sorted([found.current_stage, found.version] for found in latest)
seen["bad stage"] = refusal(client.transition_model_version_stage, "credit risk", "1", "foo")
seen["production"] = refusal(client.transition_model_version_stage, "credit risk", "2", "Production")
seen["champion"] = refusal(client.set_registered_model_alias, "credit risk", "champion", "2")

copied = client.copy_model_version("models:/credit risk/1", "copied")
again = client.copy_model_version("models:/copied/1", "copied twice")
seen["copy"] = [copied.name, copied.version, copied.source, client.get_model_version_download_uri("copied twice", "1")]

for number in range(7):
    client.create_registered_model(f"many {number}")
page = client.search_registered_models("name LIKE 'many%'", max_results=3)
names = [found.name for found in page]
while page.token:
    page = client.search_registered_models("name LIKE 'many%'", max_results=3, page_token=page.token)
    names += [found.name for found in page]
seen["pages"] = names
seen["all"] = len(client.search_registered_models())
seen["found"] = [found.version for found in client.search_model_versions("name = 'credit risk' AND run_id = 'r1'")]
seen["bad filter"] = refusal(client.search_registered_models, "foo = 'x'")

client.rename_registered_model("credit risk", "credit")
seen["renamed"] = [refusal(client.get_registered_model, "credit risk")[0], client.get_model_version("credit", "2").name]
client.delete_model_version("credit", "2")
seen["deleted version"] = refusal(client.get_model_version, "credit", "2")
seen["next number"] = client.create_model_version("credit", "s3://bucket/third").version
client.delete_registered_model("credit")
seen["deleted"] = refusal(client.get_registered_model, "credit")
client.create_registered_model("credit")
seen["anew"] = [client.create_model_version("credit", "s3://bucket/anew").version]
print(json.dumps(seen))
