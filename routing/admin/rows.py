"""What several pages are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from unfold.admin import ModelAdmin, TabularInline

from routing.models import SmsSwitch
from routing.selectors.past import why_it_stays
from routing.services.sending import tell_desks
from smsdesk.lib.admin import MayStay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model, QuerySet
    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest, HttpResponse

    from agents.models import Agent
    from routing.models import Channel, Queue

STILL_OFF = (
    "SMS is switched off for the whole company: nothing here sends a text, and nothing can be"
    " added, before it is switched on, under “Company-wide SMS switch”."
)


def is_off() -> bool:
    return not SmsSwitch.objects.filter(sms_on=True).exists()


class RefusesWhileOff(BaseForm):
    """A form that keeps what is typed, and says why it is not saved yet."""

    def clean(self) -> Any:
        if is_off():
            raise ValidationError(STILL_OFF)
        return super().clean()


class NeedsSms(ModelAdmin):
    """What nobody adds before SMS is on for the company; what is there can be changed (A20)."""

    def get_form(
        self,
        request: HttpRequest,
        obj: Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return form if change else type(form.__name__, (RefusesWhileOff, form), {})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._warn(request)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self._warn(request)
        page: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return page

    def _warn(self, request: HttpRequest) -> None:
        if request.method == "GET" and is_off():
            self.message_user(request, STILL_OFF, messages.WARNING)


class StaysWithAPast(MayStay):
    """What conversations were had in, over or by is not deleted (N14)."""

    def why_it_stays(self, obj: Queue | Channel | Agent) -> str:
        return why_it_stays(obj)


class TellsDesks(ModelAdmin):
    """What decides whether a text may go: open desks hear of every change of it at once."""

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Any],
        formsets: Sequence[BaseModelFormSet[Any, Any]],
        change: bool,
    ) -> None:
        super().save_related(request, form, formsets, change)
        tell_desks()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        tell_desks()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        tell_desks()


class RowInline(TabularInline):
    extra = 0
    tab = True
