"""The one place that lets people into the admin, its pages and its sockets (N21).

Signing in is Django's, roles are the admin's. In between this asks: was somebody here lately, and
is the second factor shown?
"""

from __future__ import annotations

import time
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user, logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from agents.services.signing_in import has_second_factor, is_verified
from smsdesk.door.kept import KEPT, PAGE, to_keep
from smsdesk.lib.acting import is_admin

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from django.http import HttpResponse

SEEN = "admin_seen"
SEEN_EVERY_SECONDS = 60  # how exactly idleness is known; less would write a session a request
SIGNING = ("admin:login", "admin:logout")
CODES = "two-factor"


def is_idle(session: Any) -> bool:
    """Whether nobody has asked for a page of the admin lately."""
    return bool(time.time() - session.get(SEEN, 0) > settings.ADMIN_IDLE_SECONDS)


def lacks_second_factor(user: User, session: Any) -> bool:
    """Whether a code is still asked of somebody who has signed in."""
    if is_verified(user, session.get(DEVICE_ID_SESSION_KEY)):
        return False
    return settings.REQUIRE_TWO_FACTOR or has_second_factor(user)


def supervisor_of_session(session_key: str | None) -> User | None:
    """Who may be in the admin with this session *now*: for sockets, on opening and while open.

    A wall of figures that nobody clicks on is not idle; it ends with the session.
    """
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user: Any = get_user(request)
    admitted = user.is_active and user.is_staff and not lacks_second_factor(user, request.session)
    return cast("User", user) if admitted else None


class GateMiddleware:
    """Stands behind authentication and messages; asks of every address of the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        path = request.path
        if not is_admin(path) or path in map(reverse, SIGNING) or not user.is_authenticated:
            return self.get_response(request)
        if user.is_staff and is_idle(request.session):
            return _sign_in_again(request)
        if user.is_staff and path != reverse(CODES) and lacks_second_factor(user, request.session):
            return _go(CODES, request)
        if request.method == "POST" and path != reverse(CODES):
            # Sent once more just now, or left behind.
            request.session.pop(KEPT, None)
        if time.time() - request.session.get(SEEN, 0) > SEEN_EVERY_SECONDS:
            request.session[SEEN] = int(time.time())
        return self.get_response(request)


@receiver(user_logged_in)
def limit_session(request: HttpRequest, user: User, **_: object) -> None:
    """However busy: some hours after signing in one signs in again."""
    hours = settings.ADMIN_SESSION_HOURS if user.is_staff else settings.DESK_SESSION_HOURS
    request.session.set_expiry(timezone.now() + timedelta(hours=hours))
    request.session[SEEN] = int(time.time())
    # Django keeps the session of whoever signs in again as the same; the code is asked for again.
    request.session.pop(DEVICE_ID_SESSION_KEY, None)


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    kept = to_keep(request)
    logout(request)
    minutes = settings.ADMIN_IDLE_SECONDS // 60
    words = f"You were signed out, for nothing was done here in {minutes} minutes."
    if kept:
        request.session[KEPT] = kept
        words += " What you sent just now is kept: sign in, and send it again."
    elif request.method == "POST":
        words += " What you sent just now was not saved."
    messages.warning(request, words)
    return _go("admin:login", request, back=reverse(PAGE) if kept else "")


def _go(name: str, request: HttpRequest, *, back: str = "") -> HttpResponse:
    page = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    return redirect(f"{reverse(name)}?{urlencode({'next': back or page})}")
