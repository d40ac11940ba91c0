"""The tutorial path: what a webhook looks like when it is written as the manuals show.

A Django view, ``get_or_create`` on each model, a new database connection for each request, and
``async_to_sync(group_send)``. Measured only to say what the desk's own way is worth.
"""

from __future__ import annotations

import django
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.asgi import get_asgi_application

from smsdesk.settings import test as unpooled

settings.configure(
    **{name: getattr(unpooled, name) for name in dir(unpooled) if name.isupper()}
    | {"ROOT_URLCONF": __name__, "MIDDLEWARE": [], "ALLOWED_HOSTS": ["*"]}
)
django.setup()

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone

from routing.carriers.twilio import signature
from routing.enums import Author, InteractionState, MessageState
from routing.models import Channel, Interaction, Message


def take_text(request):
    fields = list(request.POST.items())
    channel = Channel.objects.get(number=request.POST["To"])
    url = request.build_absolute_uri()
    if signature(channel.account.auth_token, url, fields) != request.headers["X-Twilio-Signature"]:
        return HttpResponse(status=403, headers={"Content-Length": "0"})
    now = timezone.now()
    interaction, _ = Interaction.objects.get_or_create(
        channel=channel,
        customer_address=request.POST["From"],
        state=InteractionState.QUEUED,
        defaults={"queue": channel.queue, "initiated_at": now, "queued_at": now},
    )
    Message.objects.get_or_create(
        channel=channel,
        carrier_message_id=request.POST["MessageSid"],
        defaults={
            "interaction": interaction,
            "author": Author.CUSTOMER,
            "body": request.POST["Body"],
            "created_at": now,
            "state": MessageState.RECEIVED,
        },
    )
    async_to_sync(get_channel_layer().group_send)("agents", {"type": "text.received"})
    return HttpResponse("<Response/>", headers={"Content-Length": "11"})


urlpatterns = [path("text", take_text)]
application = get_asgi_application()
