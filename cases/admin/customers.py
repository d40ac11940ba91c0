"""Customers and their cases: looked up, corrected, and merged (G8, N19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.admin import TabularInline

from agents.services.audit import record_act
from cases.admin.privacy import PersonalDataPages
from cases.models import Case, ChatLog, Customer, CustomerPhone
from cases.services.merging import CannotMerge, merge_customers
from cases.services.records import close_cases
from routing.admin.exports import ExportsRows
from smsdesk.lib import clock, phone

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


TWO = 2
CHOOSE_TWO = "Choose the two customers that are one person, and merge them then."


class PhoneInline(TabularInline):
    model = CustomerPhone
    extra = 0


class ChatLogInline(TabularInline):
    model = ChatLog
    extra = 0
    fields = (
        "initiated_at",
        "accepted_at",
        "terminated_at",
        "agent_name",
        "disposition",
        "transcript",
    )
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False


class YesOrNo(admin.SimpleListFilter):
    """Customers for whom something is so, or is not."""

    words: tuple[str, str]
    lookup: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(zip(("yes", "no"), self.words, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        if self.value() not in {"yes", "no"}:
            return queryset
        with_it = Customer.objects.filter(**{f"{self.lookup}__isnull": False}).values("pk")
        chosen = queryset.filter if self.value() == "yes" else queryset.exclude
        return chosen(pk__in=with_it)


class CasesFilter(YesOrNo):
    title = "cases"
    parameter_name = "cases"
    words = ("has cases", "has none")
    lookup = "cases"


class NumbersFilter(YesOrNo):
    title = "numbers"
    parameter_name = "numbers"
    words = ("has a number", "has none")
    lookup = "phones"


@admin.register(Customer)
class CustomerAdmin(ExportsRows, PersonalDataPages):
    list_display = ("name", "numbers", "email", "created_at")
    list_filter = (CasesFilter, NumbersFilter, "created_at")
    export_columns = ("pk", "name", "numbers", "email", "address", "created_at")
    search_fields = ("name", "email", "phones__number")
    search_help_text = "By name, e-mail address, or digits of a number."
    inlines = (PhoneInline,)
    actions = ("merge",)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Customer | None:
        """Locked until it is saved: Django would write anew whoever is erased in between."""
        customer: Customer | None = super().get_object(request, object_id, from_field)
        if customer is None or request.method != "POST":
            return customer
        return Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk).first()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        customers: QuerySet[Customer] = super().get_queryset(request)
        return customers.prefetch_related("phones")

    @admin.display(description="numbers")
    def numbers(self, customer: Customer) -> str:
        return ", ".join(phone.display(each.number) for each in customer.phones.all())

    def get_urls(self) -> list[URLPattern]:
        merge = self.admin_site.admin_view(self.merge_view)
        return [path("merge/", merge, name="cases_customer_merge"), *super().get_urls()]

    @admin.action(description="Merge two customers …", permissions=["delete"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Customer]) -> HttpResponse | None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[:3])
        if len(ids) != TWO:
            self.message_user(request, CHOOSE_TWO, messages.ERROR)
            return None
        return redirect(f"{reverse('admin:cases_customer_merge')}?of={ids[0]}&of={ids[1]}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Show the two beside one another; merge them into the one that was chosen."""
        if not self.has_delete_permission(request) or not self.has_change_permission(request):
            raise PermissionDenied
        ids = [int(each) for each in request.GET.getlist("of") if each.isdecimal()]
        found = Customer.objects.filter(pk__in=ids).order_by("pk")
        pair = list(found.prefetch_related("phones", "cases"))
        if len(pair) != TWO:
            self.message_user(request, CHOOSE_TWO, messages.ERROR)
            return redirect("admin:cases_customer_changelist")
        kept = next((one for one in pair if request.POST.get("keep") == str(one.pk)), None)
        if request.method == "POST" and kept is not None:
            other = next(one for one in pair if one != kept)
            try:
                self._merge(request, kept, other)
            except CannotMerge as refused:
                self.message_user(request, str(refused), messages.ERROR)
                return redirect("admin:cases_customer_changelist")
            self.message_user(
                request, f"Merged. Everything of both is {kept.name}’s now.", messages.SUCCESS
            )
            return redirect("admin:cases_customer_change", kept.pk)
        if request.method == "POST":
            self.message_user(request, "Choose which of the two is kept.", messages.ERROR)
        title = "Merge two customers"
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, "admin/cases/merge.html", {**context, "pair": pair})

    def _merge(self, request: HttpRequest, kept: Customer, other: Customer) -> None:
        """Numbers tell one customer from another in the trail: names must be erasable."""
        now = clock.now()
        with transaction.atomic():
            moved = merge_customers(keep_id=kept.pk, other_id=other.pk)
            into = f"customer {kept.pk}"
            words = {"customer": f"customer {other.pk}", **moved}
            record_act(
                actor=request.user, act="merged", subject=kept, label=into, after=words, now=now
            )
            record_act(
                actor=request.user,
                act="merged",
                subject=other,
                label=f"customer {other.pk}",
                after={"into": into},
                now=now,
            )


@admin.register(Case)
class CaseAdmin(ExportsRows):
    list_display = ("number", "subject", "customer", "state", "updated_at")
    list_filter = ("state", "automatic", "opened_at")
    list_select_related = ("customer",)
    ordering = ("-updated_at",)
    search_fields = ("subject", "customer__name", "phone")
    search_help_text = "By subject, the customer's name, or digits of the number."
    autocomplete_fields = ("customer",)
    readonly_fields = ("opened_at", "updated_at")
    inlines = (ChatLogInline,)
    actions = ("close",)

    @admin.action(description="Close the selected cases", permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[Case]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        closed = close_cases(case_ids=ids, actor=request.user, now=clock.now())
        left = len(ids) - closed
        words = f"{closed} case{'' if closed == 1 else 's'} closed."
        if left:
            words += f" {left} {'was' if left == 1 else 'were'} closed already."
        self.message_user(request, words, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
