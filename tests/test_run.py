"""``make run``: it starts a desk, keeps it running, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import requests

from smsdesk import preflight, run
from smsdesk.lib.embedded import free_port
from smsdesk.lib.processes import Child
from smsdesk.preflight import Place, Refused
from tests.support.clients import wait_until

pytestmark = pytest.mark.xdist_group("run")

ROOT = Path(__file__).resolve().parents[1]
OF_THE_SESSION = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "HANDSET"}


class Run:
    """One ``python -m smsdesk.run``, what it prints, and every process it ever had."""

    def __init__(self, var: Path, port: int, **environment: str) -> None:
        inherited = {k: v for k, v in os.environ.items() if k not in OF_THE_SESSION}
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self.seen: dict[int, psutil.Process] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "smsdesk.run"],
            cwd=ROOT,
            env={**inherited, "VAR_DIR": str(var), "PORT": str(port), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())

    def children(self) -> dict[str, psutil.Process]:
        """The running children by their last telling word: postgres, redis-server, daphne, …"""
        found: dict[str, psutil.Process] = {}
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                self.seen[child.pid] = child
                with suppress(psutil.NoSuchProcess):
                    words = " ".join(child.cmdline())
                    for name in ("daphne", " worker ", " beat ", "redis-server", "/bin/postgres"):
                        if name in words:
                            found.setdefault(name.strip(), child)
        return found

    def wait_for(self, text: str, seconds: float = 240) -> None:
        give_up = time.monotonic() + seconds
        while text not in self.said:
            self.children()
            assert time.monotonic() < give_up, f"Not said: {text}\n{self.said}"
            assert self.process.poll() is None, f"Ended without saying: {text}\n{self.said}"
            time.sleep(0.2)

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        self.children()
        self.process.send_signal(with_signal)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    def left_over(self) -> list[psutil.Process]:
        return [child for child in self.seen.values() if child.is_running()]


@pytest.fixture
def start(tmp_path):
    runs = []

    def start(port: int | None = None, **environment: str) -> Run:
        runs.append(Run(tmp_path / "var", port or free_port(), **environment))
        return runs[-1]

    yield start
    for each in runs:
        if each.process.poll() is None:
            each.end()
        each.wait()


def test_it_serves_heals_itself_and_leaves_nothing_twice_in_a_row(start, tmp_path):
    first = start()
    first.wait_for("Logs are in")
    assert requests.get(f"{first.url}/sign-in/", timeout=10).status_code == 200
    demo = json.loads((tmp_path / "var" / "demo.json").read_text())
    assert demo["base_url"] == first.url
    assert demo["agents"][0]["password"] in first.said
    logs = list((tmp_path / "var" / "log").iterdir())
    assert {stat.S_IMODE(log.stat().st_mode) for log in logs} == {0o600}
    assert {"daphne", "worker", "beat", "redis-server", "/bin/postgres"} == set(first.children())

    second = start()
    assert second.wait() == 1
    assert second.said.startswith("smsdesk: A desk already runs in this checkout (process ")
    assert second.said.count("\n") == 0

    for name, shown in (("worker", "worker"), ("redis-server", "Redis"), ("daphne", "web")):
        first.children()[name].kill()
        first.wait_for(f"{shown} was ended by SIGKILL; starting it again in 0.5 s")
        first.wait_for(f"{shown} runs again.")
    wait_until(lambda: _answers(first.url), 30, what="the desk after its web server died")

    assert first.end(signal.SIGINT) == 0
    assert first.said.endswith("Everything is stopped.")
    assert first.left_over() == []

    again = start()
    again.wait_for("Logs are in")
    moved = json.loads((tmp_path / "var" / "demo.json").read_text())
    assert moved["base_url"] == again.url != first.url
    assert moved["agents"] == demo["agents"]
    # Killed without a chance to tidy up, its children must not stay.
    assert again.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: again.left_over() == [], 20, what=f"the end of {again.left_over()}")


@pytest.mark.parametrize(
    "moment", ["Starting PostgreSQL", "Preparing the database", "Setting up the demo desk"]
)
def test_it_can_be_stopped_while_it_starts(start, moment):
    started = start()
    # Its line is finished only when the step is: what came before it tells that it goes on.
    before = {
        "Starting PostgreSQL": "Starting smsdesk",
        "Preparing the database": "Starting Redis",
        "Setting up the demo desk": "Collecting static files",
    }[moment]
    started.wait_for(before)
    assert started.end() == 0
    assert started.said.endswith("Everything is stopped.")
    assert started.left_over() == []


def test_a_busy_port_is_said_before_anything_is_done(start, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = start(port)
        assert refused.wait() == 1
    assert refused.said == (
        f"smsdesk: Port {port} of 127.0.0.1 is taken by another program: stop that, or choose "
        f"another port with make run PORT={port % 65535 + 1}."
    )
    assert not (tmp_path / "var" / "postgres").exists()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "eighty"}, "smsdesk: PORT must be a number from 1 to 65535, not 'eighty'."),
        (
            {"PRESENCE_TIMEOUT_SECONDS": "abc"},
            "smsdesk: PRESENCE_TIMEOUT_SECONDS must be a whole number, not 'abc'.",
        ),
        (
            {"VAR_DIR": "/dev/null/var"},
            "smsdesk: /dev/null/var cannot be written to: Not a directory.",
        ),
        (
            {"DATABASE_URL": "postgresql://x@127.0.0.1:1/none"},
            "smsdesk: The PostgreSQL of DATABASE_URL cannot be used: connection",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(start, environment, sentence):
    refused = start(**environment)
    assert refused.wait() == 1
    assert refused.lines[-1].startswith(sentence)
    assert "Traceback" not in refused.said


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    nearly_full = SimpleNamespace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: nearly_full)
    with pytest.raises(Refused, match=r"is nearly full: 0 MB are free and 200 MB are needed\.$"):
        preflight.check_room(Place(var=tmp_path, host="127.0.0.1", port=8000))


def test_a_part_that_keeps_dying_takes_the_rest_down(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "FIRST_WAIT_SECONDS", 0.01)
    supervisor = run.Supervisor(Place(var=tmp_path, host="127.0.0.1", port=free_port()))
    supervisor.place.logs.mkdir()
    commands = {"good": "sleep 60", "bad": "echo an error of its own; exit 3"}
    for name, command in commands.items():
        child = Child(
            name,
            ["/bin/sh", "-c", command],
            log=supervisor.place.logs / f"{name}.log",
            environment=dict(os.environ),
            directory=tmp_path,
        )
        supervisor._start(child)
    with pytest.raises(Refused, match="bad ended by itself with code 3, the 5th time within 30 s"):
        supervisor._look_after()
    supervisor._stop_all()
    assert not any(part.is_running() for part in supervisor.parts)


def _answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{url}/sign-in/", timeout=5).ok
    return False
