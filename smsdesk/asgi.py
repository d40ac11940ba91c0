"""One door for everything: carriers' webhooks, sockets of desks and floor, and Django's pages."""

from __future__ import annotations

import os
from typing import Any, cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smsdesk.settings.development")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from routing.webhooks import Webhooks
from smsdesk.console.consumer import DeskConsumer
from smsdesk.console.origins import OwnOriginOnly
from smsdesk.floor.consumer import FloorConsumer

# Any: Django's path is typed for views only.
desk_socket: Any = path("desk/socket", cast("Any", DeskConsumer.as_asgi()))
floor_socket: Any = path("admin/floor/socket", cast("Any", FloorConsumer.as_asgi()))
application = ProtocolTypeRouter(
    {
        "http": Webhooks(django_application),
        "websocket": OwnOriginOnly(AuthMiddlewareStack(URLRouter([desk_socket, floor_socket]))),
    }
)
