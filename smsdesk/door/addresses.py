"""From where somebody tries to sign in."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

# What one customer of an IPv6 provider has at least; a single address would cost nothing to change.
IPV6_NEIGHBOURS = 64


def client_address(request: HttpRequest) -> str | None:
    """The browser's address; the /64 of an IPv6 one.

    Behind a trusted proxy the last that ``X-Forwarded-For`` names, for that one the proxy wrote
    itself; those before are whatever the browser claimed. Without one the header is not read.
    """
    named = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        named = request.META.get("HTTP_X_FORWARDED_FOR", named).rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(named)
    except ValueError:  # a Unix socket, or nonsense
        return None
    if address.version == 4 or address.ipv4_mapped:  # noqa: PLR2004
        return str(getattr(address, "ipv4_mapped", None) or address)
    network = ipaddress.ip_network((address, IPV6_NEIGHBOURS), strict=False)
    return str(network.network_address)
