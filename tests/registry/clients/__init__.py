"""Programs that stock MLflow clients run, each client in an environment of its own under var/mlflow-clients."""
