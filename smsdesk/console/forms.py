"""What agents type and click, parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from collections.abc import Mapping


class SendForm(forms.Form):
    """One press of Send. ``client_id`` names it: sent twice, it is one text (N5)."""

    body = forms.CharField(
        strip=False,
        error_messages={"required": "There is nothing to send yet: write a message first."},
    )
    client_id = forms.UUIDField()

    def clean_body(self) -> str:
        """Line breaks as phones have them; browsers post two characters for each."""
        body: str = self.cleaned_data["body"].replace("\r\n", "\n")
        if not body.strip():
            raise forms.ValidationError(self.fields["body"].error_messages["required"])
        return body


class RetryForm(forms.Form):
    client_id = forms.UUIDField()


class StatusForm(forms.Form):
    status = forms.CharField(
        strip=False, error_messages={"required": "Choose a status from the menu."}
    )


class WrapUpForm(forms.Form):
    disposition = forms.CharField(required=False, max_length=80)
    note = forms.CharField(required=False, max_length=4000)


class NewCaseForm(forms.Form):
    """A customer and what they want, the phone being filled in (G3, G8).

    Where the customer is ``known``, only the case is asked for.
    """

    name = forms.CharField(
        max_length=120, error_messages={"required": "Enter the customer's name."}
    )
    email = forms.EmailField(
        label="E-mail",
        required=False,
        error_messages={"invalid": "This e-mail address is not complete: name@example.com."},
    )
    address = forms.CharField(
        required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    subject = forms.CharField(
        max_length=200, error_messages={"required": "Say in a few words what it is about."}
    )
    description = forms.CharField(
        required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, known: bool = False) -> None:
        super().__init__(data)
        if known:
            for name in ("name", "email", "address"):
                del self.fields[name]


class CustomerForm(forms.Form):
    customer = forms.IntegerField()
