"""What the admin's forms of people and statuses refuse, each with a sentence."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.forms import CharField, EmailField, ModelForm
from unfold.forms import UserChangeForm
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from agents.models import StatusCode
from agents.services.supervisors import leaves_no_supervisor


class UserForm(UserChangeForm):  # type: ignore[misc]  # Unfold has no types
    """A user, who stays a supervisor while there is no other."""

    def clean_groups(self) -> Any:
        """Groups that whoever fills in the form cannot give are not taken, either."""
        chosen = self.cleaned_data["groups"]
        others = self.instance.groups.exclude(pk__in=self.fields["groups"].queryset.values("pk"))
        return Group.objects.filter(pk__in=[group.pk for group in (*chosen, *others)])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        marks = ("is_active", "is_staff", "is_superuser")
        taken = [mark for mark in marks if mark in self.changed_data and not cleaned.get(mark)]
        if taken and leaves_no_supervisor(without=[self.instance.pk]):
            self.add_error(
                taken[0],
                "This is the last supervisor who can sign in here: make another one first.",
            )
        return cleaned


class PersonForm(ModelForm):  # type: ignore[type-arg]
    """A new agent together with the user they sign in as, or for a user there is already."""

    username = CharField(
        max_length=150,
        required=False,
        validators=[UnicodeUsernameValidator()],
        widget=UnfoldAdminTextInputWidget(attrs={"autocapitalize": "none", "autocomplete": "off"}),
        help_text="What they will sign in with, such as robin. They choose a password themselves.",
    )
    email = EmailField(
        label="E-mail address",
        required=False,
        widget=UnfoldAdminEmailInputWidget,
        help_text="Where their invitation goes. Empty: you give them its link yourself.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].required = False
        self.fields["user"].help_text = "Only for somebody who can sign in already."

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"].strip()
        if name and User.objects.filter(username__iexact=name).exists():
            raise ValidationError(
                f"Somebody signs in as “{name}” already. Choose another name, or choose them below."
            )
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "username" in cleaned and bool(cleaned["username"]) == bool(cleaned.get("user")):
            self.add_error(
                "username",
                "Write a username, or choose below who signs in already: one of both.",
            )
        return cleaned


class StatusCodeForm(ModelForm):  # type: ignore[type-arg]
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = StatusCode.objects.exclude(pk=self.instance.pk)
        same = others.filter(name__iexact=name).first()
        if same is not None:
            raise ValidationError(f"There is a status “{same}” already.")
        return name
