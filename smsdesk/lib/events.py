"""Facts, announced after commit. Services publish; each app's ``receivers`` react.

An event is a frozen dataclass of ids. It is delivered when the transaction has committed, in
this process; a receiver that fails is logged and harms neither the others nor the caller,
because whatever it should have started is found again by the sweeper.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

R = TypeVar("R", bound="Callable[[Any], None]")
_receivers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def on(*kinds: type[Any]) -> Callable[[R], R]:
    """Register a receiver for one or several kinds of event."""

    def register(receiver: R) -> R:
        for kind in kinds:
            _receivers[kind].append(receiver)
        return receiver

    return register


def publish(event: object) -> None:
    """Announce ``event`` once the current transaction has committed (at once outside one)."""
    transaction.on_commit(partial(_deliver, event))


def _deliver(event: object) -> None:
    for receiver in _receivers[type(event)]:
        try:
            receiver(event)
        except Exception:  # one deaf receiver must not silence the others
            logger.exception("%s failed on %s", receiver.__qualname__, event)
