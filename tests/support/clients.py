"""An agent's browser without a browser: a signed-in HTTP session, and the desk's open socket."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def wait_until(look: Callable[[], T], seconds: float = 10, *, what: str = "") -> T:
    """Return what ``look`` returns as soon as it is true; fail the test after ``seconds``."""
    give_up = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > give_up:
            name = what or getattr(look, "__name__", "it")
            raise AssertionError(f"Not within {seconds:g} s: {name} (last seen: {found!r})")
        time.sleep(0.02)


class AgentClient:
    """One signed-in browser of an agent: cookies, CSRF token and all."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.base_url = base_url
        self.username = username
        self.http = requests.Session()
        self.open_desks: list[OpenDesk] = []
        self.get("/sign-in/").raise_for_status()
        answer = self.post("/sign-in/", {"username": username, "password": password})
        assert "sessionid" in self.http.cookies, f"{username} could not sign in: {answer.text}"

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.http.get(self.base_url + path, timeout=30, **kwargs)

    def post(
        self, path: str, data: dict[str, Any] | None = None, **kwargs: Any
    ) -> requests.Response:
        """Post as htmx would, with the CSRF token in a header. Redirects are not followed."""
        headers = {
            "X-CSRFToken": self.http.cookies.get("csrftoken", ""),
            "Origin": self.base_url,
            "Referer": f"{self.base_url}/desk/",
            **kwargs.pop("headers", {}),
        }
        return self.http.post(
            self.base_url + path,
            data=data or {},
            headers=headers,
            timeout=30,
            allow_redirects=False,
            **kwargs,
        )

    def connect(self, *, origin: str | None = None, path: str = "/desk/socket") -> ClientConnection:
        """Open the desk's bare websocket with this session's cookie."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)
        return connect(
            f"ws://{urlsplit(self.base_url).netloc}{path}",
            origin=Origin(origin or self.base_url),
            additional_headers={"Cookie": cookies},
            open_timeout=20,
            close_timeout=2,
            proxy=None,
            legacy=True,  # a plain object, not a context manager
        )

    def open_desk(self) -> OpenDesk:
        """Open the desk as a tab would: heartbeats are answered, frames are kept."""
        desk = OpenDesk(self.connect())
        self.open_desks.append(desk)
        desk.first_frame()
        return desk

    def close(self) -> None:
        for desk in self.open_desks:
            desk.close()
        self.http.close()


class OpenDesk:
    """An open tab: a thread that reads the socket and sends heartbeats until told otherwise."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[dict[str, Any]] = []
        self.is_silent = False
        self._arrived = threading.Condition()
        self._send_heartbeat()
        self._thread = threading.Thread(target=self._read, name="open-desk", daemon=True)
        self._thread.start()

    @property
    def desk_frames(self) -> list[dict[str, Any]]:
        """The frames that show the desk, in the order of their arrival."""
        return [frame for frame in self.frames if frame.get("type") == "desk"]

    @property
    def html(self) -> str:
        """What this tab shows now."""
        shown = self.desk_frames
        return str(shown[-1]["html"]) if shown else ""

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive()

    def first_frame(self) -> dict[str, Any]:
        wait_until(lambda: self.desk_frames, 15, what="the desk's first frame")
        return self.desk_frames[0]

    def wait_for(self, text: str, seconds: float = 10) -> float:
        """Wait until the tab shows ``text``; return how many seconds it took."""
        began = time.monotonic()
        with self._arrived:
            shown = self._arrived.wait_for(lambda: text in self.html, seconds)
        assert shown, f"Not shown within {seconds:g} s: {text}\n{self.html}"
        return time.monotonic() - began

    def silence(self) -> None:
        """Keep the socket and send no heartbeat any more, like a frozen browser."""
        self.is_silent = True

    def drop(self) -> None:
        """Lose the connection without a word of goodbye (a TCP reset)."""
        raw = self.connection.socket
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.shutdown(socket.SHUT_RD)
        with suppress(OSError):
            raw.close()
        self._thread.join(5)

    def close(self) -> None:
        with suppress(ConnectionClosed, OSError, TimeoutError):
            self.connection.close()
        self._thread.join(5)

    def _send_heartbeat(self) -> None:
        if not self.is_silent:
            with suppress(ConnectionClosed, OSError):
                self.connection.send(json.dumps({"type": "heartbeat"}))

    def _read(self) -> None:
        with suppress(ConnectionClosed, OSError):
            for text in self.connection:
                frame = json.loads(text)
                with self._arrived:
                    self.frames.append(frame)
                    self._arrived.notify_all()
                if frame.get("type") == "beat" and not frame.get("heard"):
                    self._send_heartbeat()
