"""What the admin's forms of accounts, channels and rules refuse, each with a sentence."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import CharField, ModelForm
from unfold.widgets import UnfoldAdminPasswordWidget

from smsdesk.lib.countries import country_name

BASE_URL = re.compile(r"https?://[^\s/?#@\\]+(/[^\s?#\\]*)?", re.IGNORECASE)
LONGEST_REPLY = 1500  # a text has 1600, and {hours} becomes longer


class AccountForm(ModelForm):  # type: ignore[type-arg]
    """An account, whose auth token is typed in but never shown again."""

    auth_token = CharField(
        label="Auth token",
        max_length=200,
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Not shown again. Empty: it stays as it is.",
    )

    def clean_carrier(self) -> str:
        carrier: str = self.cleaned_data["carrier"]
        if carrier not in settings.CARRIERS:
            known = ", ".join(settings.CARRIERS)
            raise ValidationError(f"There is no carrier “{carrier}” here, only: {known}.")
        return carrier

    def clean_account_sid(self) -> str:
        sid: str = self.cleaned_data["account_sid"]
        if not re.fullmatch(r"[A-Za-z0-9_-]+", sid):
            raise ValidationError("An account SID has letters, digits, “-” and “_” only.")
        return sid

    def clean_auth_token(self) -> str:
        token: str = self.cleaned_data["auth_token"] or self.instance.auth_token
        if not token and self.instance.pk:
            raise ValidationError(self.instance.why_unusable)
        if not token:
            raise ValidationError("Write the auth token that the carrier shows for this account.")
        return token

    def clean_base_url(self) -> str:
        url: str = self.cleaned_data["base_url"]
        if not BASE_URL.fullmatch(url):
            raise ValidationError(
                "Write scheme and host, and perhaps a port and a path, with nothing behind them,"
                " such as https://api.twilio.com."
            )
        return url.rstrip("/")


def _short_enough(reply: str) -> str:
    if len(reply) > LONGEST_REPLY:
        raise ValidationError(
            f"The reply has {len(reply)} characters and may have {LONGEST_REPLY}."
        )
    return reply


class ChannelForm(ModelForm):  # type: ignore[type-arg]
    def clean_off_hours_reply(self) -> str:
        return _short_enough(self.cleaned_data["off_hours_reply"])


class RuleForm(ModelForm):  # type: ignore[type-arg]
    def clean_keyword(self) -> str:
        keyword: str = self.cleaned_data["keyword"]
        if any(character.isspace() for character in keyword):
            raise ValidationError("A keyword is a text’s first word: write it without blanks.")
        return keyword

    def clean_countries(self) -> str:
        """In one spelling, such as “CA, US”."""
        codes = self.cleaned_data["countries"].upper().replace(",", " ").split()
        for code in codes:
            if country_name(code) == code:
                raise ValidationError(
                    f"“{code}” is no country. Write two letters for each, such as US, CA."
                )
        return ", ".join(sorted(set(codes)))

    def clean_reply(self) -> str:
        return _short_enough(self.cleaned_data["reply"])
