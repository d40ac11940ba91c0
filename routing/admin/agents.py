"""Agents: who they are, what they may, and which queues and skills they have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import transaction
from django.utils.html import format_html
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV
from unfold.contrib.import_export.forms import ExportForm

from agents.forms import ManyAgentsForm, PersonForm
from agents.models import Agent
from agents.services.invitations import days_of_link, invitation_path, mail_invitation
from agents.services.roles import may_manage
from agents.services.roster import add_agent, add_person, change_agent, look_again
from routing.admin.agent_files import AgentImportForm, AgentResource
from routing.admin.rows import RowInline, StaysWithAPast
from routing.models import AgentSkill, QueueMember
from smsdesk.lib import clock
from smsdesk.lib.admin import ChangesMany

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.forms import BaseModelFormSet, ModelForm
    from django.http import HttpRequest


class QueueInline(RowInline):
    model = QueueMember
    verbose_name = "queue"
    verbose_name_plural = "Queues"
    autocomplete_fields = ("queue",)


class SkillInline(RowInline):
    model = AgentSkill
    verbose_name_plural = "Skills"
    autocomplete_fields = ("skill",)


@admin.register(Agent)
class AgentAdmin(StaysWithAPast, ChangesMany, ImportExportModelAdmin):
    list_display = ("name", "team", "status", "stop_new", "present", "load", "sms_capable")
    list_filter = ("team", "queues", "status", "present", "sms_capable")
    list_select_related = ("team", "status")
    search_fields = ("name", "user__username", "user__email")
    search_help_text = "By name, username or e-mail address."
    ordering = ("name",)
    inlines = (QueueInline, SkillInline)
    autocomplete_fields = ("user", "team")
    actions = ("change_many", "invite", "delete_selected")
    many_form = ManyAgentsForm
    actions_submit_line = ("save_and_invite",)
    resource_classes = (AgentResource,)
    formats = (CSV,)
    import_form_class = AgentImportForm
    export_form_class = ExportForm
    # In one step and one transaction: no file has to wait on the disk of one of several machines.
    skip_import_confirm = True
    at_work = ("Work", {"fields": ("name", "team", "limit")})
    permissions = (
        "What they may",
        {"fields": ("sms_capable", "may_reject", "may_initiate", "may_transfer")},
    )

    def get_fieldsets(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        if obj is None:
            signing_in: tuple[str, ...] = ("username", "email", "user")
        else:
            signing_in = ("user", "address", "last_signed_in")
        return (("Signing in", {"fields": signing_in}), self.at_work, self.permissions)

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> Any:
        """Whoever an agent is stays so: everything the agent did is theirs."""
        return ("user", "address", "last_signed_in") if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Agent | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = PersonForm
        return super().get_form(request, obj, change, **kwargs)

    @admin.display(description="e-mail address")
    def address(self, agent: Agent) -> str:
        return agent.user.email or "none"

    @admin.display(description="last signed in")
    def last_signed_in(self, agent: Agent) -> Any:
        return agent.user.last_login or "never: the invitation was not used yet"

    def save_model(
        self, request: HttpRequest, obj: Agent, form: ModelForm[Agent], change: bool
    ) -> None:
        if change:
            change_agent(agent=obj, fields=form.changed_data)
            for button in self.get_actions_submit_line(request, obj.pk):
                if button.action_name in request.POST:
                    button.method(request, obj)
        elif username := form.cleaned_data["username"]:
            email = form.cleaned_data["email"]
            add_person(agent=obj, username=username, email=email, now=clock.now())
            self._invite(request, obj)
        else:
            add_agent(agent=obj, now=clock.now())

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[Agent],
        formsets: Sequence[BaseModelFormSet[Any, Any]],
        change: bool,
    ) -> None:
        """A new queue or skill may let the agent take what waits already."""
        super().save_related(request, form, formsets, change)
        if any(formset.has_changed() for formset in formsets):
            look_again(form.instance.pk)

    def change_rows(self, rows: Sequence[Agent], form: ManyAgentsForm) -> None:
        fields = form.changes()
        for agent in rows:
            for name, value in fields.items():
                setattr(agent, name, value)
            change_agent(agent=agent, fields=list(fields))

    @admin.action(
        description="Invite the selected agents: a new link for each", permissions=["change"]
    )
    def invite(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        with transaction.atomic():
            for agent in queryset.select_related("user"):
                self._invite(request, agent)

    @admin.action(description="Save and invite again", permissions=["change"])
    def save_and_invite(self, request: HttpRequest, obj: Agent) -> None:
        self._invite(request, obj)

    def _invite(self, request: HttpRequest, agent: Agent) -> None:
        """Make a link; show it for copying, and send it once it is good."""
        if not may_manage(request.user, agent.user):
            reason = f"{agent} has a role above yours: an administrator can invite them."
            self.message_user(request, reason, messages.ERROR)
            return
        path = invitation_path(user=agent.user, actor=request.user, now=clock.now())
        link = request.build_absolute_uri(path)
        transaction.on_commit(partial(self._send, request, agent, link))

    def _send(self, request: HttpRequest, agent: Agent, link: str) -> None:
        sent = mail_invitation(user=agent.user, name=agent.name, link=link)
        words = format_html(
            "{} chooses a password here, once and within {} days: <code>{}</code> {}",
            agent,
            days_of_link(),
            link,
            sent,
        )
        self.message_user(request, words, messages.SUCCESS)
