"""What of this app the audit trail follows."""

from __future__ import annotations

from agents.services.following import follow
from cases.models import (
    Article,
    Campaign,
    CannedReply,
    Case,
    Customer,
    CustomerPhone,
    Disposition,
    RetentionPeriod,
)

follow(Article, CannedReply, Disposition, RetentionPeriod)
follow(
    Campaign,
    state=["state", "next_at", "started_at", "ended_at", "passed_over"],
    hidden=["numbers"],  # customers'
)
follow(Case, Customer, CustomerPhone, personal=True)
