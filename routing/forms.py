"""What the admin's forms of accounts, channels, queues and rules refuse, each with a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import (
    BooleanField,
    CharField,
    ChoiceField,
    Field,
    IntegerField,
    ModelForm,
    MultipleChoiceField,
)
from django.utils.text import capfirst
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from agents.forms import ManyForm, agents_to_choose
from routing.carriers.base import Credential, carrier
from routing.enums import CHANNEL_MOVES, ChannelState, Reach, ScreenPop
from routing.models import CarrierAccount, Channel, Queue
from routing.selectors.numbers import type_told_by, why_no_channel, why_no_such_number
from routing.selectors.policy import why_not_these_words
from smsdesk.lib import phone
from smsdesk.lib.countries import country_choices, country_name
from smsdesk.lib.sealed import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import TextChoices

    from routing.carriers.base import Carrier

BASE_URL = re.compile(r"https?://[^\s/?#@\\]+(/[^\s?#\\]*)?", re.IGNORECASE)
ACCOUNT_SID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._&-]*")  # it stands in addresses
SECRETS = frozenset({"auth_token", "signing_secret", "previous_secret"})
LONGEST_SECRET = 500
LONGEST_LINES = 8000  # a hundred error codes with their sentences
OPTION = "options."  # before the names of what an adapter keeps in an account's options
LONGEST_REPLY = 1500  # a text has 1600, and {hours} becomes longer


class AccountForm(ModelForm):  # type: ignore[type-arg]
    """An account, asked for as its carrier calls it: ``account_form`` makes it (K1, S4).

    Secrets are typed in but never shown again. A new one that proves requests leaves the former
    one as the previous secret, so that both count until the carrier has changed too.
    """

    adapter: Carrier
    asked: Mapping[str, Credential]

    def clean_carrier(self) -> str:
        slug: str = self.cleaned_data["carrier"]
        if slug not in settings.CARRIERS:
            known = ", ".join(settings.CARRIERS)
            raise ValidationError(f"There is no carrier “{slug}” here, only: {known}.")
        return slug

    def clean_account_sid(self) -> str:
        sid: str = self.cleaned_data["account_sid"]
        if not ACCOUNT_SID.fullmatch(sid):
            label = self.fields["account_sid"].label
            raise ValidationError(
                f"“{label}” begins with a letter or digit, and has letters, digits, “.”, “&”, “-”"
                " and “_” only."
            )
        return sid

    def clean_base_url(self) -> str:
        """The adapter's own where it is empty, or still that of the former carrier."""
        url: str = self.cleaned_data["base_url"].rstrip("/")
        before = self.initial.get("carrier", "")
        stale = self._moved() and before in settings.CARRIERS and carrier(before).base_url
        if not url or url == stale:
            return self.adapter.base_url
        if not BASE_URL.fullmatch(url):
            raise ValidationError(
                "Write scheme and host, and perhaps a port and a path, with nothing behind them,"
                f" such as {self.adapter.base_url}."
            )
        return url

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for name in SECRETS:
            if name in self.asked:
                given[name] = self._secret(name)
            else:
                setattr(self.instance, name, "")  # of another carrier
        options = {
            name.removeprefix(OPTION): given[name]
            for name in self.asked
            if name.startswith(OPTION) and given.get(name)
        }
        proving = "signing_secret" if "signing_secret" in self.asked else "auth_token"
        former = "" if self._moved() else getattr(self.instance, proving)
        if given.get("forget_previous"):
            given["previous_secret"] = ""
        elif former and former != given[proving] and not self.data.get("previous_secret"):
            given["previous_secret"] = former
        self.instance.options = options
        if not self.errors:
            kept = {name: given[name] for name in ("carrier", "account_sid", "base_url")}
            kept |= {name: given.get(name, "") for name in SECRETS}
            account = CarrierAccount(**kept, options=options)
            for name, sentence in self.adapter.wrong(account).items():
                self.add_error(name if name in self.fields else None, sentence)
        return given

    def _moved(self) -> bool:
        """Whether the account is to be with another carrier, whose secrets are its own."""
        return bool(self.instance.pk) and self.data.get("carrier") != self.initial.get("carrier")

    def _secret(self, name: str) -> str:
        """What was typed, or else what is there already."""
        asked = self.asked[name]
        former: str = "" if self._moved() else getattr(self.instance, name)
        secret: str = self.cleaned_data.get(name) or former
        if asked.required and not secret and name not in self.errors:
            lost = isinstance(former, Lost)
            self.add_error(
                name,
                self.instance.why_unusable
                if lost
                else f"Write the {asked.label} of this account, as the carrier knows it.",
            )
        return secret


