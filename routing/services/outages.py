"""The circuit breaker of each account: who fails again and again is left alone for a while (N18).

Its state is the account's open row of Outage, so that every process knows it.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F

from routing.carriers.base import Verdict
from routing.models import CarrierAccount, Outage

if TYPE_CHECKING:
    from datetime import datetime

    from routing.carriers.base import SendResult

# One fewer than a text has attempts (delivery): an outage begins before it costs the first text.
FAILURES_TO_PAUSE = 4
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
# In trouble the carrier says nothing, or nothing of use. Whatever else it says, it is there.
FAILURES = (Verdict.BUSY, Verdict.UNKNOWN)


def open_outage(account_id: int) -> Outage | None:
    """The outage of an account that goes on, or is suspected."""
    return Outage.objects.filter(account=account_id, ended_at=None).first()


def is_paused(outage: Outage | None, now: datetime) -> bool:
    return bool(outage and outage.paused_until and outage.paused_until > now)


def may_try(*, outage: Outage | None, now: datetime) -> bool:
    """Whether a text may be handed to the account. After each pause that is one text, the probe.

    Whoever asks first has it; a probe that is never heard of again is followed by another.
    """
    if outage is None or outage.paused_until is None:
        return True
    if is_paused(outage, now):
        return False
    lease = timedelta(seconds=2 * settings.CARRIER_TIMEOUT_SECONDS + 30)
    mine = Outage.objects.filter(pk=outage.pk, paused_until=outage.paused_until, ended_at=None)
    return bool(mine.update(paused_until=now + lease))


@transaction.atomic
def note_answer(*, account_id: int, result: SendResult, probe: bool, now: datetime) -> bool:
    """Keep in mind what came of a send; whether the account is paused now.

    An answer ends an outage. Failures begin one, and a failed probe makes the next pause longer.
    """
    if result.verdict not in FAILURES:
        going_on = Outage.objects.filter(account=account_id, ended_at=None)
        if going_on.exists():
            going_on.filter(paused_until=None).delete()
            going_on.update(ended_at=now)
        return False
    CarrierAccount.objects.select_for_update(no_key=True).get(pk=account_id)  # one at a time
    outage = open_outage(account_id)
    if outage is None:
        Outage.objects.create(account_id=account_id, began_at=now, what=result.failure)
        return False
    Outage.objects.filter(pk=outage.pk).update(failures=F("failures") + 1, what=result.failure)
    failures = outage.failures + 1
    if failures < FAILURES_TO_PAUSE:
        return False
    if outage.paused_until is None or probe:
        # What failed beside the probe was on its way before the pause.
        pause = FIRST_PAUSE_SECONDS * 2 ** min(failures - FAILURES_TO_PAUSE, 5)
        pause = min(pause, LONGEST_PAUSE_SECONDS) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        pause = max(pause, result.retry_after or 0)
        Outage.objects.filter(pk=outage.pk).update(paused_until=now + timedelta(seconds=pause))
    return True
