"""The handset's page: typing as several phones, and the carrier's switches.

Development only, and served only where settings.HANDSET is true: no one signs in here, and the
posting views take requests without a CSRF token, so that tests and scripts can post. Another
site's page cannot use that: a browser says where a request comes from, and those are refused.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from smsdesk.handset import (
    calls,
    forms,
    runs,
    scenario_files,
    selectors,
    services,
    twilio_wire,
)
from smsdesk.handset.models import Direction, Text
from smsdesk.handset.scenario_files import BadScenario
from smsdesk.handset.services import CannotText
from smsdesk.lib import clock
from smsdesk.lib.phone import NotANumber, display, normalise

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from smsdesk.handset.selectors import ListedPhone

SEE_OTHER = 303
Refusal = (CannotText, forms.NotJSON, forms.NoSuchSwitch)


def open_to_scripts(
    view: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """No CSRF token asked for; what a browser marks as another site's request is refused."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if _is_of_another_site(request):
            return JsonResponse({"error": "Another site may not use the handset."}, status=403)
        return view(request)

    return guarded


def _is_of_another_site(request: HttpRequest) -> bool:
    """Whether a browser says so: by Sec-Fetch-Site, or by Origin where it sends only that.

    Browsers leave Sec-Fetch-Site out over plain HTTP to another host than this machine.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"none", "same-origin"}
    origin = request.headers.get("Origin")
    # The scheme is left out: a proxy in front may speak TLS where we do not.
    return origin is not None and origin.partition("://")[2].lower() != request.get_host().lower()


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return _page(request, phone=_asked_phone(request))


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The moving parts of the page: the list of phones and the conversation."""
    now = clock.now()
    calls.ring_overdue(now=now)
    return render(request, "handset/live.html", _moving_parts(_asked_phone(request), now))


@require_GET
def messages_json(request: HttpRequest) -> HttpResponse:
    """What a phone sent and received, oldest first."""
    phone = _asked_phone(request)
    if "\0" in phone:
        return JsonResponse(
            {"error": "The phone has a character in it that no number has."}, status=400
        )
    calls.ring_overdue(now=clock.now())
    return JsonResponse(
        {"phone": phone, "messages": [_as_json(t) for t in selectors.every_text_of(phone)]}
    )


@open_to_scripts
@require_POST
def add_phone(request: HttpRequest) -> HttpResponse:
    number = ""
    try:
        number = str(forms.posted(request).get("number", ""))
        phone = services.add_phone(number=number)
    except Refusal as error:
        return _refused(request, error, number=number)
    return HttpResponseRedirect(_address(phone.number), status=SEE_OTHER)


@open_to_scripts
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Text the desk: ``from``, ``to``, ``body`` and perhaps ``count``, as a form or as JSON."""
    try:
        fields = forms.posted(request)
        form = forms.SendForm({**fields, "sender": fields.get("from", "")})
        if not form.is_valid():
            raise CannotText(forms.first_error(form))
        texts = services.send_texts(
            sender=form.cleaned_data["sender"],
            to=form.cleaned_data["to"],
            body=form.cleaned_data["body"],
            count=form.cleaned_data["count"] or 1,
            base_url=settings.PUBLIC_URL or request.build_absolute_uri("/"),
            now=clock.now(),
        )
    except Refusal as error:
        return _refused(request, error, phone=str(request.POST.get("from", "")))
    if _wants_json(request):
        return JsonResponse({"messages": [_as_json(text) for text in texts]})
    return HttpResponseRedirect(_address(texts[0].phone), status=SEE_OTHER)


@open_to_scripts
@require_http_methods(["GET", "POST"])
def behaviour(request: HttpRequest) -> HttpResponse:
    """The carrier's switches: GET tells them, POST changes those it names."""
    if request.method == "POST":
        try:
            form = forms.ScenarioForm.of_changes(forms.posted(request))
            if not form.is_valid():
                raise CannotText(forms.first_error(form))
        except Refusal as error:
            return _refused(request, error)
        services.set_scenario(behaviour=form.cleaned_data)
        if not _wants_json(request):
            return HttpResponseRedirect(reverse("handset"), status=SEE_OTHER)
    return JsonResponse(selectors.scenario().as_switches())


