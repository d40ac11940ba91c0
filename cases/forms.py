"""What the admin's form of a campaign refuses, each with a sentence."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import ModelForm

from cases.enums import Audience, CampaignState
from cases.selectors.audience import read_numbers
from cases.services.campaigns import lock_campaign
from routing.selectors.policy import why_not_these_words

# So many lines are named; whoever has more has pasted something else.
NAMED = 10
# The request that carries them has an end (settings.DATA_UPLOAD_MAX_MEMORY_SIZE).
MOST_LINES = 5_000


class CampaignForm(ModelForm):  # type: ignore[type-arg]
    # What makes a campaign the one that was started; all but its rate.
    FIXED = ("name", "channel", "body", "audience", "contact_days", "numbers", "starts_at")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Locked until it is saved: nobody starts it meanwhile. What was started before this form
        # was sent has the text read-only, so that Django would leave it out without a word.
        if (
            self.instance.pk
            and "body" in self.data
            and lock_campaign(self.instance.pk).state != CampaignState.DRAFT
        ):
            raise ValidationError(
                "The campaign was started meanwhile, so its text and audience stay as they are."
                " Nothing was saved."
            )
        channel, numbers = cleaned.get("channel"), cleaned.get("numbers")
        if channel and numbers:
            self.instance.channel = channel
            self._check_numbers(numbers)
        refused = why_not_these_words(channel, cleaned.get("body") or "") if channel else ""
        if refused:
            self.add_error("body", refused)
        if cleaned.get("audience") == Audience.LIST and not (numbers or "").strip():
            self.add_error("numbers", "List the numbers to text, one a line.")
        return cleaned

    def _check_numbers(self, text: str) -> None:
        lines = len(text.splitlines())
        if lines > MOST_LINES:
            self.add_error(
                "numbers", f"The list has {lines:,} lines; at most {MOST_LINES:,} can be pasted."
            )
            return
        _, refused = read_numbers(text, region=self.instance.channel.region)
        if len(refused) > NAMED:
            refused = [*refused[:NAMED], f"{len(refused) - NAMED} more lines are no numbers."]
        for sentence in refused:
            self.add_error("numbers", sentence)
