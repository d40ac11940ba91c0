"""A form of the admin that came after its session had ended: kept until its sender is back (N21).

Sealed in the browser's next session, which signing in goes on with. Nothing is done by itself:
whoever signs in again is asked, and sends it once more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.sessions.models import Session
from django.http import QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.views.decorators.cache import never_cache

from smsdesk.lib.sealed import seal, unseal

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from cases.selectors.person import Person

KEPT = "kept_form"
PAGE = "kept-form"
CSRF = "csrfmiddlewaretoken"
# A field with such a name is not kept.
SECRET = re.compile(r"passw|token|secret", re.IGNORECASE)
LONGEST_CHARACTERS = 200_000
ABOUT_PASSWORDS = {"password_change", "auth_user_password_change"}


def to_keep(request: HttpRequest) -> dict[str, Any] | None:
    """What was sent to a page of the admin, for this user; None where it cannot be kept.

    Another site's page could have sent it, so without a CSRF token that fits nothing is kept.
    Secrets and files never are; the names of those that were sent are, to be asked for again.
    """
    place = resolve(request.path)
    if request.method != "POST" or place.namespaces != ["admin"]:
        return None
    if place.url_name in ABOUT_PASSWORDS or _forged(request):
        return None
    fields = request.POST.copy()
    secrets = [name for name in fields if SECRET.search(name)]
    left_out = [name for name in secrets if name != CSRF and fields[name]] + list(request.FILES)
    for name in secrets:
        del fields[name]
    typed = fields.urlencode()
    if len(typed) > LONGEST_CHARACTERS:
        return None
    return {
        "user": request.user.pk,
        "path": request.get_full_path(),
        "fields": seal(typed),
        "left_out": [name.replace("_", " ") for name in left_out],
    }


def _forged(request: HttpRequest) -> bool:
    check: Any = CsrfViewMiddleware(lambda _: None)  # type: ignore[arg-type]
    return check.process_view(request, None, (), {}) is not None


@never_cache
def kept_form(request: HttpRequest) -> HttpResponse:
    """Ask whether what was kept is to be sent once more."""
    user: Any = request.user
    if not user.is_authenticated or not user.is_staff:
        return redirect(f"{reverse('admin:login')}?next={request.path}")
    kept = request.session.get(KEPT)
    if not kept or kept["user"] != user.pk:
        messages.info(request, "No form of yours is kept any more.")
        return redirect("admin:index")
    context = {
        "title": "Nothing you typed is lost",
        "path": kept["path"],
        "left_out": kept["left_out"],
        "fields": [
            (name, value)
            for name, values in QueryDict(unseal(kept["fields"])).lists()
            for value in values
        ],
    }
    return render(request, "door/kept_form.html", admin.site.each_context(request) | context)


def forget(person: Person) -> None:
    """Forget each kept form that names somebody whose data is erased (N19).

    Called with the erasure, in its transaction (settings.ERASED).
    """
    for session in Session.objects.order_by("pk").iterator(chunk_size=500):
        data = session.get_decoded()
        typed = unseal(data[KEPT]["fields"]) if data.get(KEPT) else ""
        fields = QueryDict(typed).lists()
        if any(person.is_named_in(value) for _, values in fields for value in values):
            del data[KEPT]
            session.session_data = Session.objects.encode(data)
            session.save(update_fields=["session_data"])
