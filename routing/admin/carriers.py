"""Accounts with carriers, and what carriers sent us."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timezone import localtime
from unfold.decorators import action

from routing.admin.comparing import ComparesAccounts
from routing.admin.exports import ExportsRows
from routing.carriers.base import InboundText, Unreadable, WebRequest, carrier
from routing.enums import RequestState
from routing.forms import account_form
from routing.models import CarrierAccount, CarrierRequest, Outage
from routing.selectors.lifelines import life_of
from routing.selectors.outages import outages_now
from routing.services.accounts import TestedJustNow, check_account
from routing.services.replay import handle_again, verify_again
from smsdesk.lib import clock
from smsdesk.lib.admin import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from routing.forms import AccountForm
    from routing.services.replay import Outcome

MOST_TOLD = 200
FAILED_STATES = (RequestState.QUARANTINED, RequestState.PARKED)


@admin.register(CarrierAccount)
class CarrierAccountAdmin(ComparesAccounts):
    """Accounts; a new one begins with the choice of its carrier, which decides what is asked."""

    list_display = ("name", "carrier_name", "account_sid", "base_url")
    readonly_fields = (
        "inbound_address",
        "status_address",
        "last_request",
        "last_failure",
        "takes_texts",
    )
    actions_submit_line = ("save_and_test",)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and request.GET.get("carrier") not in settings.CARRIERS:
            if not self.has_add_permission(request):
                raise PermissionDenied
            context = self.admin_site.each_context(request) | {
                "title": "With which carrier is the account?",
                "opts": self.opts,
                "carriers": [
                    (carrier(slug).name, self._with(request, slug)) for slug in settings.CARRIERS
                ],
            }
            return render(request, "admin/routing/choose_carrier.html", context)
        page: HttpResponse = super().add_view(request, form_url, extra_context)
        return page

    def _with(self, request: HttpRequest, slug: str) -> str:
        """The query of the form for a carrier, with what the address asks for besides."""
        query = request.GET.copy()
        query["carrier"] = slug
        return query.urlencode()

    def get_form(
        self,
        request: HttpRequest,
        obj: CarrierAccount | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        if self._may_write(request, obj):
            kwargs["form"] = account_form(self._slug(request, obj), obj)
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: CarrierAccount | None = None) -> Any:
        """A new account has its addresses once it is saved. Whoever only looks sees no secret."""
        told = self.readonly_fields if obj else ()
        if not self._may_write(request, obj):
            return ("name", "carrier", "account_sid", "base_url", *told)
        form = account_form(self._slug(request, obj), obj)
        asked = [name for name in form.declared_fields if name != "carrier"]
        return ("name", "carrier", *asked, *told)

    def _may_write(self, request: HttpRequest, obj: CarrierAccount | None) -> bool:
        return obj is None or self.has_change_permission(request, obj)

    def _slug(self, request: HttpRequest, obj: CarrierAccount | None) -> str:
        """The carrier chosen just now, or that of the account."""
        chosen = request.POST.get("carrier") or request.GET.get("carrier")
        known = [each for each in (chosen, obj and obj.carrier) if each in settings.CARRIERS]
        return known[0] if known else next(iter(settings.CARRIERS))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        obj: CarrierAccount | None = None,
        **kwargs: Any,
    ) -> Any:
        if obj is not None and obj.why_unusable:
            self.message_user(request, obj.why_unusable, messages.ERROR)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: CarrierAccount, form: AccountForm, change: bool
    ) -> None:
        before = CarrierAccount.objects.get(pk=obj.pk).secrets if change else obj.secrets
        super().save_model(request, obj, form, change)
        if {*obj.secrets} - {*before}:
            self._tell_of_quarantine(request, obj)
        if change and self._asked_to_test(request, obj):
            self.save_and_test(request, obj)

    def _tell_of_quarantine(self, request: HttpRequest, account: CarrierAccount) -> None:
        """What came with the wrong secret may be proven by the right one."""
        held = account.requests.filter(state=RequestState.QUARANTINED).count()
        if held:
            those = {"state__exact": RequestState.QUARANTINED, "account__id__exact": account.pk}
            address = reverse("admin:routing_carrierrequest_changelist", query=those)
            words = format_html(
                "Requests of this account in quarantine: {}. If its secret was wrong, choose them"
                ' in <a class="underline" href="{}">the list</a> and verify them again.',
                held,
                address,
            )
            self.message_user(request, words, messages.WARNING)

    def _asked_to_test(self, request: HttpRequest, obj: CarrierAccount) -> bool:
        buttons = self.get_actions_submit_line(request, obj.pk)
        return any(button.action_name in request.POST for button in buttons)

    def response_change(self, request: HttpRequest, obj: CarrierAccount) -> HttpResponse:
        """Who tests stays on the page, to mend what is wrong."""
        if self._asked_to_test(request, obj):
            return redirect("admin:routing_carrieraccount_change", obj.pk)
        answer: HttpResponse = super().response_change(request, obj)
        return answer

    @action(description="Save and test connection", permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_test(self, request: HttpRequest, obj: CarrierAccount) -> None:
        """Ask the carrier once what is written down: no lock and no transaction waits for it."""
        transaction.on_commit(lambda: self._test(request, obj))

    def _test(self, request: HttpRequest, account: CarrierAccount) -> None:
        try:
            check = check_account(account=account, actor=request.user, now=clock.now())
        except TestedJustNow as refused:
            self.message_user(request, str(refused), messages.WARNING)
            return
        level = messages.SUCCESS if check.works else messages.ERROR
        self.message_user(request, check.sentence, level)

    @admin.display(description="carrier", ordering="carrier")
    def carrier_name(self, account: CarrierAccount) -> str:
        known = account.carrier in settings.CARRIERS
        return carrier(account.carrier).name if known else account.carrier

    @admin.display(description="Address for texts")
    def inbound_address(self, account: CarrierAccount) -> str:
        """As it is to be entered; never with a secret in it."""
        address = f"{settings.PUBLIC_URL}{account.inbound_path}"
        known = account.carrier in settings.CARRIERS
        return carrier(account.carrier).address(address, account) if known else address

    @admin.display(description="Address for receipts")
    def status_address(self, account: CarrierAccount) -> str:
        return f"{settings.PUBLIC_URL}{account.status_path}"

    @admin.display(description="Last request")
    def last_request(self, account: CarrierAccount) -> str:
        last = account.requests.order_by("-received_at").first()
        return f"{_moment(last.received_at)}, {last.get_state_display()}" if last else "none yet"

    @admin.display(description="Last failure")
    def last_failure(self, account: CarrierAccount) -> str:
        failed = account.requests.filter(state__in=FAILED_STATES).order_by("-received_at").first()
        return f"{_moment(failed.received_at)}: {failed.note}" if failed else "none"

    @admin.display(description="Takes texts")
    def takes_texts(self, account: CarrierAccount) -> str:
        """What goes on, or else the last outage that is over."""
        now = next((one for one in outages_now() if one.account_id == account.pk), None)
        if now:
            return f"No, since {_moment(now.began_at)}: {now.what} Texts waiting: {now.waiting}."
        over = Outage.objects.filter(account=account, ended_at__isnull=False)
        last = over.order_by("-ended_at").first()
        if last is None or last.ended_at is None:
            return "yes"
        began, ended = _moment(last.began_at), _moment(last.ended_at)
        return f"Yes. The last outage was from {began} to {ended}: {last.what}"


def _moment(moment: datetime) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M:%S}"


@admin.register(CarrierRequest)
class CarrierRequestAdmin(ExportsRows, ReadOnly):
    """The inbox: what carriers sent us, and what became of it (N15)."""

    list_display = (
        "received",
        "kind",
        "source",
        "from_to",
        "first_words",
        "account",
        "state",
        "note",
    )
    # What customers wrote stays here.
    export_columns = ("received_at", "kind", "source", "account", "state", "note")
    list_filter = ("state", "kind", "source", "account")
    list_select_related = ("account",)
    ordering = ("-received_at",)
    fields = (
        "life_line",
        "state",
        "note",
        "account",
        "kind",
        "source",
        "received_at",
        "attempts",
        "due_at",
        "method",
        "url",
        "headers",
        "body_as_text",
    )
    readonly_fields = ("life_line", "body_as_text")
    actions = ("replay", "verify")

    @admin.display(description="received at", ordering="received_at")
    def received(self, request: CarrierRequest) -> str:
        return _moment(request.received_at)

    @admin.display(description="from → to")
    def from_to(self, request: CarrierRequest) -> str:
        text = first_text(request)
        return f"{text.sender} → {text.recipient}" if text else ""

    @admin.display(description="first words")
    def first_words(self, request: CarrierRequest) -> str:
        text = first_text(request)
        return Truncator(text.body).chars(60) if text else ""

    @admin.display(description="Life line")
    def life_line(self, request: CarrierRequest) -> str:
        return render_to_string("admin/routing/interaction/story.html", {"story": life_of(request)})

    @admin.display(description="Body")
    def body_as_text(self, request: CarrierRequest) -> str:
        return bytes(request.body).decode("utf-8", "backslashreplace")[:10_000]

    @admin.action(description="Handle again", permissions=["view"])
    def replay(self, request: HttpRequest, queryset: QuerySet[CarrierRequest]) -> HttpResponse:
        """Only what is proven to be the carrier's can be handled."""
        outcomes = handle_again(requests=queryset, actor=request.user, now=clock.now())
        return self._tell(request, "Handled again", outcomes)

    @admin.action(description="Verify again, after a secret was corrected", permissions=["view"])
    def verify(self, request: HttpRequest, queryset: QuerySet[CarrierRequest]) -> HttpResponse:
        """What is proven now leaves quarantine, and is handled in the order in which it came."""
        outcomes = verify_again(requests=queryset, actor=request.user, now=clock.now())
        return self._tell(request, "Verified again", outcomes)

    def _tell(self, request: HttpRequest, title: str, outcomes: Sequence[Outcome]) -> HttpResponse:
        """A page with what came of each. Sent again, it finds that all is as it is."""
        counts = Counter(outcome.came.value for outcome in outcomes)
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "counts": counts.most_common(),
            "outcomes": outcomes[:MOST_TOLD],
            "left_out": max(0, len(outcomes) - MOST_TOLD),
        }
        return render(request, "admin/routing/outcomes.html", context)


def first_text(request: CarrierRequest) -> InboundText | None:
    """The first text in a request, as its carrier's adapter reads it.

    Only for the eye, and for requests nobody has proven: it never raises.
    """
    account = request.account
    if account is None or account.carrier not in settings.CARRIERS:
        return None
    try:
        news = carrier(account.carrier).read(WebRequest.stored(request))
    except Unreadable:
        return None
    return next((each for each in news if isinstance(each, InboundText)), None)
