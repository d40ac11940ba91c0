"""The words of routing and the tables of what may become what."""

from __future__ import annotations

from django.db.models import TextChoices

from smsdesk.lib.states import StateTable


class NumberType(TextChoices):
    """What kind of number a channel has (A4–A6)."""

    LONG_CODE = "LONG_CODE", "long code"
    TOLL_FREE = "TOLL_FREE", "toll-free"
    SHORT_CODE = "SHORT_CODE", "short code"


class NumberUse(TextChoices):
    """What a channel's number can be used for (A3)."""

    SMS = "SMS", "SMS only"
    VOICE_SMS = "VOICE_SMS", "voice and SMS"


class MediaPolicy(TextChoices):
    """What may be sent over a channel (A24, A25)."""

    PLAIN = "PLAIN", "plain text: no links, no emoji"  # S0:25
    LINKS = "LINKS", "text and links, no emoji"  # S3:24
    ANY = "ANY", "any text, with links and emoji"
    FILES = "FILES", "any text, pictures and files"  # S2:46


class ChannelState(TextChoices):
    """Where a channel's number stands; nothing is sent from it before it is active (A15)."""

    PROVISIONING = "PROVISIONING", "being provisioned"
    PORTING = "PORTING", "port-in pending"
    ACTIVE = "ACTIVE", "active"
    SUSPENDED = "SUSPENDED", "suspended"


CHANNEL_MOVES = StateTable(
    "Channel",
    (ChannelState.PROVISIONING, ChannelState.PORTING, ChannelState.ACTIVE),
    {
        ChannelState.PROVISIONING: frozenset({ChannelState.PORTING, ChannelState.ACTIVE}),
        # Ported in, it may have to be set up at its new carrier first.
        ChannelState.PORTING: frozenset({ChannelState.PROVISIONING, ChannelState.ACTIVE}),
        ChannelState.ACTIVE: frozenset({ChannelState.SUSPENDED}),
        ChannelState.SUSPENDED: frozenset({ChannelState.ACTIVE}),
    },
)


class Reach(TextChoices):
    """Which countries a sending policy allows (A10)."""

    ALL = "ALL", "every country that the price list allows"
    LISTED = "LISTED", "only the countries chosen below"


class InteractionState(TextChoices):
    """Where a conversation stands."""

    HELD = "HELD", "waits for opening hours"
    QUEUED = "QUEUED", "waits for an agent"
    OFFERED = "OFFERED", "offered to an agent"
    ACTIVE = "ACTIVE", "with an agent"
    PARKED = "PARKED", "parked by its agent"
    WRAP_UP = "WRAP_UP", "in wrap-up"
    CLOSED = "CLOSED", "closed"


OPEN_STATES = (
    InteractionState.HELD,
    InteractionState.QUEUED,
    InteractionState.OFFERED,
    InteractionState.ACTIVE,
    InteractionState.PARKED,
)

# Nobody has answered these yet.
NOBODYS = (InteractionState.HELD, InteractionState.QUEUED, InteractionState.OFFERED)

INTERACTION_MOVES = StateTable(
    "Interaction",
    # An agent who writes first begins with an active one (I2), a campaign with a closed one (I7).
    (
        InteractionState.HELD,
        InteractionState.QUEUED,
        InteractionState.ACTIVE,
        InteractionState.CLOSED,
    ),
    {
        # An agent who texts a number whose conversation waits takes that one (I2); a supervisor
        # ends what nobody should answer (N11).
        InteractionState.HELD: frozenset(
            {InteractionState.QUEUED, InteractionState.ACTIVE, InteractionState.CLOSED}
        ),
        InteractionState.QUEUED: frozenset(
            {InteractionState.OFFERED, InteractionState.ACTIVE, InteractionState.CLOSED}
        ),
        InteractionState.OFFERED: frozenset({InteractionState.ACTIVE, InteractionState.QUEUED}),
        # Transferred or requeued, it waits in a queue again (N4).
        InteractionState.ACTIVE: frozenset(
            {InteractionState.WRAP_UP, InteractionState.QUEUED, InteractionState.PARKED}
        ),
        # Ended by a supervisor, it is closed at once: a wrap-up would take a place (H14).
        InteractionState.PARKED: frozenset(
            {InteractionState.ACTIVE, InteractionState.QUEUED, InteractionState.CLOSED}
        ),
        InteractionState.WRAP_UP: frozenset({InteractionState.CLOSED}),
        InteractionState.CLOSED: frozenset(),
    },
)


