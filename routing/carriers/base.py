"""The one vocabulary in which the desk and its carriers speak.

An adapter translates one carrier's HTTP to and from these words and holds no state. Adding a
carrier is one file with a subclass of ``Carrier``, its slug in settings.CARRIERS, and its tests:
docs/carriers.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from routing.enums import RequestKind, RequestSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from routing.enums import MessageState
    from routing.models import CarrierAccount, CarrierRequest


@dataclass(frozen=True)
class WebRequest:
    """A carrier's HTTP request, raw. ``urls``: spellings of its address it may have signed.

    ``kind`` is which of our two addresses it came to; carriers with one address for both say in
    the request itself what it is. ``received_at`` is by the database's clock, for carriers that
    sign a time; None proves no time. ``found``: no request at all, but what ``list_texts`` gave.
    ``options`` are those of the account it came to, where it was kept.
    """

    urls: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    kind: RequestKind = RequestKind.INBOUND
    received_at: datetime | None = None
    found: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def stored(cls, row: CarrierRequest) -> WebRequest:
        """A request as it was kept, to be read as its account describes the carrier now."""
        kind = RequestKind(row.kind)
        found = row.source == RequestSource.FOUND
        body = bytes(row.body)
        options = row.account.options if row.account else {}
        return cls((row.url,), row.headers, body, row.method, kind, row.received_at, found, options)


class BadSignature(Exception):
    """The request does not prove that it is the carrier's. The message says what is wrong."""


class Unreadable(Exception):
    """The request is the carrier's, but not one we can use. The message says what is missing."""


@dataclass(frozen=True)
class Part:
    """One of ``total`` pieces, counted from 1, of a long text that share a ``reference``."""

    reference: str
    number: int
    total: int


@dataclass(frozen=True)
class Attachment:
    """A picture or file, as the carrier keeps it for us to fetch."""

    url: str
    content_type: str = ""


class Wish(Enum):
    """What a customer asked of the carrier itself, which has answered them already (N1)."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True)
class InboundText:
    """A customer's text. ``repaired``: bytes that are no text were replaced in ``body``.

    ``others`` are the further numbers of a group text (A17), ``wish`` what the carrier took it for.
    """

    sender: str
    recipient: str
    body: str
    carrier_message_id: str
    repaired: bool = False
    part: Part | None = None
    attachments: tuple[Attachment, ...] = ()
    others: tuple[str, ...] = ()
    wish: Wish | None = None


@dataclass(frozen=True)
class DeliveryReceipt:
    """News of a message we sent. ``state`` is None where all it says is that the carrier has it.

    ``opted_out``: it failed because the customer wants no more texts from our number.
    ``reference`` is our own name of the message, where the carrier echoes it.
    """

    carrier_message_id: str
    status: str
    state: MessageState | None
    error_code: str = ""
    failure: str = ""
    opted_out: bool = False
    reference: str = ""


News = InboundText | DeliveryReceipt


@dataclass(frozen=True)
class OutboundText:
    """A text to send. Receipts are to be posted to ``status_url``.

    ``reference`` is our own name of it; ``attachments`` are addresses where the carrier can fetch
    the files that go with it.
    """

    sender: str
    recipient: str
    body: str
    status_url: str
    reference: str = ""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """Which texts of a carrier's list: to (``inbound``) or from a number of ours, and of when."""

    number: str
    inbound: bool
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Listed:
    """A text in the carrier's own list: ``raw`` as it stands there, at ``url``.

    ``at``: when the carrier had it first, ``changed_at``: when it came to its ``status``.
    """

    carrier_message_id: str
    status: str
    inbound: bool
    sender: str
    recipient: str
    body: str
    at: datetime
    changed_at: datetime
    url: str
    raw: bytes


class NotListed(Exception):
    """The carrier's list cannot be had. The message says why, and what to do."""


class Verdict(Enum):
    """What a carrier made of a send."""

    TAKEN = "taken"
    REFUSED = "refused for good"
    BUSY = "certainly not taken, may be tried again"
    THROTTLED = "certainly not taken, for we send too fast"
    UNKNOWN = "may have been taken"


@dataclass(frozen=True)
class SendResult:
    """A carrier's answer to a send; ``failure`` is a sentence for the agent.

    ``opted_out``: refused because the customer wants no more texts from our number.
    """

    verdict: Verdict
    carrier_message_id: str = ""
    error_code: str = ""
    failure: str = ""
    retry_after: float | None = None
    opted_out: bool = False


