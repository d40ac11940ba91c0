"""A person's data: looked at, exported, and erased, by Administrators (N19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action

from agents.services.audit import record_act
from agents.services.roles import Rank, rank_of
from cases.models import Customer
from cases.selectors.export import as_zip
from cases.selectors.person import owners_of, person_of, person_with, why_not_erased
from cases.services.erasure import NotErased, erase_customer, erase_number
from smsdesk.lib import clock, phone
from smsdesk.lib.streams import attachment

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from cases.selectors.person import Person

NOT_TYPED = "Nothing was erased: type “{}” exactly as it stands there, to confirm."
ERASED = "Erased, for good: {}."


class PersonalDataPages(ModelAdmin):
    """The pages of a person's data, beside those of customers."""

    actions_detail = ("personal_data_of",)
    actions_list = ("personal_data_of_number",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.personal_data)
        ours = path("personal-data/", page, name="cases_customer_personal_data")
        return [ours, *super().get_urls()]

    def has_administrator_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return rank_of(request.user) >= Rank.ADMINISTRATOR

    @action(description="Personal data …", permissions=["administrator"])  # type: ignore[untyped-decorator]
    def personal_data_of(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(f"{_page()}?{urlencode({'of': object_id})}")

    @action(  # type: ignore[untyped-decorator]
        description="Personal data of a number …", permissions=["administrator"]
    )
    def personal_data_of_number(self, request: HttpRequest) -> HttpResponse:
        return redirect(_page())

    def personal_data(self, request: HttpRequest) -> HttpResponse:
        """Say what is held of somebody, by counts; export it; erase it once that is typed."""
        if not self.has_administrator_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Personal data",
            "opts": self.opts,
            "number": request.GET.get("number", ""),
        }
        person = self._person(request, context)
        if person is not None and request.method == "POST":
            answer = self._act(request, person, context)
            if answer is not None:
                return answer
        if person is not None:
            context |= {
                "person": person,
                "counts": person.counts(),
                "why_not": why_not_erased(person),
            }
        return TemplateResponse(request, "admin/cases/personal_data.html", context)

    def _person(self, request: HttpRequest, context: dict[str, Any]) -> Person | None:
        of = request.GET.get("of", "")
        if of:
            customer = Customer.objects.filter(pk=of).first() if of.isdecimal() else None
            if customer is None:
                raise Http404
            return person_of(customer)
        if not context["number"]:
            return None
        try:
            number = phone.customer(context["number"])
        except phone.NotANumber as error:
            context["error"] = str(error)
            return None
        context["owners"] = owners_of(number)
        return None if context["owners"] else person_with(number)

    def _act(
        self, request: HttpRequest, person: Person, context: dict[str, Any]
    ) -> HttpResponse | None:
        act = request.POST.get("act", "")
        if act == "export":
            return self._export(request, person)
        if act != "erase":
            return None
        if request.POST.get("confirm", "").strip() != person.called.strip():
            context["typed"] = request.POST.get("confirm", "")
            self.message_user(request, NOT_TYPED.format(person.called), messages.ERROR)
            return None
        try:
            with transaction.atomic():
                counts = (
                    erase_customer(customer_id=person.customer.pk)
                    if person.customer
                    else erase_number(number=person.numbers[0])
                )
                self._record(request, person, "erased personal data", counts)
        except NotErased as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return None
        words = ", ".join(f"{name}: {count}" for name, count in counts.items()) or "nothing"
        self.message_user(request, ERASED.format(words), messages.SUCCESS)
        return redirect("admin:cases_customer_changelist")

    def _export(self, request: HttpRequest, person: Person) -> HttpResponse:
        self._record(request, person, "exported personal data", {})
        name = f"personal-data-{person.customer.pk if person.customer else 'number'}.zip"
        pieces = as_zip(person, now=clock.now())
        return attachment(request, pieces, name=name, content_type="application/zip")

    def _record(
        self, request: HttpRequest, person: Person, act: str, after: dict[str, Any]
    ) -> None:
        """Without the person's data: the trail is not erased."""
        customer = person.customer
        record_act(
            actor=request.user,
            act=act,
            subject=customer or "a phone number",
            label=f"customer {customer.pk}" if customer else "",
            after=after,
            now=clock.now(),
        )


def _page() -> str:
    return reverse("admin:cases_customer_personal_data")
