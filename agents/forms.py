"""What the admin's forms of people and statuses refuse, each with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.forms import (
    BooleanField,
    CharField,
    ChoiceField,
    EmailField,
    Form,
    IntegerField,
    ModelChoiceField,
    ModelForm,
    ModelMultipleChoiceField,
)
from django.utils.text import capfirst
from unfold.forms import UserChangeForm
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from agents.enums import LIMIT_CEILING
from agents.models import Agent, StatusCode, Team
from agents.services.supervisors import leaves_no_supervisor

if TYPE_CHECKING:
    from django.db.models import Model


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


class ManyForm(Form):
    """What is to be different with several rows; what is left as it is, is not touched.

    ``VALUES`` are the model's fields that are left empty, ``MARKS`` those that are neither yes nor
    no. Agents may come and go beside them.
    """

    model: ClassVar[type[Model]]
    VALUES: ClassVar[tuple[str, ...]] = ()
    MARKS: ClassVar[tuple[str, ...]] = ()
    AS_IT_IS: ClassVar = [("", "as it is"), ("yes", "yes"), ("no", "no")]

    def __init__(self, *args: Any, rows: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for name in self.MARKS:
            field: Any = self.model._meta.get_field(name)  # noqa: SLF001 - Django's
            self.fields[name] = ChoiceField(
                label=capfirst(field.verbose_name),
                help_text=field.help_text,
                choices=self.AS_IT_IS,
                required=False,
                widget=UnfoldAdminSelectWidget,
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.changes() and not any(map(cleaned.get, ("come", "go"))):
            raise ValidationError("Everything is left as it is. Choose what is to be different.")
        return cleaned

    def changes(self) -> dict[str, Any]:
        """The rows' fields that become different, and what they become."""
        chosen = self.cleaned_data
        fields = {name: chosen[name] for name in self.VALUES if chosen.get(name) not in {None, ""}}
        return fields | {name: chosen[name] == "yes" for name in self.MARKS if chosen.get(name)}


def agents_to_choose(label: str, help_text: str) -> ModelMultipleChoiceField[Agent]:
    """A field for any number of agents, found by their first letters."""
    return ModelMultipleChoiceField(
        Agent.objects.order_by("name"),
        label=label,
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text=help_text,
    )


class ManyAgentsForm(ManyForm):
    model = Agent
    VALUES = ("team", "limit")
    MARKS = ("sms_capable", "may_reject", "may_initiate", "may_transfer")

    team = ModelChoiceField(
        Team.objects.order_by("name"),
        required=False,
        empty_label="as it is",
        widget=UnfoldAdminSelectWidget,
        help_text="Whose limit holds for them, and whose sending policy.",
    )
    limit = IntegerField(
        label="Conversation limit",
        required=False,
        min_value=1,
        max_value=LIMIT_CEILING,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"From 1 to {LIMIT_CEILING}. Empty: as it is.",
    )
    team_limit = BooleanField(
        label="The team’s limit holds",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Takes away limits of their own.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("limit") and cleaned.get("team_limit"):
            self.add_error("limit", "Give them a limit of their own, or the team’s: one of both.")
        return cleaned

    def changes(self) -> dict[str, Any]:
        taken_away = {"limit": None} if self.cleaned_data.get("team_limit") else {}
        return super().changes() | taken_away


class ManyTeamsForm(ManyForm):
    model = Team
    VALUES = ("limit",)

    limit = IntegerField(
        label="Conversation limit",
        required=False,
        min_value=1,
        max_value=LIMIT_CEILING,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"From 1 to {LIMIT_CEILING}, for each member. Empty: as it is.",
    )
    default_limit = BooleanField(
        label="The desk’s limit holds",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Takes away the teams’ limits.",
    )
    come = agents_to_choose("Agents who join", "They leave the team they are in now.")
    go = agents_to_choose("Agents who leave", "Those who are in one of these teams.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("limit") and cleaned.get("default_limit"):
            self.add_error("limit", "Give them a limit of their own, or the desk’s: one of both.")
        if cleaned.get("come") and self.rows > 1:
            self.add_error("come", "An agent is in one team: choose a single team to join.")
        return cleaned

    def changes(self) -> dict[str, Any]:
        taken_away = {"limit": None} if self.cleaned_data.get("default_limit") else {}
        return super().changes() | taken_away


class StatusCodeForm(ModelForm):  # type: ignore[type-arg]
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = StatusCode.objects.exclude(pk=self.instance.pk)
        same = others.filter(name__iexact=name).first()
        if same is not None:
            raise ValidationError(f"There is a status “{same}” already.")
        return name