@dataclass(frozen=True)
class Answer:
    """What a carrier counts as success."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Credential:
    """A field of an account as this carrier calls it, and what a supervisor is to write there."""

    field: str
    label: str
    help_text: str = ""
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    lines: bool = False  # several are written there


@dataclass(frozen=True)
class Check:
    """What trying an account's credentials at the carrier showed, in a sentence."""

    works: bool
    sentence: str


class Carrier(ABC):
    """A carrier's way of speaking HTTP."""

    # As supervisors know it.
    name: str
    # Where texts are sent, unless an account says otherwise.
    base_url: str
    # The fields of an account that it uses, in the order in which they are asked for.
    credentials: Sequence[Credential]
    # How its requests come.
    methods = frozenset({"POST"})
    # Whether its proof is the Authorization header, a password, which is not kept with a request.
    proves_by_authorization = False
    # Whether it has a list of an account's texts that ``list_texts`` reads.
    lists_texts = False
    # The keywords that it answers by itself, unless that was switched off there (N1).
    answered_words: frozenset[str] = frozenset()
    # Whether it tries our address, with nothing in it, before it takes the address.
    tries_address = False
    # What it counts as success; anything else but 2xx makes it try again.
    stored = Answer(200, "text/plain", b"")

    def wrong(self, account: CarrierAccount) -> Mapping[str, str]:  # noqa: ARG002 - for who asks more
        """What cannot be right of an account, before it is tried: a sentence by its field."""
        return {}

    def address(self, url: str, account: CarrierAccount) -> str:  # noqa: ARG002 - for who adds to it
        """What a supervisor enters at the carrier as our address for texts; never a secret."""
        return url

    def success(self, account: CarrierAccount) -> Answer:  # noqa: ARG002 - for who lets it be said
        """What it counts as success at this account."""
        return self.stored

    def passwords(self, account: CarrierAccount) -> frozenset[str]:  # noqa: ARG002 - see above
        """The headers and parameters of a request, in small letters, that are never kept."""
        return frozenset({"authorization"})

    def keeps_proof(self, account: CarrierAccount) -> bool:  # noqa: ARG002 - see above
        """Whether a request that was kept can still prove itself."""
        return not self.proves_by_authorization

    @abstractmethod
    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Raise BadSignature unless the request is proven to come from the carrier.

        While a secret is being changed, each of ``account.secrets`` is as good as the other.
        """

    @abstractmethod
    def read(self, request: WebRequest) -> Sequence[News]:
        """The texts and receipts in a request; none where it tells of neither. Raises Unreadable.

        It may get any bytes, proven or not, and raises nothing else.
        """

    @abstractmethod
    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        """Hand a text to the carrier. Never raises for what a carrier or a network can do."""

    @abstractmethod
    def check(self, account: CarrierAccount) -> Check:
        """Try the account's credentials without sending anything. Never raises either."""

    def list_texts(
        self,
        account: CarrierAccount,  # noqa: ARG002 - for adapters whose carrier has a list
        wanted: Wanted,  # noqa: ARG002 - for adapters whose carrier has a list
    ) -> Iterator[Listed]:
        """What the carrier itself has of our texts, in any order (N15).

        ``read`` reads what is found in it: its ``found`` requests are the raw entries. Raises
        NotListed, also on the way.
        """
        raise NotListed(f"{self.name} has no list of texts that the desk can read.")

    def complete(
        self,
        listed: Listed,
        account: CarrierAccount,  # noqa: ARG002 - for adapters whose list leaves something out
    ) -> Listed:
        """A text of the list with what the list leaves out, its files. Raises NotListed."""
        return listed

    def fetching(
        self,
        url: str,  # noqa: ARG002 - for adapters that fetch with credentials
        account: CarrierAccount,  # noqa: ARG002 - for adapters that fetch with credentials
    ) -> Mapping[str, str]:
        """The headers with which an attachment is fetched; credentials for the carrier alone."""
        return {}


@cache
def carrier(slug: str) -> Carrier:
    """The adapter of settings.CARRIERS for a slug."""
    adapter: Carrier = import_string(settings.CARRIERS[slug])()
    return adapter
