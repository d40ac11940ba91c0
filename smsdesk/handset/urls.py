"""The handset's and the simulated carrier's addresses."""

from __future__ import annotations

from django.urls import path

from smsdesk.handset import carrier_views, views

urlpatterns = [
    path("handset/", views.page, name="handset"),
    path("handset/live", views.live, name="handset-live"),
    path("handset/phones", views.add_phone, name="handset-add-phone"),
    path("handset/send", views.send, name="handset-send"),
    path("handset/scenario", views.behaviour, name="handset-scenario"),
    path("handset/scenario/play", views.play_scenario, name="handset-play-scenario"),
    path("handset/scenario/stop", views.stop_scenario, name="handset-stop-scenario"),
    path("handset/messages.json", views.messages_json, name="handset-messages"),
    path(
        "handset/carrier/2010-04-01/Accounts/<str:account_sid>.json",
        carrier_views.show_account,
        name="handset-carrier-account",
    ),
    path(
        "handset/carrier/2010-04-01/Accounts/<str:account_sid>/Messages.json",
        carrier_views.messages,
        name="handset-carrier-messages",
    ),
]
