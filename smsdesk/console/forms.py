"""What agents type and click, parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.functional import Promise

from cases.selectors.dispositions import dispositions_of
from routing.services.drafts import LONGEST_DRAFT

if TYPE_CHECKING:
    from collections.abc import Mapping


LARGEST_ID = 2**63 - 1
# For what no agent types and every page of ours sends.
OLD_PAGE = "This page cannot send that. Reload it; what you typed is kept."
# For what somebody can type or paste into any field.
TYPED = {
    "max_length": "This is too long: %(limit_value)d characters fit, and these are %(show_value)d."
    " Nothing was lost; shorten it.",
    "null_characters_not_allowed": "There is a character in this that cannot be kept; pasted text"
    " may hold one unseen. Nothing was lost; type it anew.",
}
# Nobody looks for more; what is longer is no name, number, address or question.
LONGEST_SEARCH = 200


class DeskForm(forms.Form):
    """A form whose every refusal is a sentence for an agent: its fields' own, or one of these."""

    def add_error(self, field: str | None, error: Any) -> None:
        """Put our words in the place of Django's, which alone are there to be translated."""
        if isinstance(error, forms.ValidationError):
            for one in error.error_list:
                if isinstance(one.message, Promise):
                    one.message = TYPED.get(one.code or "", OLD_PAGE)
        super().add_error(field, error)


class OptOutForm(DeskForm):
    """What a customer said who wants no more texts, for the ledger (N1)."""

    opt_out_note = forms.CharField(required=False, max_length=200)


class SendForm(DeskForm):
    """One press of Send. ``client_id`` names it: sent twice, it is one text (N5).

    ``seen`` is the last message its author saw.
    """

    body = forms.CharField(
        strip=False,
        error_messages={"required": "There is nothing to send yet: write a message first."},
    )
    client_id = forms.UUIDField()
    seen = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_ID)
    drafted = forms.CharField(required=False, max_length=8)

    def clean_body(self) -> str:
        """Line breaks as phones have them; browsers post two characters for each."""
        body: str = self.cleaned_data["body"].replace("\r\n", "\n")
        if not body.strip():
            raise forms.ValidationError(self.fields["body"].error_messages["required"])
        return body


class TextToForm(DeskForm):
    """The number beside which a text button was pressed."""

    number = forms.CharField(required=False, max_length=60)


class NumberForm(DeskForm):
    """A number as far as it is typed, and the channel it would be texted over."""

    channel = forms.IntegerField(
        error_messages=dict.fromkeys(
            ("required", "invalid"), "Choose the number you are texting from."
        )
    )
    number = forms.CharField(
        max_length=60,
        error_messages={
            "required": "Enter the customer's number first.",
            "max_length": "This is too long for a phone number.",
        },
    )


class NewTextForm(SendForm, NumberForm):
    """A text to a number the agent chose (I2)."""

    field_order = ("channel", "number", "body")


class DraftForm(DeskForm):
    """What stands in the composer, the draft it was typed over, and the id of the text (N6)."""

    text = forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST_DRAFT,
        error_messages={
            "max_length": "This is far too long for a text. It is kept in this browser only."
        },
    )
    drafted = forms.CharField(required=False, max_length=8)
    client_id = forms.UUIDField()

    def clean_text(self) -> str:
        """Line breaks as the server keeps them, so that both sides mean the same draft."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


class RepliesForm(DeskForm):
    """For a text to a new number: over which channel, and to whom as far as it is typed."""

    channel = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    number = forms.CharField(required=False, max_length=60)


class SearchForm(DeskForm):
    """A search as it is typed: whatever it is, there is an answer."""

    words = forms.CharField(required=False)

    def clean_words(self) -> str:
        return str(self.cleaned_data["words"])[:LONGEST_SEARCH]


class ClientIdForm(DeskForm):
    client_id = forms.UUIDField()


class NoteForm(DeskForm):
    """An internal note (N4)."""

    body = forms.CharField(
        strip=False,
        error_messages={"required": "There is nothing to add yet: write the note first."},
    )

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")


class StatusForm(DeskForm):
    status = forms.CharField(
        strip=False, error_messages={"required": "Choose a status from the menu."}
    )


class AlertsForm(DeskForm):
    """How an offer calls the agent (N12)."""

    sound = forms.BooleanField(required=False)
    desktop = forms.BooleanField(required=False)
    title = forms.BooleanField(required=False)


class WrapUpForm(DeskForm):
    """How a conversation came out; the disposition is one of those its queue offers (H3)."""

    disposition = forms.ChoiceField(
        required=False,
        error_messages={"invalid_choice": "This queue has no such disposition. Choose another."},
    )
    note = forms.CharField(required=False, max_length=4000)

    def __init__(self, data: Mapping[str, Any], *, queue_id: int) -> None:
        super().__init__(data)
        offered = [disposition.name for disposition in dispositions_of(queue_id)]
        cast("forms.ChoiceField", self.fields["disposition"]).choices = [
            (name, name) for name in offered
        ]


class HandOverForm(DeskForm):
    """Where a conversation goes: ``queue:3`` or ``agent:5``, and a note for who takes it (N4)."""

    to = forms.RegexField(
        r"^(queue|agent):[0-9]{1,18}$",
        error_messages={
            "required": "Choose a queue or a colleague first.",
            "invalid": "Choose a queue or a colleague of the list.",
        },
    )
    note = forms.CharField(required=False, max_length=1000)

    def clean_to(self) -> tuple[str, int]:
        kind, number = self.cleaned_data["to"].split(":")
        return kind, int(number)


class SignOutForm(DeskForm):
    """Which colleague is to take what is open (N4)."""

    colleague = forms.IntegerField(min_value=1, max_value=LARGEST_ID)


class ParkForm(DeskForm):
    """Until when a conversation is put aside; the browser sends the moment with its zone (N4)."""

    until = forms.DateTimeField(
        error_messages={
            "required": "Choose until when.",
            "invalid": "This is no time. Choose one of the times, or write one.",
        }
    )


class ColleagueForm(DeskForm):
    """What is typed behind an @."""

    words = forms.CharField(required=False, max_length=80)


class EarlierForm(DeskForm):
    before = forms.IntegerField(min_value=1)


class LineForm(DeskForm):
    """A line of a thread, by its id in the page, from which on to read."""

    line = forms.RegexField(r"^(event|message|note)-\d{1,18}\Z", required=False)
