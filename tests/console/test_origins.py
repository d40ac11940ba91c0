"""S1: whose page may open the desk's socket."""

from __future__ import annotations

import pytest

from smsdesk.console.origins import is_own_origin


@pytest.fixture(autouse=True)
def _hosts(settings):
    settings.ALLOWED_HOSTS = ["desk.example", "127.0.0.1", "[::1]"]
    settings.PUBLIC_URL = "https://carriers.example"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def handshake(origin: str, host: str, *more: tuple[bytes, bytes], scheme: str = "ws"):
    headers = [(b"origin", origin.encode("latin1")), (b"host", host.encode())]
    return {"type": "websocket", "scheme": scheme, "headers": [*headers, *more]}


TLS = (b"x-forwarded-proto", b"https")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://desk.example", "desk.example"),
        ("http://desk.example", "desk.example:80"),
        ("https://desk.example", "desk.example"),
        ("https://desk.example", "desk.example:443"),
        ("https://desk.example:443", "DESK.example"),
        ("https://carriers.example", "127.0.0.1:8000"),
    ],
)
def test_the_desks_own_pages_may(origin, host):
    assert is_own_origin(handshake(origin, host))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:3000", "127.0.0.1:8000"),
        ("http://127.0.0.1", "127.0.0.1:8000"),
        ("http://localhost:8000", "127.0.0.1:8000"),
        ("https://desk.example:8443", "desk.example"),
        ("http://desk.example", "desk.example:443"),
        ("http://carriers.example", "127.0.0.1:8000"),
        ("https://carriers.example:8443", "127.0.0.1:8000"),
        ("https://evil.example", "evil.example"),  # rebinding: the host is not ours
        ("https://desk.example@evil.example", "desk.example"),
        ("https://desk.example.evil.example", "desk.example"),
        ("ftp://desk.example", "desk.example"),
        ("//desk.example", "desk.example"),
        ("https://desk.example:99999", "desk.example"),
        ("https://[desk.example", "desk.example"),
        ("null", "desk.example"),
        ("", "desk.example"),
        ("", ""),
        ("\xff", "desk.example"),
    ],
)
def test_other_pages_may_not(origin, host):
    assert not is_own_origin(handshake(origin, host))


@pytest.mark.parametrize("proto", [b"https", b"wss", b"https, http"])
def test_behind_a_proxy_with_tls_only_the_encrypted_page_may(proto):
    forwarded = (b"x-forwarded-proto", proto)

    assert is_own_origin(handshake("https://desk.example", "desk.example", forwarded))
    assert not is_own_origin(handshake("http://desk.example", "desk.example", forwarded))


def test_an_encrypted_server_refuses_the_page_that_is_not():
    assert not is_own_origin(handshake("http://desk.example", "desk.example", scheme="wss"))


def test_the_scheme_is_not_believed_of_anybody_but_a_trusted_proxy(settings):
    settings.SECURE_PROXY_SSL_HEADER = None

    assert is_own_origin(handshake("http://desk.example", "desk.example", TLS))


def test_two_origins_are_none():
    second = (b"origin", b"https://evil.example")

    assert not is_own_origin(handshake("https://desk.example", "desk.example", second))


def test_a_handshake_without_an_origin_may_not():
    assert not is_own_origin({"headers": [(b"host", b"desk.example")]})


def test_F19_a_page_that_may_frame_the_desk_may_not_open_its_socket(settings):
    settings.EMBED_ORIGINS = ["https://crm.example.org"]

    assert not is_own_origin(handshake("https://crm.example.org", "desk.example"))
    assert is_own_origin(handshake("https://desk.example", "desk.example"))
