"""The MLflow model registry REST API, as stock clients speak it."""