@open_to_scripts
@require_POST
def play_scenario(request: HttpRequest) -> HttpResponse:
    """Begin to play a scenario file; the sweeper does the rest."""
    try:
        form = forms.PlayForm(forms.posted(request))
        if not form.is_valid():
            raise CannotText(forms.first_error(form))
        runs.start(
            name=form.cleaned_data["scenario"],
            number=form.cleaned_data["to"],
            seed=form.cleaned_data["seed"],
            speed=form.cleaned_data["speed"] or 1,
            base_url=settings.PUBLIC_URL or request.build_absolute_uri("/"),
            now=clock.now(),
        )
    except Refusal as error:
        return _refused(request, error)
    if not _wants_json(request):
        return HttpResponseRedirect(f"{reverse('handset')}#carrier", status=SEE_OTHER)
    told = runs.progress(clock.now())
    return JsonResponse({"sent": told.sent, "of": told.of} if told else {})


@open_to_scripts
@require_POST
def stop_scenario(request: HttpRequest) -> HttpResponse:
    stopped = runs.stop(now=clock.now())
    if not _wants_json(request):
        return HttpResponseRedirect(f"{reverse('handset')}#carrier", status=SEE_OTHER)
    return JsonResponse({"stopped": stopped})


def _page(
    request: HttpRequest, *, phone: str, error: str = "", number: str = "", status: int = 200
) -> HttpResponse:
    scenario = selectors.scenario()
    failures = {str(code): words for code, words in twilio_wire.FAILURES.items()}
    if scenario.failure_code:
        failures.setdefault(scenario.failure_code, "set by a script")
    context = {
        **_moving_parts(phone, clock.now()),
        "channels": selectors.business_numbers(),
        "scenario": scenario,
        "failures": failures.items(),
        "most_in_a_burst": services.MOST_IN_A_BURST,
        "longest_body": twilio_wire.LONGEST_BODY,
        "error": error,
        "typed_number": number,
    }
    return render(request, "handset/page.html", context, status=status)


def _moving_parts(asked: str, now: datetime) -> dict[str, object]:
    listed = selectors.listed_phones()
    phone = _phone_to_show(asked, listed)
    bubbles = selectors.bubbles_of(phone)
    return {
        "phones": listed,
        "phone": phone,
        "phone_display": display(phone),
        "phone_label": next((item.label for item in listed if item.number == phone), ""),
        "bubbles": bubbles,
        "stopped": selectors.stopped_channels(phone),
        "reply_to": bubbles[-1].text.business_number if bubbles else "",
        **_scenarios(now),
    }


def _scenarios(now: datetime) -> dict[str, object]:
    """What plays, else what can be played."""
    progress = runs.progress(now)
    if progress:
        return {"progress": progress}
    good, broken = [], []
    for name in scenario_files.names():
        try:
            good.append((name, scenario_files.load(name)))
        except BadScenario as bad:
            broken.append(str(bad))
    return {"scenarios": good, "broken": broken}


def _phone_to_show(asked: str, listed: list[ListedPhone]) -> str:
    """The one asked for, even one that never texted; else the first of the list."""
    try:
        return normalise(asked)
    except NotANumber:
        return listed[0].number if listed else ""


def _asked_phone(request: HttpRequest) -> str:
    """The phone in the address; a ``+`` written plainly there arrives as a blank."""
    asked = request.GET.get("phone", "")
    return f"+{asked[1:]}" if asked.startswith(" ") else asked


def _refused(
    request: HttpRequest, error: Exception, *, phone: str = "", number: str = ""
) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"error": str(error)}, status=400)
    return _page(request, phone=phone, error=str(error), number=number, status=400)


def _wants_json(request: HttpRequest) -> bool:
    """Everybody but a browser that posted one of the page's forms without our script."""
    return not (
        request.content_type != "application/json"
        and "text/html" in request.headers.get("Accept", "")
    )


def _address(phone: str) -> str:
    return f"{reverse('handset')}?{urlencode({'phone': phone})}"


def _as_json(text: Text) -> dict[str, str | None]:
    return {
        "direction": Direction(text.direction).value.lower(),
        "body": text.body,
        "from": text.sender,
        "to": text.recipient,
        "status": text.status,
        "error_code": text.error_code or None,
        "sid": text.sid,
        "at": text.at.isoformat(),
    }