def account_form(slug: str, account: CarrierAccount | None) -> type[AccountForm]:
    """The form for an account with a carrier: just the fields that its adapter asks for."""
    adapter = carrier(slug)
    asked = {each.field: each for each in adapter.credentials}
    base_url = Credential("base_url", "base URL", "Where texts are sent.", required=False)
    asked.setdefault("base_url", base_url)
    fields: dict[str, Field] = {
        each.field: _asked_for(each, adapter, account) for each in asked.values()
    }
    if account and account.previous_secret:
        fields["forget_previous"] = BooleanField(
            label="Forget the previous one",
            required=False,
            widget=UnfoldBooleanSwitchWidget,
            help_text="When the carrier uses the new secret: from then on it alone counts.",
        )
    choices = [(each, carrier(each).name) for each in settings.CARRIERS]
    fields["carrier"] = _CarrierField(
        choices=choices,
        initial=slug,
        widget=UnfoldAdminSelectWidget,
        help_text="With another one, save: what it needs is then asked for.",
    )
    return type("AccountForm", (AccountForm,), {**fields, "adapter": adapter, "asked": asked})


class _CarrierField(ChoiceField):
    """What is no carrier is answered by ``clean_carrier``, which names those there are."""

    def valid_value(self, value: Any) -> bool:  # noqa: ARG002 - Django's signature
        return True


STAYS = "Empty: it stays as it is."


def _asked_for(asked: Credential, adapter: Carrier, account: CarrierAccount | None) -> Field:
    """The field for one of an adapter's credentials."""
    name, words = asked.field, asked.help_text
    if name in SECRETS:
        return CharField(
            label=capfirst(asked.label),
            max_length=LONGEST_SECRET,
            required=False,  # empty keeps; clean() insists
            widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
            help_text=" ".join(filter(None, [words, "Not shown again.", STAYS if account else ""])),
        )
    initial = None
    if name == "base_url":
        initial = account.base_url if account else adapter.base_url
    elif name.startswith(OPTION) and account:
        initial = account.options.get(name.removeprefix(OPTION))
    if asked.choices:
        return ChoiceField(
            label=capfirst(asked.label),
            choices=asked.choices,
            required=asked.required,
            initial=initial or asked.choices[0][0],
            widget=UnfoldAdminSelectWidget,
            help_text=words,
        )
    if asked.lines:
        return CharField(
            label=capfirst(asked.label),
            max_length=LONGEST_LINES,
            required=asked.required,
            initial=initial,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
            help_text=words,
        )
    return CharField(
        label=capfirst(asked.label),
        max_length=80 if name == "account_sid" else 200,
        required=asked.required and name != "base_url",
        initial=initial,
        widget=UnfoldAdminTextInputWidget,
        help_text=words,
    )


def _short_enough(reply: str) -> str:
    if len(reply) > LONGEST_REPLY:
        raise ValidationError(
            f"The reply has {len(reply)} characters and may have {LONGEST_REPLY}."
        )
    return reply


class CountryForm(ModelForm):  # type: ignore[type-arg]
    """A country that is chosen by its name."""

    country = ChoiceField(
        choices=[("", "Choose a country"), *country_choices()],
        widget=UnfoldAdminSelect2Widget,
        help_text="Type its first letters.",
    )


