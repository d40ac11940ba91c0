"""Held against the carrier's own list: what a lost webhook left out is taken all the same (N15).

A text that the carrier has and we have not, and what became of a send whose receipt never came, are
kept like requests, marked as found, and handled like any other: nothing here is done twice, however
late or at what moment the webhook comes after all.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import BinaryField, Func, IntegerField, Q, Value

from agents.services.audit import record_act
from routing.carriers.base import DeliveryReceipt, NotListed, Wanted, WebRequest, carrier
from routing.enums import (
    MESSAGE_MOVES,
    OPEN_ENDED,
    Author,
    MessageState,
    RequestKind,
    RequestSource,
    RequestState,
)
from routing.models import CarrierRequest, Channel, Message
from routing.services.inbox import handle_request
from routing.services.replay import Outcome, outcome_of
from smsdesk.lib import clock, phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User

    from routing.carriers.base import Listed

logger = logging.getLogger(__name__)

# A webhook may be on its way for so long: Twilio tries at most six times, 15 seconds each.
WEBHOOKS_TAKE = timedelta(minutes=5)
LONGEST_SPAN = timedelta(days=7)
# A text waits so long for the customer's morning (N17), and is sent then.
LONGEST_HELD = timedelta(days=1)
# The carrier has a text within so long of our handing it over.
ACCEPTED_WITHIN = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(minutes=1)
# What a webhook brought that made no message of it: it is here, and not to be found again.
BROUGHT = [RequestState.STORED, RequestState.BLOCKED, RequestState.PARKED]


@dataclass
class Comparison:
    """What came of comparing one channel; ``why_not`` says why its list could not be had."""

    channel: Channel
    texts: list[Outcome] = field(default_factory=list)
    receipts: list[Outcome] = field(default_factory=list)
    still_unknown: int = 0
    why_not: str = ""


def can_compare(channel: Channel) -> bool:
    """Whether its carrier has a list."""
    slug = channel.account.carrier
    return slug in settings.CARRIERS and carrier(slug).lists_texts


def compare(
    *,
    channel: Channel,
    since: datetime,
    until: datetime,
    actor: User | AnonymousUser | None = None,
) -> Comparison:
    """Take from the carrier's list what we lack of a span of time, in its order.

    Not in a transaction: the carrier may take its time, and each text is handled in one of its own.
    """
    comparison = Comparison(channel)
    if channel.account.why_unusable:
        comparison.why_not = channel.account.why_unusable
        return comparison
    try:
        _compare_texts(comparison, since, until)
        _compare_sends(comparison, since, until)
    except NotListed as refused:
        comparison.why_not = str(refused)
    _write_down(comparison, since, until, actor)
    return comparison


def compare_all(*, now: datetime) -> list[Comparison]:
    """Compare the last hours of every channel whose carrier has a list; see RECONCILE_HOURS."""
    since, until = now - timedelta(hours=settings.RECONCILE_HOURS), now - WEBHOOKS_TAKE
    comparisons = []
    for channel in Channel.objects.select_related("account").order_by("pk"):
        if since >= until or not can_compare(channel) or not _is_in_use(channel, since):
            continue
        try:
            comparison = compare(channel=channel, since=since, until=until)
        except Exception:  # one number's trouble must not keep the others from being compared
            logger.exception("Channel %s could not be compared with its carrier", channel.pk)
            continue
        if comparison.why_not:
            logger.warning("Channel %s was not compared: %s", channel.pk, comparison.why_not)
        comparisons.append(comparison)
    return comparisons


def _is_in_use(channel: Channel, since: datetime) -> bool:
    """Whether the account's webhooks came here already; texts of before were somebody else's."""
    webhooks = CarrierRequest.objects.filter(
        account=channel.account, source=RequestSource.WEBHOOK, received_at__lt=since
    )
    return webhooks.exclude(state=RequestState.QUARANTINED).exists()


def _compare_texts(comparison: Comparison, since: datetime, until: datetime) -> None:
    channel = comparison.channel
    wanted = Wanted(channel.number, inbound=True, since=since, until=until)
    listed = list(carrier(channel.account.carrier).list_texts(channel.account, wanted))
    here = _ids_here(channel, listed)
    lacking = [
        each
        for each in sorted(listed, key=lambda each: each.at)
        if each.carrier_message_id not in here and not _was_brought(channel, each)
    ]
    found = []
    for each in lacking:
        try:
            whole = carrier(channel.account.carrier).complete(each, channel.account)
        except NotListed as refused:  # found the next time
            comparison.why_not = str(refused)
            continue
        name = each.carrier_message_id
        found.append(_found(channel, whole, RequestKind.INBOUND, name, each.at))
    comparison.texts = _handled(channel, found)


def _ids_here(channel: Channel, listed: Iterable[Listed]) -> set[str]:
    ids = [each.carrier_message_id for each in listed]
    known = Message.objects.filter(channel=channel, carrier_message_id__in=ids)
    return set(known.values_list("carrier_message_id", flat=True))


def _was_brought(channel: Channel, listed: Listed) -> bool:
    """Whether a webhook brought this text, and it waits to be handled, was blocked or parked.

    The carrier's name of a text stands in its webhook as it is.
    """
    name = Value(listed.carrier_message_id.encode(), output_field=BinaryField())
    place = Func(
        name,
        "body",
        function="position",
        template="%(function)s(%(expressions)s)",
        arg_joiner=" in ",
        output_field=IntegerField(),
    )
    requests = CarrierRequest.objects.filter(
        account=channel.account,
        state__in=BROUGHT,
        source=RequestSource.WEBHOOK,
        received_at__gte=listed.at - timedelta(hours=1),
        received_at__lte=listed.at + timedelta(days=1),
    )
    return requests.annotate(place=place).filter(place__gt=0).exists()


def _compare_sends(comparison: Comparison, since: datetime, until: datetime) -> None:
    channel = comparison.channel
    ours = list(
        Message.objects.filter(
            Q(sent_at__gte=since, sent_at__lte=until)
            | Q(sent_at__isnull=True, created_at__gte=since),
            channel=channel,
            state__in=OPEN_ENDED,
            created_at__gte=since - LONGEST_HELD,
            created_at__lte=until,
        )
        .exclude(author=Author.CUSTOMER)
        .select_related("interaction")
        .order_by("created_at", "pk")
    )
    if not ours:
        return
    wanted = Wanted(
        channel.number,
        inbound=False,
        since=min(message.created_at for message in ours) - CLOCKS_DIFFER,
        until=until + ACCEPTED_WITHIN,
    )
    listed = list(carrier(channel.account.carrier).list_texts(channel.account, wanted))
    by_id = {each.carrier_message_id: each for each in listed}
    _name_unknown(channel, ours, listed)
    found = []
    for message in ours:
        entry = by_id.get(message.carrier_message_id)
        if entry and _teaches(channel, message, entry):
            name = f"{entry.carrier_message_id} {entry.status}"
            found.append(_found(channel, entry, RequestKind.STATUS, name, entry.changed_at))
    comparison.receipts = _handled(channel, found)
    comparison.still_unknown = Message.objects.filter(
        pk__in=[message.pk for message in ours], state=MessageState.UNKNOWN
    ).count()


def _name_unknown(channel: Channel, ours: Sequence[Message], listed: Sequence[Listed]) -> None:
    """Let texts that may have been sent know their names at the carrier, where there is no doubt.

    As many of the list as of ours say the same to the same number at about the same time.
    """
    taken = _ids_here(channel, listed)
    unknown: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for message in ours:
        if message.state == MessageState.UNKNOWN and not message.carrier_message_id:
            unknown[message.interaction.customer_address, _words(message.body)].append(message)
    for (address, words), messages in unknown.items():
        begins = messages[0].created_at - CLOCKS_DIFFER
        ends = messages[-1].created_at + ACCEPTED_WITHIN
        same = [
            each
            for each in sorted(listed, key=lambda each: each.at)
            if each.carrier_message_id not in taken
            and _address(each.recipient, channel) == address
            and _words(each.body) == words
            and begins <= each.at <= ends
        ]
        if len(same) != len(messages):
            continue
        for message, each in zip(messages, same, strict=True):
            named = Message.objects.filter(pk=message.pk, carrier_message_id="").update(
                carrier_message_id=each.carrier_message_id
            )
            if named:
                message.carrier_message_id = each.carrier_message_id


def _words(body: str) -> str:
    return " ".join(body.split())


def _address(number: str, channel: Channel) -> str:
    try:
        return phone.customer(number, region=channel.region)
    except phone.NotANumber:
        return number


def _teaches(channel: Channel, message: Message, entry: Listed) -> bool:
    """Whether the list knows more of a text of ours than we do."""
    request = WebRequest((entry.url,), {}, entry.raw, "GET", RequestKind.STATUS, found=True)
    states = [
        news.state or MessageState.SENT
        for news in carrier(channel.account.carrier).read(request)
        if isinstance(news, DeliveryReceipt)
    ]
    return any(state in MESSAGE_MOVES.moves[MessageState(message.state)] for state in states)


def _found(
    channel: Channel, listed: Listed, kind: RequestKind, name: str, at: datetime
) -> CarrierRequest:
    """What stands in the list as a request, not saved yet."""
    return CarrierRequest(
        account=channel.account,
        kind=kind,
        source=RequestSource.FOUND,
        found_as=name[:130],
        method="GET",
        url=listed.url,
        body=listed.raw,
        received_at=at,
        state=RequestState.STORED,
    )


def _handled(channel: Channel, found: list[CarrierRequest]) -> list[Outcome]:
    """Keep what was found, once, and handle it in its order; none that was found before."""
    names = {request.found_as for request in found}
    of_these = CarrierRequest.objects.filter(account=channel.account, found_as__in=names).exclude(
        found_as=""  # as the index has it
    )
    before = set(of_these.values_list("found_as", flat=True))
    new = [request for request in found if request.found_as not in before]
    if not new:
        return []
    now = clock.now()
    for request in new:
        # By a clock that goes before ours it would not have come yet.
        request.received_at = min(request.received_at, now)
        request.due_at = now
    CarrierRequest.objects.bulk_create(new, ignore_conflicts=True)
    outcomes = []
    for request in of_these.exclude(found_as__in=before).order_by("received_at", "pk"):
        handle_request(request_id=request.pk, now=clock.now())
        request.refresh_from_db()
        outcomes.append(outcome_of(request))
    return outcomes


def _write_down(
    comparison: Comparison,
    since: datetime,
    until: datetime,
    actor: User | AnonymousUser | None,
) -> None:
    """Whoever asked is written down, and what the desk did of its own where it found something."""
    if actor is None and not comparison.texts and not comparison.receipts:
        return
    with transaction.atomic():
        record_act(
            actor=actor,
            act="compared with the carrier",
            subject=comparison.channel,
            after={
                "from": f"{since:%Y-%m-%d %H:%M} UTC",
                "until": f"{until:%Y-%m-%d %H:%M} UTC",
                "texts found": len(comparison.texts),
                "outcomes found": len(comparison.receipts),
                **({"not compared": comparison.why_not} if comparison.why_not else {}),
            },
            now=clock.now(),
        )
