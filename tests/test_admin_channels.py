"""A2–A22: channels, capabilities, prices, policies and the switch, as supervisors set them."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agents.models import Agent
from routing.admin.csv_files import FORMULA
from routing.enums import ChannelState, NumberType
from routing.models import (
    Channel,
    Destination,
    NumberCapability,
    PolicyMember,
    SendingPolicy,
    SmsSwitch,
)
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ChannelFactory,
    DestinationFactory,
    NumberCapabilityFactory,
    QueueFactory,
    SendingPolicyFactory,
    SkillFactory,
    TeamFactory,
)
from tests.support.admin_forms import change, untouched

pytestmark = pytest.mark.django_db
HEAD = "country,price_per_part,allowed,reason"


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("supervisor", password="secret"))
    return client


def channel_form(**changes) -> dict[str, object]:
    form = {
        "name": "Claims",
        "number": "+1 415 555 0199",
        "used_for": "SMS",
        "media_policy": "ANY",
        "inactivity_minutes": 120,
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def add_channel(desk, **changes):
    form = channel_form(account=AccountFactory().pk, queue=QueueFactory().pk, **changes)
    return desk.post(reverse("admin:routing_channel_add"), form, follow=True)


def change_channel(desk, channel: Channel, **changes):
    same = {
        "name": channel.name,
        "number": channel.number,
        "account": channel.account_id,
        "queue": channel.queue_id,
        "country": channel.country,
    }
    form = channel_form(**same | changes)
    url = reverse("admin:routing_channel_change", args=[channel.pk])
    return desk.post(url, form, follow=True)


class TestChannels:
    def test_A2_A4_a_new_channel_tells_type_and_country_and_waits_to_be_activated(self, desk):
        add_channel(desk)

        channel = Channel.objects.get()
        assert (channel.number, channel.number_type, channel.country, channel.state) == (
            "+14155550199",
            NumberType.LONG_CODE,
            "US",
            ChannelState.PROVISIONING,
        )

    @pytest.mark.parametrize(
        ("fields", "kind", "country"),
        [
            ({"number": "+1 800 234 5678"}, NumberType.TOLL_FREE, "US"),
            ({"number": "24453", "country": "CA"}, NumberType.SHORT_CODE, "CA"),
            ({"number": "+1 416 967 1111", "country": "US"}, NumberType.LONG_CODE, "CA"),
            ({"number": "+49 1511 2345678"}, NumberType.LONG_CODE, "DE"),
        ],
    )
    def test_A4_A5_A6_A12_A13_numbers_that_can_text_are_taken(self, desk, fields, kind, country):
        add_channel(desk, **fields, state="ACTIVE")

        channel = Channel.objects.get()
        assert (channel.number_type, channel.country, channel.state) == (kind, country, "ACTIVE")

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"number": "+44 7400 123456"}, "long code numbers of Britain (UK) receive no texts"),
            ({"number": "+81 90 1234 5678"}, "Nothing is known of long code numbers of Japan"),
            ({"number": "+44 56 0000 0000"}, "is a virtual number, which cannot be used for SMS"),
            ({"number": "24453"}, "Choose the country of 24453"),
            ({"number": "24453", "country": "DE"}, "Nothing is known of short code numbers"),
            ({"number_type": "TOLL_FREE"}, "+1 415-555-0199 is a long code number"),
            (
                {"number": "+49 1511 2345678", "used_for": "VOICE_SMS"},
                "long code numbers of Germany are for SMS only",
            ),
            ({"number": "+14155550199, +14155550198"}, "to one number, not to a group"),
            ({"state": "SUSPENDED"}, "Select a valid choice"),
            (
                {"media_policy": "PLAIN", "off_hours_reply": "See https://acme.example"},
                "No links can be sent over this channel",
            ),
        ],
    )
    def test_A3_A7_A8_A11_what_cannot_be_a_channel_is_refused_with_a_sentence(
        self, desk, fields, sentence
    ):
        page = add_channel(desk, **fields)

        assert sentence in page.text
        assert not Channel.objects.exists()

    def test_A3_voice_and_sms_is_for_the_us_and_canada(self, desk):
        add_channel(desk, used_for="VOICE_SMS")

        assert Channel.objects.get().get_used_for_display() == "voice and SMS"

    def test_A8_A14_what_the_table_says_is_the_supervisors(self, desk):
        row = NumberCapability.objects.get(country="US", number_type=NumberType.TOLL_FREE)
        url = reverse("admin:routing_numbercapability_change", args=[row.pk])
        desk.post(url, {"country": "US", "number_type": "TOLL_FREE", "outbound": "on"})

        page = add_channel(desk, number="+1 800 234 5678")

        assert "toll-free numbers of United States receive no texts" in page.text

    def test_A15_states_are_moved_along_their_table_only(self, desk):
        channel = ChannelFactory(state=ChannelState.PORTING)
        page = desk.get(reverse("admin:routing_channel_change", args=[channel.pk]))
        assert "SUSPENDED" not in page.text.split('name="state"')[1].split("</select>")[0]

        change_channel(desk, channel, state="ACTIVE")
        channel.refresh_from_db()
        assert channel.state == ChannelState.ACTIVE

        change_channel(desk, channel, state="PORTING")
        channel.refresh_from_db()
        assert channel.state == ChannelState.ACTIVE

    def test_A8_a_channel_in_use_is_changed_though_its_country_is_in_no_table(self, desk):
        channel = ChannelFactory(number="+819012345678")

        change_channel(desk, channel, name="Renamed", media_policy="LINKS")

        channel.refresh_from_db()
        assert (channel.name, channel.media_policy) == ("Renamed", "LINKS")

    def test_A15_channels_are_suspended_and_activated_in_bulk_each_with_a_word(self, desk):
        active, new = ChannelFactory(name="A"), ChannelFactory(name="B", state="PROVISIONING")
        chosen = {"_selected_action": [active.pk, new.pk]}
        url = reverse("admin:routing_channel_changelist")

        page = desk.post(url, {"action": "suspend", **chosen}, follow=True)
        assert "A is suspended now." in page.text
        assert "B is being provisioned, so it cannot become suspended." in page.text

        desk.post(url, {"action": "activate", **chosen})
        assert set(Channel.objects.values_list("state", flat=True)) == {"ACTIVE"}


class TestPrices:
    def upload(self, desk, *lines: str, head: str = HEAD):
        file = SimpleUploadedFile("prices.csv", "\n".join([head, *lines]).encode())
        form = {"import_file": file, "format": "0", "resource": "0"}
        return desk.post(reverse("admin:routing_destination_import"), form, follow=True)

    def test_A9_a_list_is_imported_and_says_what_it_did(self, desk):
        DestinationFactory(country="US", price_per_part="0.5")

        page = self.upload(desk, "us,0.0083,yes,", "DE,0.09,no,No contract")

        assert "1 new, 1 updated" in page.text
        assert list(
            Destination.objects.order_by("country").values_list(
                "country", "price_per_part", "allowed", "reason"
            )
        ) == [("DE", Decimal("0.09"), False, "No contract"), ("US", Decimal("0.0083"), True, "")]

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("XX,0.09,yes,", "“XX” is no country"),
            ("DE,cheap,yes,", "“cheap” is no price. Write it as 0.0083."),
            ("f\u0131,0.09,yes,", "is no country"),  # a dotless i
            ("DE,1_0,yes,", "“1_0” is no price. Write it as 0.0083."),
            ("DE,-1,yes,", "greater than or equal to 0"),
            ("DE,0.09,perhaps,", "“perhaps” says neither yes nor no."),
            ("US,0.09,yes,", "The file names United States twice."),
        ],
    )
    def test_A9_one_bad_line_is_named_and_nothing_is_imported(self, desk, line, sentence):
        page = self.upload(desk, "US,0.0083,yes,", line)

        assert sentence in page.text
        assert not Destination.objects.exists()

    @pytest.mark.parametrize(
        ("head", "lines", "sentence"),
        [
            ("country,price", ["US,1"], "The file lacks price_per_part, allowed, reason."),
            (HEAD, [], "There is no line below the first one"),
        ],
    )
    def test_A9_a_file_that_is_none_says_what_it_should_be(self, desk, head, lines, sentence):
        assert sentence in self.upload(desk, *lines, head=head).text

    def test_A9_what_is_exported_can_be_imported(self, desk):
        DestinationFactory(country="DE", price_per_part="0.09", allowed=False, reason="None, yet")
        form = {"format": "0", "resource": "0"}
        exported = desk.post(reverse("admin:routing_destination_export"), form)
        head, *lines = exported.content.decode().splitlines()
        Destination.objects.all().delete()

        self.upload(desk, *lines, head=head)

        found = Destination.objects.get()
        assert (head, found.country, found.allowed, found.reason) == (
            HEAD,
            "DE",
            False,
            "None, yet",
        )

    @pytest.mark.parametrize("reason", ["=1+1", "+1", "-2+3", "@SUM(1+9)", "'quoted", "None, yet"])
    def test_A9_no_spreadsheet_takes_a_reason_for_a_formula_and_it_comes_back(self, desk, reason):
        DestinationFactory(country="DE", allowed=False, reason=reason)
        form = {"format": "0", **dict.fromkeys(HEAD.split(","), "on")}
        exported = desk.post(reverse("admin:routing_destination_export"), form)
        head, *lines = exported.content.decode().splitlines()
        [row] = csv.reader(lines)
        Destination.objects.all().delete()

        self.upload(desk, *lines, head=head)

        assert not row[3].startswith(FORMULA)
        assert Destination.objects.get().reason == reason

    def test_A9_countries_are_allowed_and_forbidden_in_bulk(self, desk):
        chosen = [DestinationFactory(country=country).pk for country in ("DE", "FR")]
        url = reverse("admin:routing_destination_changelist")

        page = desk.post(url, {"action": "forbid", "_selected_action": chosen}, follow=True)
        assert "2 countries cannot be texted any more." in page.text
        assert not Destination.objects.filter(allowed=True).exists()

        desk.post(url, {"action": "allow", "_selected_action": chosen[:1]})
        assert Destination.objects.get(allowed=True).country == "DE"


class TestSwitches:
    def test_A20_A22_switched_off_every_page_of_what_needs_sms_says_so(self, desk):
        AgentFactory()
        desk.post(reverse("admin:routing_smsswitch_change", args=[1]), {"reason": "Maintenance"})

        switch = SmsSwitch.objects.get()
        assert (switch.sms_on, switch.reason) == (False, "Maintenance")
        assert switch.changed_by.username == "supervisor"
        assert Agent.objects.get().desk_version == 1
        for name in ("channel", "queue", "skill"):
            page = desk.get(reverse(f"admin:routing_{name}_changelist"))
            assert "SMS is switched off for the whole company: nothing here sends" in page.text

    @pytest.mark.parametrize("name", ["channel", "queue", "skill"])
    def test_A20_nothing_is_added_before_sms_is_on_and_what_is_typed_stays(self, desk, name):
        SmsSwitch.objects.update(sms_on=False)
        model = apps.get_model("routing", name)
        url = reverse(f"admin:routing_{name}_add")

        page = desk.post(url, {"name": "Typed before"})

        assert "nothing can be added" in page.text
        assert 'value="Typed before"' in page.text
        assert model.objects.count() == 0

    def test_A20_what_is_there_can_be_changed_while_sms_is_off(self, desk):
        skill = SkillFactory(name="Frnch")
        SmsSwitch.objects.update(sms_on=False)

        change(desk, skill, name="French")

        skill.refresh_from_db()
        assert skill.name == "French"

    def test_A20_switched_on_they_say_nothing(self, desk):
        assert "SMS is switched off" not in desk.get(reverse("admin:routing_channel_add")).text

    def test_A22_there_is_one_switch(self, desk):
        assert desk.get(reverse("admin:routing_smsswitch_add")).status_code == 403
        assert desk.post(reverse("admin:routing_smsswitch_delete", args=[1])).status_code == 403


class TestPolicies:
    def policy_form(self, **changes) -> dict[str, object]:
        return {
            "name": "Personal",
            "sms_on": "on",
            "reach": "ALL",
            "members-TOTAL_FORMS": 0,
            "members-INITIAL_FORMS": 0,
            **changes,
        }

    def members(self, *lines: dict[str, int]) -> dict[str, object]:
        form: dict[str, object] = {"members-TOTAL_FORMS": len(lines)}
        for place, line in enumerate(lines):
            form |= {f"members-{place}-{name}": value for name, value in line.items()}
        return form

    def test_A10_a_policy_for_a_team_and_an_agent(self, desk):
        team, agent = TeamFactory(), AgentFactory()
        form = self.policy_form(
            reach="LISTED",
            countries=["US", "CA"],
            **self.members({"team": team.pk}, {"agent": agent.pk}),
        )

        desk.post(reverse("admin:routing_sendingpolicy_add"), form)

        policy = SendingPolicy.objects.get(name="Personal")
        assert set(policy.countries) == {"US", "CA"}
        assert [str(member) for member in policy.members.order_by("pk")] == [team.name, agent.name]

    def test_A10_chosen_countries_have_to_be_chosen(self, desk):
        page = desk.post(
            reverse("admin:routing_sendingpolicy_add"), self.policy_form(reach="LISTED")
        )

        assert "Choose the countries that may be texted." in page.text

    def test_A10_nobody_has_two_policies(self, desk):
        agent = AgentFactory()
        SendingPolicyFactory(agents=[agent])

        page = desk.post(
            reverse("admin:routing_sendingpolicy_add"),
            self.policy_form(**self.members({"agent": agent.pk})),
        )

        assert "This agent has a sending policy already: take it out there." in page.text
        assert PolicyMember.objects.count() == 1

    def test_A21_the_default_policy_is_changed_and_never_deleted(self, desk):
        default = SendingPolicy.objects.get()
        url = reverse("admin:routing_sendingpolicy_delete", args=[default.pk])
        desk.post(
            reverse("admin:routing_sendingpolicy_change", args=[default.pk]),
            self.policy_form(name="Everybody", sms_on=""),
        )

        assert desk.post(url, {"post": "yes"}).status_code == 403
        default.refresh_from_db()
        assert not default.sms_on


@pytest.mark.parametrize("way", ["save", "delete", "delete several"])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: DestinationFactory(country="DE"), id="A9"),
        pytest.param(NumberCapabilityFactory, id="A8"),
        pytest.param(SendingPolicyFactory, id="A10"),
        pytest.param(ChannelFactory, id="A15"),
    ],
)
def test_A8_A9_A10_A15_open_desks_hear_of_every_change(desk, make, way):
    agent, row = AgentFactory(present=True), make()
    page = f"admin:routing_{row._meta.model_name}"
    if way == "save":
        url = reverse(f"{page}_change", args=[row.pk])
        answer = desk.post(url, untouched(desk.get(url)))
    elif way == "delete":
        answer = desk.post(reverse(f"{page}_delete", args=[row.pk]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        answer = desk.post(reverse(f"{page}_changelist"), chosen)

    assert answer.status_code == 302
    agent.refresh_from_db()
    assert agent.desk_version == 1


class TestWords:
    """A25: what would be refused later is refused where it is written."""

    @pytest.mark.parametrize("chosen", [True, False])
    def test_A25_a_rules_reply_keeps_to_the_media_policy(self, desk, chosen):
        ChannelFactory(name="Any")
        plain = ChannelFactory(name="Plain", media_policy="PLAIN")
        form = {"position": 1, "name": "First", "priority": 0, "reply": "See www.acme.example"}
        form |= {"in_schedule": "True", **({"channel": plain.pk} if chosen else {})}

        page = desk.post(reverse("admin:routing_rule_add"), form)

        assert "No links can be sent over Plain. Take out “www.acme.example” first." in page.text

    def test_A25_a_campaigns_text_keeps_to_the_media_policy(self, desk):
        plain = ChannelFactory(name="Plain", media_policy="PLAIN")
        form = {"name": "Spring", "channel": plain.pk, "body": "Hello 🌷", "audience": "CONTACTS"}

        page = desk.post(
            reverse("admin:cases_campaign_add"), {**form, "contact_days": 90, "per_minute": 30}
        )

        assert "No emoji can be sent over Plain. Take out 🌷 first." in page.text
