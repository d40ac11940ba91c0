"""Addresses of the agents' desk. Its socket, ``/desk/socket``, is named in ``smsdesk.asgi``."""

from __future__ import annotations

from django.urls import path

from smsdesk.console.views import (
    cases,
    composer,
    conversations,
    desk,
    ending,
    find,
    newtext,
    notes,
    offers,
    records,
    status,
)

urlpatterns = [
    path("", desk.show_desk, name="desk"),
    path("frame", desk.show_frame, name="desk-frame"),
    path("status", status.change_status, name="desk-status"),
    path("stop-new", status.switch_stop_new, name="desk-stop-new"),
    path("new-text", newtext.show_new_text, name="desk-new-text"),
    path("new-text/number", newtext.check_number, name="desk-check-number"),
    path("new-text/send", newtext.send_first, name="desk-send-first"),
    path("alerts", status.choose_alerts, name="desk-alerts"),
    path("offers/<int:offer_id>/accept", offers.accept, name="desk-accept"),
    path("offers/<int:offer_id>/reject", offers.reject, name="desk-reject"),
    path(
        "conversations/<int:interaction_id>/",
        conversations.show_conversation,
        name="desk-conversation",
    ),
    path(
        "conversations/<int:interaction_id>/thread",
        conversations.show_thread,
        name="desk-thread",
    ),
    path(
        "conversations/<int:interaction_id>/older",
        conversations.show_older,
        name="desk-older",
    ),
    path(
        "conversations/<int:interaction_id>/past/<int:past_id>",
        conversations.show_past,
        name="desk-past",
    ),
    path(
        "conversations/<int:interaction_id>/earlier",
        conversations.show_earlier,
        name="desk-earlier",
    ),
    path("conversations/<int:interaction_id>/seen", conversations.note_seen, name="desk-seen"),
    path("conversations/<int:interaction_id>/messages", conversations.send, name="desk-send"),
    path("conversations/<int:interaction_id>/notes", notes.add, name="desk-note"),
    path("cases/<int:case_id>/notes", notes.add_to_case, name="desk-case-note"),
    path("mentions", notes.show_mentions, name="desk-mentions"),
    path("mentions/<int:mention_id>/open", notes.open_mention, name="desk-mention"),
    path("colleagues", notes.show_colleagues, name="desk-colleagues"),
    path("messages/<int:message_id>/retry", conversations.retry, name="desk-retry"),
    path(
        "messages/<int:message_id>/take-back", conversations.take_back_text, name="desk-take-back"
    ),
    path("messages/<int:message_id>/opt-out", composer.opt_out_by, name="desk-opt-out-by"),
    path("messages/<int:message_id>/no-opt-out", composer.no_opt_out, name="desk-no-opt-out"),
    path("conversations/<int:interaction_id>/end", conversations.end, name="desk-end"),
    path("conversations/<int:interaction_id>/wrap-up", conversations.finish, name="desk-wrap-up"),
    path(
        "conversations/<int:interaction_id>/wrap-up/draft",
        conversations.keep_draft,
        name="desk-wrap-up-draft",
    ),
    path(
        "conversations/<int:interaction_id>/composer", composer.show_composer, name="desk-composer"
    ),
    path("conversations/<int:interaction_id>/draft", composer.draft, name="desk-draft"),
    path("conversations/<int:interaction_id>/opt-out", composer.opt_out, name="desk-opt-out"),
    path("conversations/<int:interaction_id>/replies", composer.show_replies, name="desk-replies"),
    path("replies", composer.show_replies_for_new_text, name="desk-replies-new"),
    path("articles", composer.show_articles, name="desk-articles"),
    path("articles/<str:slug>", composer.show_article, name="desk-article"),
    path("conversations/<int:interaction_id>/more-time", ending.more_time, name="desk-more-time"),
    path(
        "conversations/<int:interaction_id>/hand-over",
        ending.show_hand_over,
        name="desk-hand-over",
    ),
    path("conversations/<int:interaction_id>/transfer", ending.hand_over, name="desk-transfer"),
    path(
        "conversations/<int:interaction_id>/park/times",
        ending.show_park_times,
        name="desk-park-times",
    ),
    path("conversations/<int:interaction_id>/park", ending.put_aside, name="desk-park"),
    path("conversations/<int:interaction_id>/resume", ending.take_up, name="desk-resume"),
    path("conversations/<int:interaction_id>/why", ending.why_mine, name="desk-why"),
    path("offers/<int:offer_id>/why", ending.why_offered, name="desk-offer-why"),
    path("conversations/<int:interaction_id>/pane", cases.show_pane, name="desk-pane"),
    path("conversations/<int:interaction_id>/case", cases.save_case, name="desk-case"),
    path("conversations/<int:interaction_id>/customer", cases.choose, name="desk-customer"),
    path(
        "conversations/<int:interaction_id>/case/continue",
        cases.go_on_with_case,
        name="desk-continue-case",
    ),
    path(
        "conversations/<int:interaction_id>/customers",
        cases.search,
        name="desk-find-customer",
    ),
    path("cases/<int:case_id>/", records.show_case, name="desk-case-page"),
    path("cases/<int:case_id>/logs", records.show_case_logs, name="desk-case-logs"),
    path("logs/<int:log_id>/words", records.show_log_words, name="desk-log-words"),
    path("cases/<int:case_id>/card", records.show_case_card, name="desk-case-card"),
    path("cases/<int:case_id>/edit", records.change_case, name="desk-case-edit"),
    path("cases/<int:case_id>/state", records.change_case_state, name="desk-case-state"),
    path("customers/<int:customer_id>/", records.show_customer, name="desk-customer-page"),
    path("customers/<int:customer_id>/logs", records.show_customer_logs, name="desk-customer-logs"),
    path("customers/<int:customer_id>/card", records.show_customer_card, name="desk-customer-card"),
    path("customers/<int:customer_id>/edit", records.change_customer, name="desk-customer-edit"),
    path("find", find.find, name="desk-find"),
]
