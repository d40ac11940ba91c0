"""What a child process needs before it runs: to die with its parent, and not to be root.

Every child is started from a thread that lives as long as the process (the main one): Linux sends
the death signal when the *thread* that forked ends.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

# Loaded once, here: between fork and exec a child should only call what is already in memory.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Unprivileged:
    """The user ``nobody``, for a program that refuses to run as root; files stay reachable.

    ``nobody`` exists on every system, so nothing is added to the machine. Where the checkout lies
    in a folder that others may not enter (``/root``), the child keeps the one capability to pass
    file permissions; the folder's own permissions are never widened.
    """

    def __init__(self, *needed: Path) -> None:
        entry = pwd.getpwnam("nobody")
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        self._keep_file_access = not all(_open_to_others(path) for path in needed)

    def become(self) -> None:
        """Turn this (forked) process into that user."""
        if self._keep_file_access and _libc is not None:
            _libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        if self._keep_file_access and _libc is not None:
            mask = 1 << _CAP_DAC_OVERRIDE
            header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
            # effective, permitted, inheritable; then the same for capabilities over 31
            _libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
            _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def before_exec(
    *, on_parent_death: signal.Signals = signal.SIGKILL, user: Unprivileged | None = None
) -> Callable[[], None]:
    """A ``preexec_fn`` by which the child is ``user`` and gets a signal when its parent dies.

    Outside Linux only the user is changed; a parent killed with -9 then leaves its children, which
    the next start finds by their pid files.
    """
    parent = os.getpid()

    def prepare() -> None:
        if user is not None:
            user.become()
        if _libc is not None:
            # After the change of user, which would clear it.
            _libc.prctl(_PR_SET_PDEATHSIG, int(on_parent_death), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def _open_to_others(path: Path) -> bool:
    """Whether everybody may enter every folder down to ``path`` and read what stands there."""
    own = stat.S_IROTH | stat.S_IXOTH
    if path.exists() and path.stat().st_mode & own != own:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
