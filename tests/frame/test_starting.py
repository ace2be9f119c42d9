"""Processes start without the libraries that only some of their work needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SLOW = ["altair", "fairlearn", "ibis", "numba", "pandas", "pyhanko", "scipy.stats", "shap", "sklearn", "weasyprint"]
START = "import json, sys, mrm.wsgi, mrm.celery; mrm.celery.app.loader.import_default_modules(); "


def test_neither_web_nor_worker_waits_at_its_start_for_what_few_of_its_answers_need(tmp_path):
    """Each of them would add as much again to a start as Django itself takes."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "mrm.settings", "MRM_VAR": str(tmp_path), "MRM_DEVELOPMENT": "true"}
    told = subprocess.run(
        [sys.executable, "-c", f"{START} print(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    loaded = set(json.loads(told.stdout))
    assert {"audits.assessments.tasks", "mrm.urls", "reports.services"} <= loaded
    assert loaded.isdisjoint(SLOW)
