"""The desk's socket: pushes the whole state whenever it may have changed.

It stays up without Redis (see ``watch``), pushes nothing to a session that has ended, and closes
on what no browser of ours would do. The close codes are the browser's to read: 4401 says "sign in
again", anything else "come back".
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections import deque
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from agents.services.presence import hear_heartbeat
from smsdesk.console.frames import Frame, desk_frame
from smsdesk.console.missed import missed_words
from smsdesk.console.sessions import agent_of
from smsdesk.console.watch import in_thread, watch
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from agents.models import Agent
    from smsdesk.console.watch import Sight

logger = logging.getLogger(__name__)

LARGEST_FRAME = 64 * 1024
FRAMES_PER_SECOND = 20
# The server asks for a heartbeat, because the timers of hidden tabs run once a minute.
BEAT_SECONDS = 5.0
# A peer that answers nothing for so long is gone without having said so.
SILENCE_SECONDS = 25.0

# Codes of our own: daphne refuses to send those that are the protocol's.
SIGN_IN_AGAIN = 4401
SILENT = 4408
TOO_BIG = 4413
TOO_MANY = 4429


class DeskConsumer(AsyncWebsocketConsumer):
    """One open desk of one agent."""

    # Sockets do not depend on the channel layer: the process's watch hears for all of them.
    channel_layer_alias = ""

    agent_id = 0
    _joined = False
    _again = False
    _drawing: asyncio.Task[None] | None = None
    _visiting: asyncio.Task[None] | None = None
    _asking: asyncio.Task[None] | None = None
    _to_hear = False
    # What the session rested on when the watch last saw it; each frame that is drawn tests it.
    _signed_in: tuple[str, str] | None = None
    _pushed_version = -1
    _pushed_html = ""
    _pushed_waiting: tuple[int, Any] = (0, None)
    _opened_at = 0.0
    _heard_at = 0.0
    _beat_at = 0.0

    async def connect(self) -> None:
        """Accept agents only, and show them the desk at once."""
        self._arrivals: deque[float] = deque(maxlen=FRAMES_PER_SECOND)
        session = self.scope.get("session")
        self.session_key: str = getattr(session, "session_key", None) or ""
        agent = await in_thread(_agent_of_session)(self.session_key)
        if agent is None:
            await self.close(SIGN_IN_AGAIN)
            return
        self.agent_id = agent.pk
        await self.accept()
        self._opened_at = self._heard_at = time.monotonic()
        # After a restart all desks come back at once; they are not to beat at once ever after.
        self._beat_at = self._heard_at - random.uniform(0, BEAT_SECONDS)  # noqa: S311 - no secret
        self._joined = True
        watch().join(self)
        self.look_again()

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - channels calls it so
        """Stop at once; the agent's presence lapses by itself if no other desk is open."""
        self._leave()
        tasks = [task for task in (self._drawing, self._visiting, self._asking) if task is not None]
        for task in tasks:
            task.cancel()
        # One may just have tried to send to the socket that is closed.
        await asyncio.gather(*tasks, return_exceptions=True)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hear a heartbeat. Anything else is answered with a sentence and does nothing."""
        if not self._joined:
            return
        if _size(text_data, bytes_data) > LARGEST_FRAME:
            await self._shut(TOO_BIG)
            return
        moment = time.monotonic()
        if len(self._arrivals) == FRAMES_PER_SECOND and moment - self._arrivals[0] < 1:
            await self._shut(TOO_MANY)
            return
        self._arrivals.append(moment)
        if _kind(text_data) != "heartbeat":
            await self._tell({"type": "error", "sentence": "The desk sends heartbeats only."})
            return
        self._heard_at = moment
        self._to_hear = True
        if self._visiting is None or self._visiting.done():
            self._visiting = asyncio.create_task(self._hear())

    def look_again(self) -> None:
        """Draw and push the desk soon; any number of calls meanwhile draw it once more."""
        self._again = True
        if self._joined and (self._drawing is None or self._drawing.done()):
            self._drawing = asyncio.create_task(self._draw())

    def tick(self, seen: Sight | None, now: str) -> None:
        """Once a second: catch up with what was ``seen``, notice silence, ask for a heartbeat.

        None was seen of a session that may have ended: drawing the desk tells.
        """
        moment = time.monotonic()
        beat_is_due = moment - self._beat_at >= BEAT_SECONDS
        if (
            seen is None
            or seen.version > self._pushed_version
            or seen.signed_in != self._signed_in
            # The queues change all the time, and for all desks at once.
            or (beat_is_due and seen.waiting != self._pushed_waiting)
        ):
            self._signed_in = seen.signed_in if seen else None
            self.look_again()
        if moment - self._heard_at > SILENCE_SECONDS:
            self._visiting = asyncio.create_task(self._shut(SILENT))
        elif beat_is_due:
            self._beat_at = moment
            self._asking = asyncio.create_task(
                self._tell({"type": "beat", "now": now, "heard": False})
            )

    async def _draw(self) -> None:
        while self._again and self._joined:
            self._again = False
            try:
                frame = await in_thread(_draw_desk)(self.session_key)
            except Exception:  # the database will be back; the watch finds this desk behind
                logger.exception("Could not draw the desk of agent %s", self.agent_id)
                self._signed_in = None
                return
            if frame is None:
                await self._shut(SIGN_IN_AGAIN)
                return
            self._pushed_waiting = frame.waiting
            if frame.version != self._pushed_version or frame.html != self._pushed_html:
                self._pushed_version, self._pushed_html = frame.version, frame.html
                await self._send_if_open(frame.as_json())

    async def _hear(self) -> None:
        while self._joined and self._to_hear:
            self._to_hear = False
            try:
                moment, missed = await in_thread(_note_heartbeat)(
                    self.agent_id, time.monotonic() - self._opened_at
                )
            except Exception:  # the database will be back; the next beat tries again
                logger.exception("Could not note that agent %s is there", self.agent_id)
                return
            if missed:
                await self._tell({"type": "missed", "sentence": missed})
            await self._tell({"type": "beat", "now": moment, "heard": True})

    async def _tell(self, frame: dict[str, Any]) -> None:
        await self._send_if_open(json.dumps(frame))

    async def _send_if_open(self, text: str) -> None:
        if self._joined:
            await self.send(text)

    async def _shut(self, code: int) -> None:
        if self._joined:
            self._leave()
            await self.close(code)

    def _leave(self) -> None:
        if self._joined:
            self._joined = False
            watch().leave(self)


def _size(text: str | None, data: bytes | None) -> int:
    return len(data) if data is not None else len((text or "").encode(errors="replace"))


def _kind(text: str | None) -> str:
    """The type of a frame; empty where it is none of ours."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):
        return ""
    kind = frame.get("type") if isinstance(frame, dict) else None
    return kind if isinstance(kind, str) else ""


def _agent_of_session(session_key: str) -> Agent | None:
    """The agent who is signed in with this session *now*: signed out, barred or gone is None."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return agent_of(get_user(request))


def _draw_desk(session_key: str) -> Frame | None:
    agent = _agent_of_session(session_key)
    return desk_frame(agent, now()) if agent is not None else None


def _note_heartbeat(agent_id: int, open_for: float) -> tuple[str, str]:
    """When it was heard, and what was missed, where this desk is the one to be told.

    ``open_for`` are the seconds that the desk has been open.
    """
    moment = now()
    open_since = moment - timedelta(seconds=open_for)
    absent_since = hear_heartbeat(agent_id=agent_id, now=moment, open_since=open_since)
    return moment.isoformat(), missed_words(agent_id, absent_since)
