"""The settings of the suite: those of mrm, in a folder and on embedded services of this run's own.

The folder is chosen here because pytest-django reads the settings before anything else of ours runs; the servers that
listen in it are started by the controlling pytest process (conftest.py) and inherited by its xdist workers.
"""

import os
import tempfile
from pathlib import Path

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from mrm import embedded

if "MRM_TESTS" not in os.environ:
    os.environ["MRM_TESTS"] = tempfile.mkdtemp(prefix="mrm-tests-", dir="/tmp")  # Short: sockets will lie in it.
FOLDER = Path(os.environ["MRM_TESTS"])
WORKER_NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

os.environ.pop("DATABASE_URL", None)  # A test run never touches a database that somebody else runs.
os.environ["REDIS_URL"] = embedded.redis_url(FOLDER, WORKER_NUMBER)
os.environ["MRM_VAR"] = str(FOLDER)
os.environ["KEYS_DIR"] = str(FOLDER / f"keys_{WORKER_NUMBER}")  # An installation of its own.
os.environ["MRM_DEVELOPMENT"] = "true"

from mrm.settings import *  # noqa: E402, F403

DATABASES["default"]["USER"] = embedded.ROLE  # noqa: F405 -- The suite migrates, and makes and drops databases.

# The story that all tests share is that of a small firm: whatever the kind and the tier, a validator and a risk officer
# decide. What the standard policy asks for is tested in tests/workflows/test_who_decides.py and by the demo.
FIRST_POLICY = os.environ["FIRST_POLICY"] = "small-firm"  # Also in the processes that run beside a test.

# Looked up when asked for. Else each test client would first read some 1500 files from the disk; the live servers do.
WHITENOISE_AUTOREFRESH = True


class QuickHasher(PBKDF2PasswordHasher):
    """One round instead of a million; other processes, which run on the real settings, accept its hashes."""

    iterations = 1


PASSWORD_HASHERS = ["tests.settings.QuickHasher"]
