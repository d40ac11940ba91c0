"""The steps a text takes, for tests that begin further along its way."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from routing.carriers.base import InboundText, Part
from routing.carriers.twilio import Twilio
from routing.enums import OfferState, RequestKind, RequestState
from routing.models import CarrierRequest, Interaction, Offer
from routing.services.assignment import route_waiting
from routing.services.inbox import handle_request
from routing.services.interactions import end_interaction, wrap_up
from smsdesk.lib import clock
from smsdesk.lib.doorbell import doorbell

if TYPE_CHECKING:
    from datetime import datetime

    import redis

    from agents.models import Agent
    from routing.models import CarrierAccount, Channel, Message, Queue


def route(*queues: Queue, now: datetime | None = None) -> int:
    """Offer what waits in these queues."""
    return route_waiting(queue_ids=[queue.pk for queue in queues], now=now or clock.now())


def offer_to(agent: Agent) -> Offer:
    """The one pending offer to this agent."""
    return Offer.objects.get(agent=agent, state=OfferState.PENDING)


def receive_receipt(
    message: Message,
    word: str,
    *,
    sid: str | None = None,
    referenced: bool = True,
    code: str = "",
    now: datetime | None = None,
) -> CarrierRequest:
    """A verified receipt of Twilio's, stored and handled."""
    now = now or clock.now()
    account = message.channel.account
    fields = {
        "MessageSid": message.carrier_message_id if sid is None else sid,
        "MessageStatus": word,
        "ErrorCode": code,
    }
    query = f"?message={message.client_id}" if referenced else ""
    return handled(account, RequestKind.STATUS, urlencode(fields).encode(), now, query)


class Piecemeal(Twilio):
    """A carrier that brings one part of a text with each request."""

    def read(self, request):
        said = json.loads(request.body)
        part = Part(*said.pop("part"))
        return [InboundText(**said, part=part)]


def receive_part(
    channel: Channel, part: Part, body: str, *, sid: str | None = None, now: datetime | None = None
) -> CarrierRequest:
    """A verified part of a text, stored and handled."""
    said = {
        "sender": "+14155550123",
        "recipient": channel.number,
        "body": body,
        "carrier_message_id": sid or f"{part.reference}-{part.number}",
        "part": [part.reference, part.number, part.total],
    }
    body_of = json.dumps(said).encode()
    return handled(channel.account, RequestKind.INBOUND, body_of, now or clock.now())


def handled(
    account: CarrierAccount, kind: RequestKind, body: bytes, now: datetime, query: str = ""
) -> CarrierRequest:
    path = account.inbound_path if kind is RequestKind.INBOUND else account.status_path
    request = CarrierRequest.objects.create(
        account=account,
        kind=kind,
        url=f"http://testserver{path}{query}",
        body=body,
        received_at=now,
        state=RequestState.STORED,
        due_at=now,
    )
    handle_request(request_id=request.pk, now=now)
    request.refresh_from_db()
    return request


def life_line(interaction: Interaction) -> list[str]:
    """The kinds of what happened to a conversation, in order."""
    return list(interaction.events.order_by("pk").values_list("kind", flat=True))


def rung(client: redis.Redis) -> list[tuple[str, dict[str, int]]]:
    """The tasks that workers were asked for, in order."""
    doorbell.flush()
    asked = [json.loads(entry) for entry in reversed(client.lrange("smsdesk", 0, -1))]
    return [
        (entry["headers"]["task"], json.loads(base64.b64decode(entry["body"]))[1])
        for entry in asked
    ]


def new_id() -> uuid.UUID:
    return uuid.uuid4()


def fail(**_: object) -> None:
    """A log that cannot be kept."""
    raise RuntimeError


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def end(interaction, *, agent=None, now=None) -> None:
    end_interaction(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        now=now or clock.now(),
    )


def close(interaction, disposition="Solved", note="", *, agent=None, now=None) -> None:
    wrap_up(
        interaction_id=interaction.pk,
        agent_id=(agent or interaction.agent).pk,
        disposition=disposition,
        note=note,
        now=now or clock.now(),
    )
