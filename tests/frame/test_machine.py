"""What is missing on a machine is named with the command that mends it."""

import socket
import subprocess
import sys
from pathlib import Path

from mrm import machine

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_LIBRARIES = """
import ctypes.util, os, sys
import cffi
def missing(self, name, flags=0):
    raise OSError(f"cannot load library {name!r}")
cffi.FFI.dlopen = missing
from mrm import machine
print(machine.missing_pdf_library())
"""


def test_a_free_port_is_no_complaint_and_a_taken_one_suggests_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        complaint = machine.taken_port(port)
    suggested = int(complaint.split("PORT=")[1].split()[0])
    assert machine.taken_port(suggested) is None


def test_a_missing_system_library_is_named_with_the_command_that_installs_it(tmp_path):
    manager = tmp_path / "brew"
    manager.write_text("#!/bin/sh\n")
    manager.chmod(0o755)
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBRARIES], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert "need the system library Pango" in answer.stdout
    assert "brew install pango" in answer.stdout


def test_a_machine_with_pango_has_nothing_to_complain_about():
    assert machine.missing_pdf_library() is None
