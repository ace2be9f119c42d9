"""What MLflow clients are shown: rows as MLflow's objects, and searches over them, page by page."""
