"""Trying a carrier account: whether the carrier lets us in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from agents.models import AuditEntry
from agents.services.audit import record_act
from routing.carriers.base import Check, carrier
from routing.models import CarrierAccount

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User

TESTED = "tested the connection of"
BETWEEN_TESTS = timedelta(seconds=10)


class TestedJustNow(Exception):
    """The carrier was asked a moment ago. The message says when it may be asked again."""

    __test__ = False  # no test of pytest's


def check_account(*, account: CarrierAccount, actor: User | AnonymousUser, now: datetime) -> Check:
    """Ask the carrier whether it knows the account, which is written to the audit trail.

    Outside a transaction: the carrier may take its time. Raises TestedJustNow within
    ``BETWEEN_TESTS`` of the last time, whoever asked.
    """
    with transaction.atomic():
        CarrierAccount.objects.select_for_update().get(pk=account.pk)
        before = AuditEntry.objects.filter(
            act=TESTED,
            subject_type=account._meta.label_lower,  # noqa: SLF001 - Django's
            subject_id=str(account.pk),
            at__gt=now - BETWEEN_TESTS,
        )
        if before.exists():
            raise TestedJustNow(
                "It is saved, but was tested just now. Wait ten seconds, and test it again."
            )
        record_act(actor=actor, act=TESTED, subject=account, now=now)
    return carrier(account.carrier).check(account)
