"""Agents as a CSV file: one line a person, with their queues and skills (D4)."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from import_export.fields import Field

from agents.enums import LIMIT_CEILING
from agents.models import Agent, Team
from agents.services.roster import add_person, change_agent, look_again
from routing.admin.csv_files import CsvImportForm, CsvResource, YesNoWidget
from routing.models import AgentSkill, Queue, QueueMember, Skill
from smsdesk.lib import clock

MARKS = ("sms_capable", "may_reject", "may_initiate", "may_transfer")
COLUMNS = ("username", "name", "email", "team", "limit", "queues", "skills", *MARKS)
SKILL = re.compile(r"(?P<name>.+?)\s+(?P<level>[1-5])")


class AgentImportForm(CsvImportForm):
    columns = COLUMNS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import_file"].help_text += (
            " Queues are written as “Claims; Policy help”, skills with their level as “Spanish 4;"
            " Claims 3”. Who is new is made, without an invitation: choose them in the list then,"
            " and invite them. Who is not in the file stays as they are."
        )


class AgentResource(CsvResource):
    """Agents whom the file does not name stay as they are."""

    username = Field("user__username", "username", readonly=True)
    email = Field("user__email", "email", readonly=True)
    team = Field("team__name", "team", readonly=True)
    limit = Field("limit", "limit", readonly=True)
    queues = Field(column_name="queues", readonly=True)
    skills = Field(column_name="skills", readonly=True)
    sms_capable = Field("sms_capable", "sms_capable", widget=YesNoWidget())
    may_reject = Field("may_reject", "may_reject", widget=YesNoWidget())
    may_initiate = Field("may_initiate", "may_initiate", widget=YesNoWidget())
    may_transfer = Field("may_transfer", "may_transfer", widget=YesNoWidget())

    class Meta:
        model = Agent
        fields = export_order = COLUMNS
        import_id_fields = ("username",)
        use_transactions = True

    def get_queryset(self) -> Any:
        agents = super().get_queryset().select_related("user", "team")
        return agents.prefetch_related("queues", "skills__skill")

    def dehydrate_queues(self, agent: Agent) -> str:
        return "; ".join(sorted(queue.name for queue in agent.queues.all()))

    def dehydrate_skills(self, agent: Agent) -> str:
        return "; ".join(sorted(f"{one.skill.name} {one.level}" for one in agent.skills.all()))

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.named: set[str] = set()
        self.teams = {team.name: team for team in Team.objects.all()}
        self.known_queues = {queue.name: queue for queue in Queue.objects.all()}
        self.known_skills = {skill.name: skill for skill in Skill.objects.all()}

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """Every cell of a line is looked at, and each that is wrong says so."""
        for name in COLUMNS:
            row[name] = str("" if row[name] is None else row[name]).strip()
        wrong: dict[str, str] = {}
        for name, read in (
            ("username", self._username),
            ("name", self._name),
            ("email", self._email),
            ("team", self._team),
            ("limit", self._limit),
            ("queues", self._queues),
            ("skills", self._skills),
        ):
            try:
                read(row[name])
            except ValueError as error:
                wrong[name] = str(error)
        if wrong:
            raise ValidationError(wrong)
        self.named.add(row["username"].lower())

    def get_instance(self, instance_loader: Any, row: Any) -> Agent | None:
        agents = Agent.objects.select_related("user")
        return agents.filter(user__username__iexact=row["username"]).first()

    def before_save_instance(self, instance: Agent, row: Any, **kwargs: Any) -> None:
        instance.name = row["name"]
        instance.team = self._team(row["team"])
        instance.limit = self._limit(row["limit"])
        instance.from_file = row  # type: ignore[attr-defined]

    def do_instance_save(self, instance: Agent, is_create: bool) -> None:
        row = instance.from_file  # type: ignore[attr-defined]
        if is_create:
            username, email = row["username"], row["email"]
            add_person(agent=instance, username=username, email=email, now=clock.now())
        else:
            change_agent(agent=instance, fields=("name", "team", "limit", *MARKS))
        queues, skills = self._queues(row["queues"]), self._skills(row["skills"])
        for gone in instance.memberships.exclude(queue__in=queues):
            gone.delete()
        for queue in queues:
            QueueMember.objects.get_or_create(agent=instance, queue=queue)
        for lost in instance.skills.exclude(skill__in=skills):
            lost.delete()
        for skill, level in skills.items():
            AgentSkill.objects.update_or_create(
                agent=instance, skill=skill, defaults={"level": level}
            )
        look_again(instance.pk)

    def _username(self, name: str) -> None:
        if not name:
            raise ValueError("Write what they sign in with.")
        if name.lower() in self.named:
            raise ValueError(f"The file names “{name}” twice.")
        try:
            UnicodeUsernameValidator()(name)
        except ValidationError:
            raise ValueError(
                f"“{name}” is no username: letters, digits and @ . + - _ only."
            ) from None
        if User.objects.filter(username__iexact=name, agent__isnull=True).exists():
            raise ValueError(f"“{name}” signs in here already, and is no agent: add them by hand.")

    def _name(self, name: str) -> None:
        longest = 80
        if not 0 < len(name) <= longest:
            raise ValueError(f"A name has 1 to {longest} characters.")

    def _email(self, address: str) -> None:
        try:
            if address:
                validate_email(address)
        except ValidationError:
            raise ValueError(f"“{address}” is no e-mail address.") from None

    def _team(self, name: str) -> Team | None:
        if name and name not in self.teams:
            raise ValueError(f"There is no team “{name}”. Add it first.")
        return self.teams[name] if name else None

    def _limit(self, limit: str) -> int | None:
        if not limit:
            return None
        if not limit.isdecimal() or not 1 <= int(limit) <= LIMIT_CEILING:
            raise ValueError(f"“{limit}” is no limit: 1 to {LIMIT_CEILING}, or empty.")
        return int(limit)

    def _queues(self, names: str) -> list[Queue]:
        wanted = _split(names)
        for name in wanted:
            if name not in self.known_queues:
                raise ValueError(f"There is no queue “{name}”. Add it first.")
        return [self.known_queues[name] for name in wanted]

    def _skills(self, words: str) -> dict[Skill, int]:
        found: dict[Skill, int] = {}
        for each in _split(words):
            match = SKILL.fullmatch(each)
            if match is None:
                raise ValueError(f"“{each}” is no skill and level from 1 to 5, such as Spanish 4.")
            if match["name"] not in self.known_skills:
                raise ValueError(f"There is no skill “{match['name']}”. Add it first.")
            found[self.known_skills[match["name"]]] = int(match["level"])
        return found


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(";") if word.strip()]
