"""A kernel rule that leaves the process only the interpreter, its packages and the system's libraries to read.

Landlock needs no privilege and is in kernels since 5.13; it may be switched off at boot. Nothing is granted for
writing, not even a temporary folder: the answer goes to a file that is already open.
"""

import ctypes
import os
import site
import sys
import sysconfig
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_FOR_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
# How many file rights each version of the interface knows; unknown ones would be refused.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
TCP_BIND_AND_CONNECT, ABSTRACT_SOCKETS_AND_SIGNALS = 0b11, 0b11

SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
HARMLESS_FACTS = (
    "/dev/null", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
    "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/devices/system/node",
    "/sys/kernel/mm/transparent_hugepage", "/usr/share/zoneinfo", "/etc/localtime",
)  # fmt: skip


class Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def install(libc: ctypes.CDLL) -> bool:
    """Restrict this process to reading ``readable_paths``; False when the kernel has no Landlock."""
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_FOR_VERSION)
    if version < 1:
        return False
    rules = Ruleset((1 << FILE_RIGHTS[min(version, 5)]) - 1)
    size = 8
    if version >= 4:
        rules.network, size = TCP_BIND_AND_CONNECT, 16
    if version >= 6:
        rules.scopes, size = ABSTRACT_SOCKETS_AND_SIGNALS, 24
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    _check(ruleset)
    for path in readable_paths():
        _allow_reading(libc, ruleset, path)
    _check(libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)
    return True


def readable_paths() -> list[str]:
    """Whatever importing a library or starting a thread has to read, and nothing that anybody stored here."""
    package = Path(__file__).resolve().parent
    source_root = package.parents[1]
    installed = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    libraries = {*installed, *site.getsitepackages(), *sys.path}
    inside = {Path(path).resolve() for path in libraries if path}
    # The project's own folder is on the path so that our modules can be found; beneath it lie settings and stored
    # files.
    packages = {str(path) for path in inside if path != source_root and path not in source_root.parents}
    interpreter = {str(Path(sys.base_prefix, "lib")), str(Path(sys.prefix, "lib"))}
    wanted = packages | interpreter | {str(package), *SYSTEM_LIBRARIES, *HARMLESS_FACTS}
    return sorted(path for path in wanted if os.path.exists(path))


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = READ_FILE | READ_FOLDER if os.path.isdir(path) else READ_FILE
        rule = PathRule(rights, folder)
        _check(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(folder)


def _check(answer: int) -> None:
    if answer < 0:
        raise OSError(ctypes.get_errno(), "the kernel did not accept a Landlock rule")
