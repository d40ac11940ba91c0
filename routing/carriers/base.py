"""The one vocabulary in which the desk and its carriers speak.

An adapter translates one carrier's HTTP to and from these words and holds no state. Adding a
carrier is one file with a subclass of ``Carrier``, its slug in settings.CARRIERS, and its tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.enums import MessageState
    from routing.models import CarrierAccount


@dataclass(frozen=True)
class WebRequest:
    """A carrier's HTTP request, raw. ``urls``: spellings of its address it may have signed."""

    urls: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes


class BadSignature(Exception):
    """The request does not prove that it is the carrier's. The message says what is wrong."""


class Unreadable(Exception):
    """The request is the carrier's, but not one we can use. The message says what is missing."""


@dataclass(frozen=True)
class InboundText:
    """A customer's text. ``repaired``: bytes that are no text were replaced in ``body``."""

    sender: str
    recipient: str
    body: str
    carrier_message_id: str
    repaired: bool = False


@dataclass(frozen=True)
class DeliveryReceipt:
    """News of a message we sent. ``state`` is None where all it says is that the carrier has it.

    ``opted_out``: it failed because the customer wants no more texts from our number.
    """

    carrier_message_id: str
    status: str
    state: MessageState | None
    error_code: str = ""
    failure: str = ""
    opted_out: bool = False


@dataclass(frozen=True)
class OutboundText:
    """A text to send. Receipts are to be posted to ``status_url``."""

    sender: str
    recipient: str
    body: str
    status_url: str


class Verdict(Enum):
    """What a carrier made of a send."""

    TAKEN = "taken"
    REFUSED = "refused for good"
    BUSY = "certainly not taken, may be tried again"
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


class Carrier(ABC):
    """A carrier's way of speaking HTTP."""

    stored = Answer(200, "text/plain", b"")

    @abstractmethod
    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Raise BadSignature unless the request is proven to come from the carrier."""

    @abstractmethod
    def read_text(self, request: WebRequest) -> InboundText:
        """The text in an inbound request. Raises Unreadable."""

    @abstractmethod
    def read_receipt(self, request: WebRequest) -> DeliveryReceipt:
        """The receipt in a status request. Raises Unreadable."""

    @abstractmethod
    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        """Hand a text to the carrier. Never raises for what a carrier or a network can do."""


@cache
def carrier(slug: str) -> Carrier:
    """The adapter of settings.CARRIERS for a slug."""
    adapter: Carrier = import_string(settings.CARRIERS[slug])()
    return adapter
