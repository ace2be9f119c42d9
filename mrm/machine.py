"""What the machine itself must bring, and the command that mends what it lacks.

As a program, the last step of set-up: it says which system library is missing and exits with 1.
"""

import importlib
import shutil
import socket
import sys

PANGO_PACKAGES = {
    "apt-get": "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "dnf": "dnf install -y pango",
    "zypper": "zypper install -y libpango-1_0-0",
    "brew": "brew install pango",
}


def missing_pdf_library() -> str | None:
    """The sentence to print when WeasyPrint cannot load Pango; `None` when it can."""
    try:
        importlib.import_module("weasyprint.text.ffi")
    except OSError as reason:
        commands = [command for manager, command in PANGO_PACKAGES.items() if shutil.which(manager)]
        remedy = " or ".join(commands) or "your system's package manager, package pango"
        return (
            f"PDF reports need the system library Pango, which cannot be loaded ({reason}). Install it with: {remedy}"
        )
    return None


def taken_port(port: int, host: str = "127.0.0.1") -> str | None:
    """The sentence to print when another program listens on the port; `None` when it is free."""
    if _is_free(port, host):
        return None
    free = next((other for other in range(port + 1, min(port + 100, 65536)) if _is_free(other, host)), None)
    remedy = f"PORT={free} make run" if free else "PORT=<a free port> make run"
    return f"Port {port} on {host} is taken by another program. Choose another one: {remedy}"


def _is_free(port: int, host: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(missing_pdf_library())
