"""A training script with local tracking: logs a model, registers it, and loads it by the alias it may carry."""

import json
import sys

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException


class Doubles(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2


mlflow.set_tracking_uri("sqlite:///runs.db" if mlflow.__version__ >= "3" else "file:runs")
mlflow.set_registry_uri(sys.argv[1])
step, seen = sys.argv[2], {}
if step == "log":
    where = {"name": "model"} if mlflow.__version__ >= "3" else {"artifact_path": "model"}
    with mlflow.start_run():
        # Said, or MLflow finds them out by loading the model in another process, for longer than the rest takes.
        needs = {"pip_requirements": ["pandas"]}
        logged = mlflow.pyfunc.log_model(**where, python_model=Doubles(), registered_model_name="doubles", **needs)
    seen["version"] = str(logged.registered_model_version)
else:
    client = mlflow.MlflowClient()
    try:
        client.set_registered_model_alias("doubles", "champion", "1")
        client.transition_model_version_stage("doubles", "1", "Production")
        loaded = mlflow.pyfunc.load_model("models:/doubles@champion")
        seen["prediction"] = loaded.predict(pd.DataFrame({"x": [21]}))["x"].tolist()
        seen["stage"] = client.get_model_version("doubles", "1").current_stage
    except MlflowException as fault:
        seen["refused"] = [fault.error_code, fault.message]
print(json.dumps(seen))
