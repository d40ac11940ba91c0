"""What agents type and click about customers and cases, parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from cases.models import CaseState
from smsdesk.console.forms import DeskForm

if TYPE_CHECKING:
    from collections.abc import Mapping


def _lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class CustomerFields(DeskForm):
    """Who a customer is."""

    name = forms.CharField(
        max_length=120, error_messages={"required": "Enter the customer's name."}
    )
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        error_messages={"invalid": "This e-mail address is not complete: name@example.com."},
    )
    address = forms.CharField(required=False, max_length=500, widget=_lines(2))


class CaseFields(DeskForm):
    """What a customer wants."""

    subject = forms.CharField(
        max_length=200, error_messages={"required": "Say in a few words what it is about."}
    )
    description = forms.CharField(required=False, max_length=8000, widget=_lines(3))


class NewCaseForm(CustomerFields, CaseFields):
    """A customer and what they want, the phone being filled in (G3, G8).

    Where the customer is ``known``, only the case is asked for. ``instead_of`` is the case that the
    conversation had when the form was drawn.
    """

    instead_of = forms.IntegerField(required=False, widget=forms.HiddenInput)

    field_order = ("name", "email", "address", "subject", "description")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        known: bool = False,
        instead_of: int | None = None,
    ) -> None:
        super().__init__(data, initial={"instead_of": instead_of})
        if known:
            for name in CustomerFields.base_fields:
                del self.fields[name]


class SeenForm(DeskForm):
    """``seen`` names what was edited, so that nobody's later change is overwritten unseen."""

    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class EditCaseForm(CaseFields, SeenForm):
    field_order = ("subject", "description")


class EditCustomerForm(CustomerFields, SeenForm):
    notes = forms.CharField(required=False, max_length=4000, widget=_lines(2))

    field_order = ("name", "email", "address", "notes")


class CustomerForm(DeskForm):
    """Who is writing; with ``save_number`` the conversation's number is saved as theirs."""

    customer = forms.IntegerField()
    save_number = forms.BooleanField(required=False)


class ContinueForm(DeskForm):
    """Which case goes on; ``reopen`` was confirmed where it is closed."""

    case = forms.IntegerField()
    reopen = forms.BooleanField(required=False)


class CaseStateForm(DeskForm):
    state = forms.ChoiceField(
        choices=CaseState.choices,
        error_messages={"required": "Say whether to close the case or to open it again."},
    )


class BeforeForm(DeskForm):
    """The last chat log that is shown."""

    before = forms.IntegerField(min_value=1)
