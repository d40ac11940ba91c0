"""Sessions in the database, as Django's, but asked only for keys that could be ours.

This is the one place that pages and sockets share. A key with a NUL in it, which PostgreSQL
refuses to look for, is no session, not an error. The user of a session is read with their agent,
whom nearly every request asks for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session

from agents.selectors.agents import agent_of_user

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User

    from agents.models.agent import AgentWithLimit

KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(DatabaseSessions):
    """A browser's session; a cookie that holds nonsense opens a new one."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and KEY.fullmatch(key) is not None


class AgentBackend(ModelBackend):
    """Django's own, which reads the agent with the user."""

    def get_user(self, user_id: int) -> User | None:
        agent = agent_of_user(user_id)
        return agent.user if agent else super().get_user(user_id)


def agent_of(user: User | AnonymousUser) -> AgentWithLimit | None:
    """The agent of whoever is signed in, read with them; None for anybody else."""
    return getattr(user, "agent", None)


def kept_sessions(keys: Collection[str], now: datetime) -> dict[str, str]:
    """What is kept of each of these sessions, as it is stored; those that ended are left out."""
    kept = Session.objects.filter(session_key__in=keys, expire_date__gt=now)
    return dict(kept.values_list("session_key", "session_data"))