class EndedBy(TextChoices):
    """Who ended a conversation (H1, H12, H14)."""

    AGENT = "AGENT", "the agent"
    TIMER = "TIMER", "the inactivity timer"
    SUPERVISOR = "SUPERVISOR", "a supervisor"


class OfferState(TextChoices):
    PENDING = "PENDING", "waits for the agent"
    ACCEPTED = "ACCEPTED", "accepted"
    REJECTED = "REJECTED", "rejected"
    LAPSED = "LAPSED", "lapsed"
    WITHDRAWN = "WITHDRAWN", "withdrawn"


OFFER_MOVES = StateTable(
    "Offer",
    (OfferState.PENDING,),
    {
        OfferState.PENDING: frozenset(
            {
                OfferState.ACCEPTED,
                OfferState.REJECTED,
                OfferState.LAPSED,
                OfferState.WITHDRAWN,
            }
        ),
        OfferState.ACCEPTED: frozenset(),
        OfferState.REJECTED: frozenset(),
        OfferState.LAPSED: frozenset(),
        OfferState.WITHDRAWN: frozenset(),
    },
)


class Author(TextChoices):
    """Who a message is from. Automatic texts are labelled as such in the thread."""

    CUSTOMER = "CUSTOMER", "customer"
    AGENT = "AGENT", "agent"
    AUTOMATIC = "AUTOMATIC", "automatic"


class MessageState(TextChoices):
    """The delivery ladder (N2). It is climbed, never descended."""

    RECEIVED = "RECEIVED", "received"
    QUEUED = "QUEUED", "waits to be sent"
    SENDING = "SENDING", "being handed to the carrier"
    UNKNOWN = "UNKNOWN", "may have been sent"
    SENT = "SENT", "sent"
    DELIVERED = "DELIVERED", "delivered"
    FAILED = "FAILED", "not delivered"


MESSAGE_MOVES = StateTable(
    "Message",
    (MessageState.RECEIVED, MessageState.QUEUED),
    {
        MessageState.RECEIVED: frozenset(),
        MessageState.QUEUED: frozenset(
            {
                MessageState.SENDING,
                # a receipt shows that a try which the carrier seemed to refuse was taken after all
                MessageState.SENT,
                MessageState.DELIVERED,
                MessageState.FAILED,
            }
        ),
        MessageState.SENDING: frozenset(
            {
                MessageState.QUEUED,  # the carrier certainly did not take it; tried again later
                MessageState.SENT,
                MessageState.UNKNOWN,
                MessageState.FAILED,
                MessageState.DELIVERED,
            }
        ),
        MessageState.UNKNOWN: frozenset(
            {MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED}
        ),
        MessageState.SENT: frozenset({MessageState.DELIVERED, MessageState.FAILED}),
        MessageState.FAILED: frozenset({MessageState.DELIVERED}),
        MessageState.DELIVERED: frozenset(),
    },
)


# The carrier has it, or may have it, and has not said what became of it.
OPEN_ENDED = (MessageState.UNKNOWN, MessageState.SENT)


class RequestKind(TextChoices):
    INBOUND = "INBOUND", "text"
    STATUS = "STATUS", "receipt"


class RequestSource(TextChoices):
    """How a carrier's request came to us (N15)."""

    WEBHOOK = "WEBHOOK", "by webhook"
    FOUND = "FOUND", "found at the carrier, not by webhook"


