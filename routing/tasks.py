"""The doorbells of routing. Each looks at the rows first: safe to ring twice, late, or never."""

from __future__ import annotations

from celery import shared_task

from routing.selectors.waiting import queues_of_agent
from routing.services import delivery, inbox, interactions, offers, parking
from routing.services.assignment import route_waiting
from routing.services.disconnect import end_next
from routing.services.overflow import overflow_if_due
from routing.services.reconcile import compare_all
from routing.services.tallies import count_due
from smsdesk.lib import clock


@shared_task(name="routing.handle_requests")
def handle_requests() -> None:
    """Handle every carrier's request that is due."""
    inbox.handle_due_requests()


@shared_task(name="routing.route_queue")
def route_queue(*, queue_id: int) -> None:
    route_waiting(queue_ids=[queue_id], now=clock.now())


@shared_task(name="routing.route_agent")
def route_agent(*, agent_id: int) -> None:
    """Pull the next waiting texts for an agent who gained room."""
    route_waiting(queue_ids=queues_of_agent(agent_id), now=clock.now())


@shared_task(name="routing.withdraw_offers")
def withdraw_offers(*, agent_id: int) -> None:
    offers.withdraw_offers(agent_id=agent_id, now=clock.now())


@shared_task(name="routing.lapse_offer")
def lapse_offer(*, offer_id: int) -> None:
    offers.lapse_offer(offer_id=offer_id, now=clock.now())


@shared_task(name="routing.close_wrap_up")
def close_wrap_up(*, interaction_id: int) -> None:
    interactions.close_if_wrap_up_is_over(interaction_id=interaction_id, now=clock.now())


@shared_task(name="routing.wake_parked")
def wake_parked(*, interaction_id: int) -> None:
    parking.wake_if_due(interaction_id=interaction_id, now=clock.now())


@shared_task(name="routing.overflow")
def overflow(*, interaction_id: int) -> None:
    overflow_if_due(interaction_id=interaction_id, now=clock.now())


@shared_task(name="routing.disconnect")
def disconnect(*, disconnect_id: int) -> None:
    while end_next(disconnect_id=disconnect_id, now=clock.now()):
        pass


@shared_task(name="routing.deliver_message")
def deliver_message(*, message_id: int) -> None:
    delivery.deliver_message(message_id=message_id, now=clock.now())


@shared_task(name="routing.reconcile")
def reconcile() -> None:
    """Take from the carriers' own lists what lost webhooks left out (N15)."""
    compare_all(now=clock.now())


@shared_task(name="routing.count_tallies")
def count_tallies() -> None:
    """Keep the reports up to date; a mark that nobody counts now waits for the next time."""
    count_due()
