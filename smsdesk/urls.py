"""Addresses. Carriers' webhooks are not here: ``asgi`` serves them beside Django."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path
from django.views.generic import RedirectView

from cases.views import show_article
from smsdesk.console.views.signout import sign_out
from smsdesk.door.forms import SignInForm
from smsdesk.door.kept import kept_form
from smsdesk.door.views import Invitation, two_factor

admin.site.index_title = "Start"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="desk")),
    path(
        "sign-in/",
        LoginView.as_view(authentication_form=SignInForm, redirect_authenticated_user=True),
        name="sign-in",
    ),
    path("invitation/<uidb64>/<token>/", Invitation.as_view(), name="invitation"),
    path("sign-out/", sign_out, name="sign-out"),
    path("desk/", include("smsdesk.console.urls")),
    path("a/<path:slug>", show_article, name="article"),
    path("admin/two-factor/", two_factor, name="two-factor"),
    path("admin/kept-form/", kept_form, name="kept-form"),
    path("admin/floor/", include("smsdesk.floor.urls")),
    path("admin/", admin.site.urls),
]

if settings.HANDSET:
    urlpatterns += [path("", include("smsdesk.handset.urls"))]