class RequestState(TextChoices):
    """What became of a carrier's request (N15)."""

    STORED = "STORED", "waits to be handled"
    HANDLED = "HANDLED", "handled"
    REPEATED = "REPEATED", "a repeat, ignored"
    BLOCKED = "BLOCKED", "from a blocked number"
    QUARANTINED = "QUARANTINED", "not proven to be the carrier's"
    REFUSED = "REFUSED", "refused"
    PARKED = "PARKED", "could not be handled"


class EventKind(TextChoices):
    """The life line of a text and its conversation (N14, N15)."""

    RECEIVED = "RECEIVED", "text received"
    HELD = "HELD", "held for opening hours"
    QUEUED = "QUEUED", "queued"
    OFFERED = "OFFERED", "offered"
    ACCEPTED = "ACCEPTED", "accepted"
    REJECTED = "REJECTED", "rejected"
    LAPSED = "LAPSED", "offer lapsed"
    WITHDRAWN = "WITHDRAWN", "offer withdrawn"
    ANSWERED = "ANSWERED", "answered"
    AUTO_REPLIED = "AUTO_REPLIED", "answered automatically"
    OVERFLOWED = "OVERFLOWED", "waited too long"
    STARTED = "STARTED", "begun by an agent"
    TRANSFERRED = "TRANSFERRED", "transferred"
    REQUEUED = "REQUEUED", "given back to the queue"
    PARKED = "PARKED", "parked"
    RESUMED = "RESUMED", "resumed"
    TAKEN_OVER = "TAKEN_OVER", "taken over"
    WHISPERED = "WHISPERED", "whispered"
    EXTENDED = "EXTENDED", "wrap-up extended"
    ENDED = "ENDED", "ended"
    CLOSED = "CLOSED", "closed"
    ANNOUNCED = "ANNOUNCED", "sent by a campaign"
    KEPT_QUIET = "KEPT_QUIET", "no automatic reply"


class OverflowDoes(TextChoices):
    """What becomes of a text that waited too long (N9)."""

    MOVE = "MOVE", "move it to another queue"
    RELAX = "RELAX", "relax the skill"
    RAISE = "RAISE", "raise its priority"


class AutoReply(TextChoices):
    """Why a text goes out that no person wrote, but for campaigns (B7, N1, N16)."""

    OFF_HOURS = "OFF_HOURS", "off hours"
    RULE = "RULE", "by a rule"
    STOP = "STOP", "opted out"
    START = "START", "opted in again"
    HELP = "HELP", "asked for help"


class KeywordMeans(TextChoices):
    """What a keyword of a supervisor's own asks for: the names of carriers.base.Wish (N1)."""

    STOP = "STOP", "no more texts, as STOP does"
    START = "START", "texts again, as YES does: of who has opted out only"
    HELP = "HELP", "help, as HELP does"


class KeywordAnswers(TextChoices):
    """Who answers STOP, START and HELP (N1)."""

    DESK = "DESK", "this desk"
    CARRIER = "CARRIER", "the carrier"


class Unreachable(TextChoices):
    """Why a number gets no text that it did not ask for."""

    OPTED_OUT = "OPTED_OUT", "asked for no more texts"
    TALKING = "TALKING", "in an open conversation"
    OURS = "OURS", "one of our own numbers"
    FORBIDDEN = "FORBIDDEN", "in a country that may not be texted"
    BLOCKED = "BLOCKED", "blocked by a supervisor"


class ScreenPop(TextChoices):
    """What pops for a known customer (G2)."""

    CUSTOMER = "CUSTOMER", "the customer"
    CASE = "CASE", "the case"


class ConsentSource(TextChoices):
    """How we know that a customer wants no more texts, or wants them again (N1)."""

    KEYWORD = "KEYWORD", "the customer texted it"
    CARRIER = "CARRIER", "the carrier said so"
    AGENT = "AGENT", "an agent noted it"
    IMPORT = "IMPORT", "an imported list said so"
