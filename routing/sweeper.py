"""Finds what a doorbell missed: every due row in PostgreSQL, twice a second.

Runs as a thread in the Celery worker and in beat, so that either alone, with or without Redis,
keeps every timer. Any number of sweepers may run: each step claims its row or leaves it.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from agents.selectors.agents import silent_agents
from agents.services.presence import note_silence
from routing.selectors import due
from routing.selectors.waiting import queues_with_waiting
from routing.services import delivery, inbox, interactions, offers, parking
from routing.services.assignment import route_waiting
from routing.services.disconnect import end_next
from routing.services.overflow import overflow_if_due
from smsdesk.lib import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

logger = logging.getLogger(__name__)

PERIOD_SECONDS = 0.5
# A burst is for the workers; a sweep takes a share of it and looks at its timers again.
MOST_REQUESTS = 50
# Sends wait for carriers, so they have threads of their own and keep no timer waiting.
SENDERS = 4


def start() -> threading.Thread:
    """Sweep for ever in a thread of this process."""
    thread = threading.Thread(target=_run, name="sweeper", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="sweeper-send")
    on_its_way: set[int] = set()
    pause = threading.Event()
    while not pause.wait(PERIOD_SECONDS):
        try:
            sweep()
            for message_id in due.unsent_messages(clock.now()):
                if message_id not in on_its_way:
                    on_its_way.add(message_id)
                    senders.submit(_send, message_id, on_its_way)
        except Exception as error:  # noqa: BLE001 - the database may be away; it will be back
            logger.warning("The sweep is interrupted: %s", error)
        finally:
            close_old_connections()


def sweep() -> None:
    """One look at everything that has a time, and at every text that waits."""
    now = clock.now()
    _each(silent_agents(now), note_silence, "agent_id")
    _each(due.agents_to_withdraw_from(), offers.withdraw_offers, "agent_id")
    _each(due.expired_offers(now), offers.lapse_offer, "offer_id")
    _each(due.wrap_ups_over(now), interactions.close_if_wrap_up_is_over, "interaction_id")
    _each(due.inactive_conversations(now), interactions.end_if_inactive, "interaction_id")
    _each(due.parked_due(now), parking.wake_if_due, "interaction_id")
    _each(due.held_texts_due(now), interactions.release_if_open, "interaction_id")
    _each(due.overflows_due(now), overflow_if_due, "interaction_id")
    _each(due.disconnects_due(now), end_next, "disconnect_id")
    _each(due.parts_due(now), inbox.take_text_with_gaps, "part_id")
    _each(due.abandoned_sends(now), delivery.give_up_sending, "message_id")
    _each(due.too_old_to_send(now), delivery.fail_if_too_old, "message_id")
    inbox.handle_due_requests(most=MOST_REQUESTS)
    waiting = queues_with_waiting()
    if waiting:
        route_waiting(queue_ids=waiting, now=clock.now())
    for step in settings.SWEPT:
        try:
            import_string(step)()
        except Exception:  # another app's trouble must not keep the timers waiting
            logger.exception("%s failed", step)


def _each(ids: Iterable[int], step: Callable[..., object], name: str) -> None:
    for pk in ids:
        arguments: dict[str, Any] = {name: pk, "now": clock.now()}
        try:
            step(**arguments)
        except Exception:  # one row's trouble must not keep the others waiting
            logger.exception("%s failed for %s", step.__name__, pk)


def _send(message_id: int, on_its_way: set[int]) -> None:
    try:
        delivery.deliver_message(message_id=message_id, now=clock.now())
    except Exception:  # it is SENDING now, and becomes unknown in its time
        logger.exception("Message %s could not be sent", message_id)
    finally:
        on_its_way.discard(message_id)
        close_old_connections()
