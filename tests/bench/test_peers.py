"""Peers are optional: one that cannot be measured is named with the reason, and takes nothing else away."""

import sys
from pathlib import Path

import pytest

from bench.peers import environments, jobs
from bench.peers.__main__ import JOBS, NAMES, PEERS, compared
from bench.peers.environments import Peer, PeerMissing
from bench.registry import MLFLOW


def test_every_peer_has_a_job_and_every_job_a_peer():
    written = {path.stem for path in Path(jobs.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(NAMES) - {MLFLOW.name} == written  # MLflow is asked as a server, from outside.
    assert set(PEERS) == set(JOBS)


def test_a_peer_that_does_not_install_is_named_with_the_reason(tmp_path):
    nowhere = Peer("nowhere", str(tmp_path / "no-such-package"))
    with pytest.raises(PeerMissing, match="no-such-package"):
        environments.installed(nowhere, folder=tmp_path)
    assert not (tmp_path / "nowhere" / "installed").exists()


def test_a_peer_that_fails_says_its_last_word():
    with pytest.raises(PeerMissing, match="ValueError: two columns"):
        environments.run([sys.executable, "-c", "raise ValueError('two columns')"])


def test_a_peer_that_takes_too_long_is_stopped():
    with pytest.raises(PeerMissing, match=r"not done after 0\.2 seconds"):
        environments.run([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.2)


def test_the_largest_difference_of_each_statistic_is_told():
    theirs = {"age": {"psi": 0.5, "share": 0.1}, "income": {"psi": 0.2}}
    ours = {"age": {"psi": 0.4, "share": 0.1}, "income": {"psi": 0.5}}
    assert compared(theirs, ours) == "; largest difference to ours: psi 0.3, share 0"
    assert compared({}, ours) == ""
