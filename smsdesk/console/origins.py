"""Which pages may open the desk's socket: our own, to the port (S1).

A browser sends the agent's cookie to every port of a host, and asks nobody before it opens a
socket. So the host's name alone says nothing: another server beside the desk is a stranger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": 80, "https": 443}
# Some proxies name the scheme of the socket, others that of the page.
SECURE_SCHEMES = {"https", "wss"}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of a page; what a browser calls the same origin is equal."""

    scheme: str
    host: str
    port: int


class OwnOriginOnly:
    """Hands a socket on where its page is the desk's own, and refuses it otherwise."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        allowed = is_own_origin(scope)
        await (self._application if allowed else WebsocketDenier())(scope, receive, send)


def is_own_origin(scope: Any) -> bool:
    """Whether the handshake comes from a page of the host and port it asks, or of PUBLIC_URL.

    A page over https is believed where we only see http, for the proxy in front may not say that
    it ends the encryption; and no browser lets such a page open an unencrypted socket. A page over
    http is refused where we know that the desk itself is encrypted.
    """
    origin = origin_of(_only(scope, b"origin"))
    if origin is None:
        return False
    if origin == origin_of(settings.PUBLIC_URL):
        return True
    host, port = split_domain_port(_only(scope, b"host"))
    if not validate_host(host, settings.ALLOWED_HOSTS):
        return False
    if origin.scheme == "http" and _is_encrypted(scope):
        return False
    return origin == Origin(
        origin.scheme, host, int(port) if port else DEFAULT_PORTS[origin.scheme]
    )


def origin_of(url: str) -> Origin | None:
    """Return the origin of an address; None where it is not one of a page."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host, _ = split_domain_port(parts.netloc)
    if parts.scheme not in DEFAULT_PORTS or not host:
        return None
    return Origin(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port)


def _is_encrypted(scope: Any) -> bool:
    if scope.get("scheme") == "wss":
        return True
    # Django's name for a header that only a trusted proxy sets, such as HTTP_X_FORWARDED_PROTO.
    trusted: tuple[str, str] | None = settings.SECURE_PROXY_SSL_HEADER
    if not trusted:
        return False
    header = trusted[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
    return _only(scope, header).split(",")[0].strip().lower() in SECURE_SCHEMES


def _only(scope: Any, name: bytes) -> str:
    """The value of a header; empty where it is missing, or sent twice with two values."""
    values = {value for header, value in scope["headers"] if header == name}
    return values.pop().decode("latin1") if len(values) == 1 else ""
