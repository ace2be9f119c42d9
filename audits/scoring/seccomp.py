"""A system call filter: the process may compute, read what Landlock leaves it, and nothing else.

It forbids every socket, every new process or program, every way to create, change or rename a file (files already
open stay writable), shared memory that the memory limit would not count, signals to other processes, and the doors
through which those could be had indirectly (io_uring, ptrace, namespaces, handles). Threads stay possible. A filter
can only be tightened, never lifted, and needs no privilege.
"""

import ctypes
import os
import platform
from dataclasses import dataclass

from audits.scoring.errors import ScoringFailed

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
RETURN_KILL_PROCESS, RETURN_ERRNO, RETURN_ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
EPERM, ENOSYS = 1, 38

# Classic BPF: load a word of the call's description, compare, jump, return.
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
CALL_NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16

X32_CALLS = 0x40000000
CLONE_THREAD = 0x00010000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MAP_SHARED_ANONYMOUS = 0x01 | 0x20
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15


def _numbered(table: str) -> dict[str, int]:
    return {name: int(number) for name, number in (entry.split("=") for entry in table.split())}


@dataclass(frozen=True)
class Machine:
    """One processor architecture: how the kernel names it and numbers its calls."""

    audit_name: int
    calls: dict[str, int]


MACHINES = {
    "x86_64": Machine(
        0xC000003E,
        _numbered("""
            open=2 mmap=9 shmget=29 shmat=30 socket=41 socketpair=53 clone=56 fork=57 vfork=58 execve=59 kill=62
            semget=64 msgget=68 fcntl=72 truncate=76 rename=82 mkdir=83 rmdir=84 creat=85 link=86 unlink=87
            symlink=88 chmod=90 fchmod=91 chown=92 fchown=93 lchown=94 ptrace=101 rt_sigqueueinfo=129 utime=132
            mknod=133 setpriority=141 sched_setparam=142 sched_setscheduler=144 setxattr=188 lsetxattr=189
            fsetxattr=190 removexattr=197 lremovexattr=198 fremovexattr=199 tkill=200 sched_setaffinity=203
            tgkill=234 utimes=235 mq_open=240 add_key=248 request_key=249 keyctl=250 ioprio_set=251
            migrate_pages=256 openat=257 mkdirat=258 mknodat=259 fchownat=260 futimesat=261 unlinkat=263
            renameat=264 linkat=265 symlinkat=266 fchmodat=268 unshare=272 move_pages=279 utimensat=280
            rt_tgsigqueueinfo=297 perf_event_open=298 prlimit64=302 name_to_handle_at=303 open_by_handle_at=304
            setns=308 process_vm_readv=310 process_vm_writev=311 kcmp=312 sched_setattr=314 renameat2=316
            memfd_create=319 bpf=321 execveat=322 userfaultfd=323
        """),
    ),
    "aarch64": Machine(
        0xC00000B7,
        _numbered("""
            setxattr=5 lsetxattr=6 fsetxattr=7 removexattr=14 lremovexattr=15 fremovexattr=16 fcntl=25 ioprio_set=30
            mknodat=33 mkdirat=34 unlinkat=35 symlinkat=36 linkat=37 renameat=38 truncate=45 fchmod=52 fchmodat=53
            fchownat=54 fchown=55 openat=56 utimensat=88 unshare=97 ptrace=117 sched_setparam=118
            sched_setscheduler=119 sched_setaffinity=122 kill=129 tkill=130 tgkill=131 rt_sigqueueinfo=138
            setpriority=140 mq_open=180 msgget=186 semget=190 shmget=194 shmat=196 socket=198 socketpair=199
            add_key=217 request_key=218 keyctl=219 clone=220 execve=221 mmap=222 migrate_pages=238 move_pages=239
            rt_tgsigqueueinfo=240 perf_event_open=241 prlimit64=261 name_to_handle_at=264 open_by_handle_at=265
            setns=268 process_vm_readv=270 process_vm_writev=271 kcmp=272 sched_setattr=274 renameat2=276
            memfd_create=279 bpf=280 execveat=281 userfaultfd=282
        """),
    ),
}

