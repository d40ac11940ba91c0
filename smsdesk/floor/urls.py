"""Addresses of the floor. Its socket, ``/admin/floor/socket``, is named in ``smsdesk.asgi``."""

from __future__ import annotations

from django.urls import path

from smsdesk.floor import acts
from smsdesk.floor.numbers import show_numbers
from smsdesk.floor.views import show_floor, show_frame, supervised
from smsdesk.floor.waiting import show_waiting

TALK = "conversations/<int:interaction_id>/"

urlpatterns = [
    path("", supervised(show_floor), name="floor"),
    path("frame", supervised(show_frame), name="floor-frame"),
    path("numbers", supervised(show_numbers), name="floor-numbers"),
    path("waiting", supervised(show_waiting), name="floor-waiting"),
    path(TALK, supervised(acts.show_conversation), name="floor-conversation"),
    path(f"{TALK}thread", supervised(acts.show_thread), name="floor-thread"),
    path(f"{TALK}take-over", supervised(acts.take_over), name="floor-take-over"),
    path(f"{TALK}<slug:name>", supervised(acts.act), name="floor-act"),
    path("agents/<int:agent_id>/", supervised(acts.agent), name="floor-agent"),
    path(
        "disconnect",
        supervised(acts.disconnect, permission="routing.force_disconnect"),
        name="floor-disconnect",
    ),
]
