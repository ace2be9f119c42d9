"""What a process that holds a hostile model can still do: compute, and answer."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from audits.scoring import answers
from audits.scoring.confinement import SOURCE_ROOT, run_confined
from audits.scoring.errors import ScoringFailed, ScoringTimedOut
from audits.scoring.limits import MEBIBYTE, Limits

PROBE = "tests.scoring.probe"
LIMITS = Limits(memory_bytes=512 * MEBIBYTE, cpu_seconds=20, wall_seconds=30, threads=32, answer_bytes=4 * MEBIBYTE)


def run_probe(do, *, limits=LIMITS, inputs=None, **task):
    return run_confined({"do": do, **task}, inputs=inputs or {}, limits=limits, program=PROBE)


@pytest.fixture(scope="module")
def attempted(tmp_path_factory):
    """One confined process that tried everything; shared, because it is only looked at."""
    folder = tmp_path_factory.mktemp("stored")
    canary = folder / "secret.txt"
    canary.write_text("the secret key")
    os.environ["SCORING_TEST_SECRET"] = "the secret key"
    leaked = os.open(canary, os.O_RDONLY)
    os.set_inheritable(leaked, True)
    try:
        with tempfile.TemporaryFile() as given:
            given.write(b"given")
            return run_probe(
                "attempt", canary=str(canary), folder=str(folder), bystander=os.getpid(), inputs={"input": given}
            )
    finally:
        os.close(leaked)
        del os.environ["SCORING_TEST_SECRET"]
        assert canary.read_text() == "the secret key"
        assert [path.name for path in folder.iterdir()] == ["secret.txt"]


REFUSED = [
    "an IPv4 socket", "an IPv6 socket", "a Unix socket", "a netlink socket", "a raw socket",
    "a fork", "a program", "a subprocess",
    "overwriting a file", "creating a file", "creating a temporary file", "creating shared memory", "removing a file",
    "renaming a file", "creating a folder", "linking a file",
    "opening its input for writing", "changing the mode of its input", "writing to its input",
    "signalling another process", "signalling everybody", "raising a limit", "unlimiting another process",
    "memory in an unnamed file", "memory the limit does not count", "a new namespace", "tracing another process",
    "io_uring",
]  # fmt: skip


@pytest.mark.parametrize("attempt", REFUSED)
def test_a_confined_process_is_refused(attempted, attempt):
    assert attempted.facts["outcomes"][attempt] in {"EPERM", "EACCES", "EBADF", "not allowed to raise maximum limit"}


@pytest.mark.parametrize(
    "attempt",
    ["reading a stored file", "listing a folder", "reading the worker's environment", "reading /etc/passwd"],
)
def test_a_confined_process_cannot_read_what_was_stored(attempted, attempt):
    if "landlock" not in attempted.confinement:
        pytest.skip("this kernel has no Landlock, so files that the user may read stay readable")
    assert attempted.facts["outcomes"][attempt] in {"EPERM", "EACCES"}


@pytest.mark.parametrize("attempt", ["a thread", "reading its input", "importing a library", "signalling itself"])
def test_a_confined_process_may_still(attempted, attempt):
    assert attempted.facts["outcomes"][attempt] == "did it"


def test_no_secret_is_in_the_environment_of_a_confined_process(attempted):
    assert "the secret key" not in attempted.facts["environment"].values()
    assert not any(name.endswith(("_URL", "_KEY", "_TOKEN", "PASSWORD")) for name in attempted.facts["environment"])
    assert "PATH" not in attempted.facts["environment"]


def test_no_open_file_is_inherited_but_those_given(attempted):
    inherited = attempted.facts["open_files"].values()
    assert not any("secret.txt" in target for target in inherited)
    assert not any(target.startswith("socket:") for target in inherited)


def test_a_confined_process_has_its_own_session_and_no_privilege(attempted):
    assert attempted.facts["session"] is True
    assert attempted.facts["status"]["NoNewPrivs"] == "1"
    assert attempted.facts["status"]["Seccomp"] == "2"
    assert int(attempted.facts["status"]["CapEff"], 16) == 0
    assert int(attempted.facts["status"]["CapPrm"], 16) == 0


def test_the_confinements_in_force_are_reported(attempted):
    assert {"rlimits", "seccomp"} <= set(attempted.confinement)


def test_a_model_cannot_forge_the_confinements_in_force():
    with pytest.raises(ScoringFailed, match="damaged"):
        run_probe("forge_confinement")


def test_nothing_is_opened_where_a_required_confinement_is_missing():
    with pytest.raises(ScoringFailed, match="its kernel does not offer: a moat"):
        run_probe("use_time", limits=Limits(required=frozenset({"seccomp", "a moat"})))


def test_too_much_memory_ends_the_run_with_a_reason():
    with pytest.raises(ScoringFailed, match=r"^The model used more than 256 MiB of memory\.$"):
        run_probe("use_memory", limits=Limits(memory_bytes=256 * MEBIBYTE, wall_seconds=30))


def test_too_much_memory_for_an_array_ends_the_run_with_a_reason():
    with pytest.raises(ScoringFailed, match=r"^The model used more than 512 MiB of memory\.$"):
        run_probe("use_memory_natively", bytes=1024 * MEBIBYTE)


def test_too_much_processor_time_ends_the_run_even_if_the_signal_is_ignored():
    with pytest.raises(ScoringTimedOut, match=r"^The model used more than 1 seconds of processor time\.$"):
        run_probe("use_processor", limits=Limits(cpu_seconds=1, wall_seconds=30))


def test_too_long_a_run_is_killed_with_a_reason():
    begin = time.monotonic()
    with pytest.raises(ScoringTimedOut, match=r"^The model ran longer than 0\.5 seconds\.$"):
        run_probe("use_time", limits=Limits(wall_seconds=0.5))
    assert time.monotonic() - begin < 5


def test_too_many_threads_end_the_run_with_a_reason():
    with pytest.raises(ScoringFailed, match=r"^The model started more than 32 threads\.$"):
        run_probe("use_threads")


def test_a_fork_bomb_makes_no_process():
    assert run_probe("fork_on_and_on").facts == {"refused": 1000}


def test_too_long_an_answer_is_refused_with_a_reason():
    with pytest.raises(ScoringFailed, match=r"^The model's answer is larger than 4 MiB\.$"):
        run_probe("answer_at_length", bytes=5 * MEBIBYTE)


def test_what_a_model_prints_is_bounded():
    with pytest.raises(ScoringFailed, match=r"^The model printed more than 4 MiB\.$"):
        run_probe("print_at_length")


def test_a_crash_is_a_failed_run_with_a_reason():
    with pytest.raises(ScoringFailed, match="crashed .SIGSEGV."):
        run_probe("crash")


def test_what_a_failing_model_prints_is_shown_as_harmless_text():
    with pytest.raises(ScoringFailed) as failure:
        run_probe("fail")
    assert str(failure.value).isprintable()
    assert "the wrong shape" in str(failure.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        b"\xff" * 8,
        answers.LENGTH.pack(2) + b"{}",
        answers.LENGTH.pack(2**40) + b"{}",
        answers.LENGTH.pack(26) + b'{"facts":NaN,"blobs":[]}  ',
        answers.LENGTH.pack(24) + b'{"facts":{},"blobs":[]} extra',
        answers.LENGTH.pack(200_000) + b"[" * 200_000,
        answers.LENGTH.pack(66) + b'{"facts":{},"blobs":[{"name":"a","shape":[-1],"size":8}]}         ' + b"\0" * 8,
        answers.LENGTH.pack(66) + b'{"facts":{},"blobs":[{"name":"a","shape":[9],"size":80}]}         ' + b"\0" * 8,
        b"\x80\x05cposix\nsystem\n",
    ],
)
def test_a_damaged_answer_is_thrown_away(content):
    with pytest.raises(ScoringFailed, match="damaged"):
        answers.read(io.BytesIO(content), most_bytes=MEBIBYTE)


PARENT = """
from audits.scoring.confinement import run_confined
from audits.scoring.limits import Limits
run_confined({"do": "use_time"}, inputs={}, limits=Limits(), program="tests.scoring.probe")
"""


def test_a_confined_process_dies_with_a_worker_that_was_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=SOURCE_ROOT)
    confined = _wait_for(lambda: _confined_child_of(parent.pid))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert _wait_for(lambda: not Path(f"/proc/{confined}/cmdline").exists() or _is_zombie(confined))


ORDINARY = """
import json, os, sys, tempfile
from audits.scoring.confinement import run_confined
from audits.scoring.limits import Limits
task = {"do": "attempt", "canary": "/etc/hostname", "folder": "/", "bystander": os.getpid()}
with tempfile.TemporaryFile() as given:
    answer = run_confined(task, inputs={"input": given}, limits=Limits(), program="tests.scoring.probe")
json.dump({"outcomes": answer.facts["outcomes"], "confinement": answer.confinement}, sys.stdout)
"""


def test_an_ordinary_user_is_confined_as_root_is():
    nobody = 65534
    if os.getuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    options = {"user": nobody, "group": nobody, "extra_groups": [], "cwd": SOURCE_ROOT, "capture_output": True}
    try:
        subprocess.run([sys.executable, "-c", ""], check=True, **options)
    except PermissionError:
        pytest.skip("this interpreter lies where an ordinary user cannot reach it")
    done = subprocess.run([sys.executable, "-c", ORDINARY], check=True, **options)
    answer = json.loads(done.stdout)
    assert {"rlimits", "seccomp"} <= set(answer["confinement"])
    assert [name for name in REFUSED if answer["outcomes"][name] == "did it"] == []


def _wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def _confined_child_of(process):
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return next((int(child) for child in children if "Seccomp:\t2" in Path(f"/proc/{child}/status").read_text()), None)


def _is_zombie(process):
    return "State:\tZ" in Path(f"/proc/{process}/status").read_text()