# Numbered alike on every architecture since Linux 5.1.
NEWER_CALLS = _numbered("""
    pidfd_send_signal=424 io_uring_setup=425 io_uring_enter=426 io_uring_register=427 pidfd_open=434 clone3=435
    openat2=437 pidfd_getfd=438 process_madvise=440 memfd_secret=447 process_mrelease=448 fchmodat2=452
    setxattrat=463 removexattrat=466 file_setattr=469
""")

# Answered with "no such call", upon which the C library falls back to the older call whose arguments can be inspected.
PRETENDED_ABSENT = {"clone3", "openat2"}
# Allowed when the first argument is the process itself (or 0, which means the same).
ON_ITSELF_ONLY = {
    "kill", "tgkill", "prlimit64", "sched_setparam", "sched_setscheduler", "sched_setaffinity", "sched_setattr",
}  # fmt: skip
WITH_CONDITIONS = ON_ITSELF_ONLY | {"open", "openat", "clone", "mmap", "fcntl"}


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction))]


def install(libc: ctypes.CDLL) -> None:
    """Put the filter on this process; needs ``no_new_privs`` to be set and a single thread."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise ScoringFailed(f"Model artifacts are opened on x86_64 and aarch64 only; this is {platform.machine()}.")
    steps = program(machine, os.getpid())
    instructions = (Instruction * len(steps))(*steps)
    filter_program = Program(len(steps), instructions)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter_program), 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel did not accept the system call filter")


def program(machine: Machine, own_process: int) -> list[tuple[int, int, int, int]]:
    """The filter's instructions for one architecture."""
    calls = machine.calls | NEWER_CALLS
    steps = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, machine.audit_name),
        (RETURN, 0, 0, RETURN_KILL_PROCESS),
        (LOAD, 0, 0, CALL_NUMBER),
        (JUMP_AT_LEAST, 0, 1, X32_CALLS),
        (RETURN, 0, 0, RETURN_KILL_PROCESS),
    ]
    for name, number in calls.items():
        verdict = _verdict(name, own_process)
        steps += [(JUMP_EQUAL, 0, len(verdict), number), *verdict]
    return [*steps, (RETURN, 0, 0, RETURN_ALLOW)]


def _verdict(name: str, own_process: int) -> list[tuple[int, int, int, int]]:
    """What to answer to one call: always ends in a return, so that what follows is only reached by other calls."""
    allow, refuse = (RETURN, 0, 0, RETURN_ALLOW), (RETURN, 0, 0, RETURN_ERRNO | EPERM)
    if name in PRETENDED_ABSENT:
        return [(RETURN, 0, 0, RETURN_ERRNO | ENOSYS)]
    if name not in WITH_CONDITIONS:
        return [refuse]
    if name in ON_ITSELF_ONLY:
        return [_argument(0), (JUMP_EQUAL, 2, 0, 0), (JUMP_EQUAL, 1, 0, own_process), refuse, allow]
    if name in ("open", "openat"):
        return [_argument(1 if name == "open" else 2), (JUMP_ANY_BIT, 0, 1, WRITING), refuse, allow]
    if name == "clone":
        return [_argument(0), (JUMP_ANY_BIT, 1, 0, CLONE_THREAD), refuse, allow]
    if name == "mmap":
        shared = MAP_SHARED_ANONYMOUS
        return [_argument(3), (AND, 0, 0, shared), (JUMP_EQUAL, 0, 1, shared), refuse, allow]
    own = [(JUMP_EQUAL, 2, 0, F_SETOWN), (JUMP_EQUAL, 1, 0, F_SETSIG), (JUMP_EQUAL, 0, 1, F_SETOWN_EX)]
    return [_argument(1), *own, refuse, allow]


def _argument(position: int) -> tuple[int, int, int, int]:
    # Both architectures are little-endian, and none of the arguments looked at uses its upper half.
    return (LOAD, 0, 0, FIRST_ARGUMENT + 8 * position)
