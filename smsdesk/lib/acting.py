"""Who is at work in this request, so that whatever changes a row can say who did it (N20)."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponse


@dataclass
class Acting:
    """The person behind what happens now; nobody where the desk itself acts."""

    request: HttpRequest

    @cached_property
    def user(self) -> User | None:
        """Read only when something was changed: most requests change no configuration."""
        user = self.request.user
        return user if user.is_authenticated else None

    @cached_property
    def in_admin(self) -> bool:
        return is_admin(self.request.path)


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def acting() -> Acting | None:
    """Who acts in this request; None in tasks and commands."""
    return _acting.get()


@contextmanager
def acting_in(request: HttpRequest) -> Iterator[None]:
    """Let changes made within be the request's."""
    token = _acting.set(Acting(request))
    try:
        yield
    finally:
        _acting.reset(token)


def is_admin(path: str) -> bool:
    """Whether an address is one of the supervisors' site."""
    return path.startswith(reverse("admin:index"))


class ActingMiddleware:
    """Stands behind Django's authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_in(request):
            return self.get_response(request)
