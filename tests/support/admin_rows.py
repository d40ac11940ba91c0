"""One row of everything that the admin shows; a new model is to be added here."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from agents.models import StatusCode
from agents.services.audit import record_act
from cases.models import CampaignRecipient, RetentionPeriod
from routing.enums import KeywordMeans, RequestKind, RequestState
from routing.models import CarrierRequest, Keyword, SmsSwitch
from smsdesk.lib import clock
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ArticleFactory,
    BlockedNumberFactory,
    CampaignFactory,
    CannedReplyFactory,
    CaseFactory,
    ChannelFactory,
    ConsentEntryFactory,
    CustomerFactory,
    DestinationFactory,
    DispositionFactory,
    InteractionFactory,
    NumberCapabilityFactory,
    QueueFactory,
    ScheduleFactory,
    SendingPolicyFactory,
    SkillFactory,
    TallyFactory,
    TeamFactory,
    started_campaign,
)


def recipient() -> CampaignRecipient | None:
    return started_campaign("+14155550123").recipients.first()


MAKE = {
    "agents.agent": AgentFactory,
    "agents.auditentry": lambda: record_act(
        actor=None, act="sold", subject="a hat", now=clock.now()
    ),
    "agents.statuscode": lambda: StatusCode.objects.create(name="Lunch"),
    "agents.team": TeamFactory,
    "auth.group": lambda: Group.objects.create(name="Night shift"),
    "auth.user": lambda: User.objects.create_user("kim"),
    "cases.article": ArticleFactory,
    "cases.campaign": lambda: CampaignFactory(numbers="+14155550123"),
    "cases.campaignrecipient": recipient,
    "cases.cannedreply": CannedReplyFactory,
    "cases.case": CaseFactory,
    "cases.customer": CustomerFactory,
    "cases.disposition": DispositionFactory,
    "cases.retentionperiod": RetentionPeriod.objects.first,
    "routing.blockednumber": BlockedNumberFactory,
    "routing.carrieraccount": AccountFactory,
    "routing.carrierrequest": lambda: CarrierRequest.objects.create(
        account=AccountFactory(),
        kind=RequestKind.INBOUND,
        url="http://testserver/",
        body=b"",
        received_at=clock.now(),
        state=RequestState.PARKED,
    ),
    "routing.channel": ChannelFactory,
    "routing.consententry": ConsentEntryFactory,
    "routing.destination": DestinationFactory,
    "routing.interaction": InteractionFactory,
    "routing.keyword": lambda: Keyword.objects.create(word="ARRET", means=KeywordMeans.STOP),
    "routing.numbercapability": NumberCapabilityFactory,
    "routing.queue": QueueFactory,
    "routing.rule": lambda: QueueFactory().rules.create(name="First"),
    "routing.schedule": ScheduleFactory,
    "routing.sendingpolicy": SendingPolicyFactory,
    "routing.skill": SkillFactory,
    "routing.smsswitch": SmsSwitch.objects.get,
    "routing.tally": TallyFactory,
}
