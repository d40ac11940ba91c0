"""The demo desk: Acme Insure, a car insurer whose customers text about claims and policies.

Ordinary rows that a supervisor could have typed into the admin; nothing here is a special case
to the rest of the desk.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction

from agents.models import StatusCode
from routing.models import CarrierAccount, Channel
from smsdesk.demo.channels import add_channels, add_queues
from smsdesk.demo.customers import add_customers
from smsdesk.demo.history import STORIES
from smsdesk.demo.people import STATUSES, USERNAMES, add_people
from smsdesk.demo.telling import tell
from smsdesk.demo.weeks import stories
from smsdesk.handset import CARRIER_PATH
from smsdesk.lib.locks import lock_until_commit

if TYPE_CHECKING:
    from datetime import datetime


class DeskInUse(Exception):
    """The desk already has work of its own. Its message is a sentence for the operator."""


def demo_accounts() -> list[CarrierAccount]:
    """The accounts with the simulated carrier: where there is one, the demo was seeded."""
    return list(CarrierAccount.objects.filter(base_url__endswith=CARRIER_PATH).order_by("id"))


@transaction.atomic
def seed_demo(*, base_url: str, now: datetime) -> bool:
    """Make the demo desk, once; after that only put back who was deleted, and move its carrier.

    The people cannot sign in before they are given passwords. True if the desk was made now.
    Raises DeskInUse where it would mix with somebody's own desk.
    """
    lock_until_commit("seed_demo")
    carrier_url = f"{base_url}{CARRIER_PATH}"
    if demo_accounts():
        for account in demo_accounts():
            account.base_url = carrier_url
            # One that no key opens; the simulated carrier takes any.
            account.auth_token = account.auth_token or secrets.token_hex(16)
            account.save(update_fields=["base_url", "auth_token"])
        add_people(now=now)
        return False
    if Channel.objects.exists() or User.objects.filter(username__in=USERNAMES).exists():
        raise DeskInUse("This desk has channels or people of its own; the demo needs an empty one.")
    for place, name in enumerate(STATUSES):
        StatusCode.objects.get_or_create(name=name, defaults={"position": 10 + place})
    add_queues()
    add_people(now=now)
    add_channels(carrier_url=carrier_url)
    add_customers()
    tell([*STORIES, *stories(now)], now=now)
    return True
