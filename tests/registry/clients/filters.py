"""The same rows in MLflow's own SQL registry and in the one under test; the same searches in both."""

import json
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

given = json.loads(Path(sys.argv[2]).read_text())
answers = []
for uri in ("sqlite:///reference.db", sys.argv[1]):
    client = MlflowClient(tracking_uri="sqlite:///runs.db", registry_uri=uri)
    for name, tags in given["models"]:
        if "mlflow.prompt.is_prompt" in tags:
            client.create_prompt(name)  # Prompts are models with that tag, which the client sets itself.
        else:
            client.create_registered_model(name, tags=tags)
    for name, source, run_id, tags in given["versions"]:
        client.create_model_version(name, source, run_id=run_id, tags=tags)

    def searched(search, shown, text, order_by=None):
        try:
            found = search(text, order_by=order_by)
        except MlflowException as fault:
            return fault.error_code
        return [shown(row) for row in found]

    answers.append(
        {
            "models": [
                searched(client.search_registered_models, lambda row: row.name, text) for text in given["model filters"]
            ],
            "versions": [
                searched(client.search_model_versions, lambda row: [row.name, str(row.version)], text, ["name ASC"])
                for text in given["version filters"]
            ],
        }
    )
print(json.dumps(answers))
