"""What the child process does to itself before it looks at an artifact. None of it can be undone from inside.

Not used: RLIMIT_NPROC, which does not bind root and counts every process of the user elsewhere; the system call filter
forbids new processes altogether and the parent counts threads. RLIMIT_AS, because libraries reserve far more address
space than they use; RLIMIT_DATA counts what could really be written to.
"""

import ctypes
import os
import resource
import signal

from audits.scoring import landlock, seccomp
from audits.scoring.errors import ScoringFailed
from audits.scoring.limits import Limits

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
NEW_USER, NEW_NETWORK, NEW_IPC = 0x10000000, 0x40000000, 0x08000000
CAPABILITY_VERSION_3 = 0x20080522
OPEN_FILES = 256
# Between the signal a process may handle and the one it may not.
CPU_GRACE_SECONDS = 2


def apply(limits: Limits, *, parent: int) -> list[str]:
    """Confine this process for good, and say which confinements this kernel gave."""
    libc = ctypes.CDLL(None, use_errno=True)
    in_force = ["rlimits"]
    _set_resource_limits(limits)
    if _enter_namespaces(libc):
        in_force.append("namespaces")
    _drop_capabilities(libc)
    _die_with(libc, parent)
    _prctl(libc, PR_SET_NO_NEW_PRIVS, 1)
    if landlock.install(libc):
        in_force.append("landlock")
    seccomp.install(libc)
    in_force.append("seccomp")
    if missing := limits.required.difference(in_force):
        names = ", ".join(sorted(missing))
        raise ScoringFailed(f"No model artifact is opened on this machine, because its kernel does not offer: {names}.")
    return in_force


def _set_resource_limits(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_DATA: (limits.memory_bytes, limits.memory_bytes),
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + CPU_GRACE_SECONDS),
        resource.RLIMIT_FSIZE: (limits.answer_bytes, limits.answer_bytes),
        resource.RLIMIT_NOFILE: (OPEN_FILES, OPEN_FILES),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
    }
    for kind, (soft, hard) in bounds.items():
        _, ceiling = resource.getrlimit(kind)
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))


def _enter_namespaces(libc: ctypes.CDLL) -> bool:
    """An empty network of its own, and a user identity that has no power over the processes outside."""
    return libc.unshare(NEW_USER | NEW_NETWORK | NEW_IPC) == 0


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Also root, and whoever just became root of a new namespace, goes on without any privilege."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capabilities could not be dropped")


def _die_with(libc: ctypes.CDLL, parent: int) -> None:
    """Be killed when the worker is. Set after the capabilities, because changing those clears it."""
    _prctl(libc, PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel did not accept a process setting")
