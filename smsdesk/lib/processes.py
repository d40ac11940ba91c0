"""Child processes: they die with their parent, need not be root, and are ended by process id.

Every child is started from a thread that lives as long as the process (the main one): Linux sends
the death signal when the *thread* that forked ends.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

LARGEST_LOG = 10 * 1024 * 1024

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
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
            # Else access(2), by which initdb looks for its programs, forgets the capability.
            _libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        if self._keep_file_access and _libc is not None:
            mask = 1 << _CAP_DAC_OVERRIDE
            header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
            # effective, permitted, inheritable; then the same for capabilities over 31
            _libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
            _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


class Child:
    """One program in a session of its own, so that Ctrl-C reaches us alone; its output in a log.

    ``hear`` is called with each line as well, from a thread. It is as if started by hand: it may
    be started again after its end.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        directory: Path,
        hear: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._command = command
        self._environment = environment
        self._directory = directory
        self._hear = hear
        self._is_asked = False
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start the program. Only from the main thread: see the module."""
        self.process = subprocess.Popen(
            self._command,
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=before_exec(),  # noqa: PLW1509 - calls only what is loaded already
        )
        self._is_asked = False
        assert self.process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=[self.process.stdout], name=f"{self.name}-log", daemon=True
        )
        self._reader.start()

    def ask_to_end(self) -> None:
        """Ask the program once to end; ``stop`` then only waits."""
        if self.process is not None and not self._is_asked:
            self._is_asked = True
            self.process.terminate()

    def stop(self, seconds: float = 10) -> None:
        """Ask the program to end, and kill it if it has not within ``seconds``."""
        if self.process is None:
            return
        self.ask_to_end()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            end_process(self.process, (signal.SIGKILL, 5))
        if self._reader is not None:
            self._reader.join(2)

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                # A full disk must not stop the program, nor a closed terminal.
                with suppress(OSError, ValueError):
                    self._write(line)
                if self._hear is not None:
                    with suppress(OSError, ValueError):
                        self._hear(line.decode(errors="replace").rstrip())

    def _write(self, line: bytes) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with open_log(self.log) as log:
            log.write(line)


def end_process(
    process: subprocess.Popen[bytes] | psutil.Process, *steps: tuple[signal.Signals, float]
) -> None:
    """Send each signal in turn and wait its seconds, until the process is gone."""
    for sent, seconds in steps:
        try:
            process.send_signal(sent)
            process.send_signal(signal.SIGCONT)  # a stopped process hears nothing
            process.wait(seconds)
        except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
            continue
        except (psutil.NoSuchProcess, ProcessLookupError):
            pass
        return


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; a new one is its owner's alone, for it may name customers."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def last_error(log: Path) -> str:
    """The last line of a log that tells an error, else its last line."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-50:]
    except OSError:
        return ""
    words = ("FATAL:", "PANIC:", "error", "Error", "could not")
    telling = [line for line in lines if any(word in line for word in words)]
    return (telling or lines or [""])[-1].strip()


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