class ChannelForm(ModelForm):  # type: ignore[type-arg]
    # What the capability table has to allow.
    CHECKED = ("number", "number_type", "country", "used_for")
    REPLIES = ("off_hours_reply", "stop_reply", "start_reply", "help_reply")

    # Longer than what is stored, so that whoever pastes several reads what is wrong.
    number = CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="With the country's code, such as +1 415 555 0123; a short code as it is.",
    )
    country = ChoiceField(
        choices=[("", "As the number tells"), *country_choices()],
        required=False,
        widget=UnfoldAdminSelect2Widget,
        help_text="Only short codes need it; every other number tells its own country.",
    )
    state = ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="No text is sent before the channel is active. Texts that come in are always"
        " kept and shown.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.REPLIES:
            if name in self.fields:
                self.fields[name].widget.attrs["rows"] = 3
        if "state" in self.fields:
            state = cast("ChoiceField", self.fields["state"])
            state.choices = [(one.value, one.label) for one in self._states()]

    def _states(self) -> Iterable[TextChoices]:
        """Where a new channel may begin; of an old one its state, and what that may become."""
        if self.instance.pk is None:
            return CHANNEL_MOVES.starts
        current = ChannelState(self.instance.state)
        return [current, *(one for one in ChannelState if one in CHANNEL_MOVES.moves[current])]

    def clean_state(self) -> str:
        state: str = self.cleaned_data["state"]
        return state or self.instance.state

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        try:
            return phone.normalise(number)
        except phone.NotANumber as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        number = cleaned.get("number")
        if number:
            cleaned["number_type"] = cleaned.get("number_type") or type_told_by(number)
            if not phone.is_short_code(number):
                cleaned["country"] = phone.country_of(number)
            self._check_number(cleaned)
        if "media_policy" in cleaned:
            of = Channel(name="this channel", media_policy=cleaned["media_policy"])
            for name in self.REPLIES:
                refused = why_not_these_words(of, cleaned.get(name) or "")
                if refused:
                    self.add_error(name, refused)
        return cleaned

    def _check_number(self, cleaned: dict[str, Any]) -> None:
        """Ask the number and the table, where either was changed or the channel is activated."""
        before = self.instance
        same = all(getattr(before, name) == cleaned.get(name) for name in self.CHECKED)
        if before.pk and same and not self._becomes_active(cleaned):
            return
        wrong = why_no_such_number(cleaned["number"], cleaned["number_type"])
        if not wrong and not cleaned["country"]:
            shown = phone.display(cleaned["number"])
            wrong = {"country": f"Choose the country of {shown}: the number does not tell it."}
        wrong = wrong or why_no_channel(
            country=cleaned["country"],
            number_type=cleaned["number_type"],
            used_for=cleaned.get("used_for", ""),
        )
        for name, sentence in wrong.items():
            self.add_error(name, sentence)

    def _becomes_active(self, cleaned: dict[str, Any]) -> bool:
        return cleaned.get("state") == ChannelState.ACTIVE != ChannelState(self.instance.state)

    def clean_off_hours_reply(self) -> str:
        return _short_enough(self.cleaned_data["off_hours_reply"])

    def clean_stop_reply(self) -> str:
        return _short_enough(self.cleaned_data["stop_reply"])

    def clean_start_reply(self) -> str:
        return _short_enough(self.cleaned_data["start_reply"])

    def clean_help_reply(self) -> str:
        return _short_enough(self.cleaned_data["help_reply"])


class SendingPolicyForm(ModelForm):  # type: ignore[type-arg]
    countries = MultipleChoiceField(
        choices=country_choices,
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Where only chosen countries may be texted: these. Type their first letters.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reach") == Reach.LISTED and not cleaned.get("countries"):
            self.add_error("countries", "Choose the countries that may be texted.")
        return cleaned


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

    def clean(self) -> dict[str, Any]:
        """A reply that a channel's media policy refuses would not be sent, without a word."""
        cleaned = super().clean() or {}
        reply, channel = cleaned.get("reply", ""), cleaned.get("channel")
        for each in [channel] if channel else Channel.objects.order_by("name"):
            refused = why_not_these_words(each, reply)
            if refused:
                self.add_error("reply", refused)
                break
        return cleaned


def _number(name: str) -> IntegerField:
    """With the bounds of the queue's own page; an empty target is 0 here."""
    field: Any = Queue._meta.get_field(name)  # noqa: SLF001 - Django's
    bounds = [(each.code, each.limit_value) for each in field.validators]
    least = max(value for code, value in bounds if code == "min_value")
    return IntegerField(
        label=capfirst(field.verbose_name),
        required=False,
        min_value=0 if field.null else least,
        max_value=min(value for code, value in bounds if code == "max_value"),
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="0: no target. Empty: as it is." if field.null else "Empty: as it is.",
    )


class ManyQueuesForm(ManyForm):
    model = Queue
    VALUES = (
        "acceptance_seconds",
        "wrap_up_seconds",
        "wrap_up_extension_seconds",
        "first_response_seconds",
        "next_response_seconds",
        "sticky_minutes",
        "screen_pop",
    )
    MARKS = ("targets_in_hours", "chat_log_pops", "disposition_required", "transcripts_saved")

    come = agents_to_choose("Agents who join", "Into each of these queues.")
    go = agents_to_choose("Agents who leave", "Out of each of these queues, where they are in it.")
    acceptance_seconds = _number("acceptance_seconds")
    wrap_up_seconds = _number("wrap_up_seconds")
    wrap_up_extension_seconds = _number("wrap_up_extension_seconds")
    first_response_seconds = _number("first_response_seconds")
    next_response_seconds = _number("next_response_seconds")
    sticky_minutes = _number("sticky_minutes")
    screen_pop = ChoiceField(
        choices=[("", "as it is"), *ScreenPop.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        both = set(cleaned.get("come", ())) & set(cleaned.get("go", ()))
        if both:
            names = ", ".join(sorted(agent.name for agent in both))
            self.add_error("go", f"{names} cannot join and leave: choose one of both.")
        return cleaned

    def changes(self) -> dict[str, Any]:
        """No target is empty with a queue."""
        fields = super().changes()
        targets = ("first_response_seconds", "next_response_seconds")
        return fields | {name: None for name in targets if fields.get(name) == 0}
