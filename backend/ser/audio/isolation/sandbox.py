"""What a decoder process may do: compute, and use the connection that it has."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import resource
import sys
from errno import EPERM
from pathlib import Path

# Numbers of system calls, from Linux' asm/unistd_64.h and asm-generic/unistd.h.
_SYSTEM_CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0,
            "write": 1,
            "close": 3,
            "poll": 7,
            "lseek": 8,
            "mmap": 9,
            "mprotect": 10,
            "munmap": 11,
            "brk": 12,
            "rt_sigaction": 13,
            "rt_sigprocmask": 14,
            "rt_sigreturn": 15,
            "sched_yield": 24,
            "mremap": 25,
            "madvise": 28,
            "nanosleep": 35,
            "getpid": 39,
            "sendto": 44,
            "recvfrom": 45,
            "exit": 60,
            "getrlimit": 97,
            "getrusage": 98,
            "sigaltstack": 131,
            "gettid": 186,
            "futex": 202,
            "sched_getaffinity": 204,
            "restart_syscall": 219,
            "clock_gettime": 228,
            "clock_nanosleep": 230,
            "exit_group": 231,
            "ppoll": 271,
            "prlimit64": 302,
            "getrandom": 318,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "close": 57,
            "lseek": 62,
            "read": 63,
            "write": 64,
            "ppoll": 73,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "nanosleep": 101,
            "clock_gettime": 113,
            "clock_nanosleep": 115,
            "sched_getaffinity": 123,
            "sched_yield": 124,
            "restart_syscall": 128,
            "sigaltstack": 132,
            "rt_sigaction": 134,
            "rt_sigprocmask": 135,
            "rt_sigreturn": 139,
            "getrlimit": 163,
            "getrusage": 165,
            "getpid": 172,
            "gettid": 178,
            "sendto": 206,
            "recvfrom": 207,
            "brk": 214,
            "munmap": 215,
            "mremap": 216,
            "mmap": 222,
            "mprotect": 226,
            "madvise": 233,
            "prlimit64": 261,
            "getrandom": 278,
        },
    ),
}

# From linux/prctl.h, linux/seccomp.h and linux/bpf_common.h.
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_FILTER = 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | EPERM
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
# Where the filter finds the call's number, the processor's kind, and the lower half of the first argument.
_NUMBER_AT, _KIND_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("value", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_ushort),
        ("instructions", ctypes.POINTER(_Instruction)),
    ]


def enter() -> None:
    """Give up for good: new files and connections, new processes, core dumps, growing files.

    On Linux, all system calls but about thirty are refused, too, as far as the processor is a known one.
    """
    with contextlib.suppress(OSError):
        own_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _own_bytes.value = own_bytes
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        resource.setrlimit(limit, (0, 0))
    if sys.platform == "linux":
        _refuse_system_calls(platform.machine())


# The address space of this process before its first file.
_own_bytes = ctypes.c_uint64(0)


def lift_memory_limit() -> None:
    """Allow as much memory as the system does."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def allow(*, memory_bytes: int | None = None, processor_s: float | None = None) -> None:
    """Bound what comes next: more memory fails, and the kernel ends a process that computes for longer.

    Args:
        memory_bytes: beyond what the process had at first; not bounded where the system does not tell that.
        processor_s: from now on; it is rounded up.
    """
    if memory_bytes is not None and _own_bytes.value:
        _set_soft(resource.RLIMIT_AS, _own_bytes.value + memory_bytes)
    if processor_s is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _set_soft(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + processor_s) + 1)


def _set_soft(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _refuse_system_calls(machine: str) -> None:
    if machine not in _SYSTEM_CALLS:
        return
    kind, numbers = _SYSTEM_CALLS[machine]
    program = [
        _Instruction(_LOAD, 0, 0, _KIND_AT),
        _Instruction(_IF_EQUAL, 1, 0, kind),
        _Instruction(_RETURN, 0, 0, _REFUSE),
        # The limits of this process alone: its first argument is 0.
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_IF_EQUAL, 0, 4, numbers["prlimit64"]),
        _Instruction(_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        _Instruction(_IF_EQUAL, 0, 1, 0),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _REFUSE),
    ]
    for name, number in numbers.items():
        if name != "prlimit64":
            program += [_Instruction(_IF_EQUAL, 0, 1, number), _Instruction(_RETURN, 0, 0, _ALLOW)]
    program.append(_Instruction(_RETURN, 0, 0, _REFUSE))
    instructions = (_Instruction * len(program))(*program)
    libc = ctypes.CDLL(None, use_errno=True)
    # Not even the owner's other processes may look into this one, and no handler gets its memory.
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # A kernel without it leaves the limits above.
    libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(_Program(len(program), instructions)), 0, 0)
