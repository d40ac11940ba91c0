"""A9–A16, A19–A25: whether a text may go, said before any carrier is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.enums import ChannelState, MediaPolicy, NumberType, Reach
from routing.models import Channel, Destination, NumberCapability, SendingPolicy, SmsSwitch
from routing.selectors.policy import (
    NO_MORE_TEXTS,
    SendingRules,
    sending_rules,
    why_not_sent,
    why_not_these_words,
)
from tests.factories import (
    AgentFactory,
    DestinationFactory,
    NumberCapabilityFactory,
    SendingPolicyFactory,
    TeamFactory,
)

US, CANADA, GERMANY = "+14155550123", "+16135550123", "+4915112345678"


def a_channel(**changes) -> Channel:
    plain = {"name": "Claims", "number": "+14155550199", "country": "US"}
    kind = {"number_type": NumberType.LONG_CODE, "state": ChannelState.ACTIVE}
    return Channel(**{**plain, **kind, **changes})


def why(rules: SendingRules, address: str = US, **fields) -> str:
    return why_not_sent(
        rules, channel=fields.pop("channel", a_channel()), address=address, **fields
    )


class TestDecision:
    def test_A9_without_any_rule_every_country_may_be_texted(self):
        assert [why(SendingRules(), number) for number in (US, CANADA, GERMANY)] == ["", "", ""]

    def test_A22_off_for_the_company_says_why(self):
        rules = SendingRules(sms_on=False, switched_off_for="Our numbers move.")

        assert why(rules) == (
            "SMS is switched off for the whole company: Our numbers move. Texts still come in."
        )

    def test_A19_whose_account_is_not_for_sms_sends_nothing(self):
        assert why(SendingRules(capable=False)).startswith("Your account is not for SMS.")

    def test_A21_off_by_the_policy_names_it(self):
        said = why(SendingRules(policy="Trainees", policy_on=False))

        assert "switched off by the sending policy “Trainees”" in said

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            (
                ChannelState.PROVISIONING,
                "Claims is still being provisioned, so nothing can be sent",
            ),
            (ChannelState.PORTING, "Claims waits for its port-in, so nothing can be sent"),
            (ChannelState.SUSPENDED, "Claims is suspended, so nothing can be sent"),
        ],
    )
    def test_A15_nothing_is_sent_before_a_channel_is_active(self, state, words):
        assert words in why(SendingRules(), channel=a_channel(state=state))

    def test_A11_numbers_that_only_receive_send_nothing(self):
        rules = SendingRules(mute=frozenset({("GB", "LONG_CODE")}))
        british = a_channel(number="+447400123456", country="GB")

        assert why(rules, channel=british) == (
            "Claims only receives: no long code number of Britain (UK) can send texts."
        )
        assert why(rules) == ""

    def test_A9_a_forbidden_country_says_why(self):
        rules = SendingRules(forbidden={"DE": "Our contract does not cover it.", "CA": ""})

        assert why(rules, GERMANY) == (
            "Texts to Germany are not allowed: Our contract does not cover it."
        )
        assert why(rules, CANADA) == "Texts to Canada are not allowed."
        assert why(rules) == ""

    def test_A10_a_policy_allows_only_the_countries_it_lists(self):
        rules = SendingRules(policy="Personal", countries=frozenset({"US", "CA"}))

        assert [why(rules, number) for number in (US, CANADA)] == ["", ""]
        assert why(rules, GERMANY) == (
            "The sending policy “Personal” allows texts to Canada and United States only, not to"
            " Germany."
        )

    def test_A10_a_short_code_is_of_the_channels_country(self):
        rules = SendingRules(policy="Personal", countries=frozenset({"US"}))

        assert why(rules, "24453") == ""
        assert "not to Canada" in why(rules, "24453", channel=a_channel(country="CA"))

    def test_N1_an_opt_out_is_one_of_the_reasons(self):
        assert why(SendingRules(), opted_out=True) == NO_MORE_TEXTS

    @pytest.mark.parametrize(
        ("policy", "body", "words"),
        [
            (MediaPolicy.PLAIN, "See acme.com/x", "No links can be sent over Claims. Take out"),
            (MediaPolicy.PLAIN, "Fine 👍", "No emoji can be sent over Claims. Take out 👍"),
            (MediaPolicy.PLAIN, "Grüße, ёлка 語", ""),
            (MediaPolicy.LINKS, "See acme.com/x", ""),
            (MediaPolicy.LINKS, "Fine 👍", "No emoji can be sent"),
            (MediaPolicy.ANY, "See acme.com/x 👍", ""),
            (MediaPolicy.FILES, "See acme.com/x 👍", ""),
        ],
    )
    def test_A25_the_media_policy_is_about_the_words(self, policy, body, words):
        said = why(SendingRules(), channel=a_channel(media_policy=policy), body=body)

        assert said.startswith(words) if words else said == ""

    @given(
        on=st.booleans(),
        capable=st.booleans(),
        policy_on=st.booleans(),
        state=st.sampled_from(ChannelState),
        countries=st.none() | st.frozensets(st.sampled_from(["US", "CA", "DE"])),
        forbidden=st.frozensets(st.sampled_from(["US", "CA", "DE"])),
        address=st.sampled_from([US, CANADA, GERMANY]),
        opted_out=st.booleans(),
    )
    def test_A10_A15_A21_A22_a_text_goes_only_where_nothing_is_against_it(
        self, *, on, capable, policy_on, state, countries, forbidden, address, opted_out
    ):
        rules = SendingRules(
            sms_on=on,
            capable=capable,
            policy_on=policy_on,
            countries=countries,
            forbidden=dict.fromkeys(forbidden, ""),
        )
        country = {US: "US", CANADA: "CA", GERMANY: "DE"}[address]
        goes = (
            on
            and capable
            and policy_on
            and state == ChannelState.ACTIVE
            and country not in forbidden
            and (countries is None or country in countries)
            and not opted_out
        )

        said = why(rules, address, channel=a_channel(state=state), opted_out=opted_out)

        assert (said == "") is goes
        assert goes or said.endswith(".")


@pytest.mark.django_db
class TestRules:
    def test_A9_A22_they_are_read_in_one_query(self, django_assert_num_queries):
        DestinationFactory(country="DE", allowed=False, reason="No contract")
        NumberCapabilityFactory(country="IS", outbound=False)
        SmsSwitch.objects.update(sms_on=False, reason="Maintenance")
        agent = AgentFactory()
        SendingPolicyFactory(
            name="Own", agents=[agent], sms_on=False, reach=Reach.LISTED, countries=["US", "CA"]
        )

        with django_assert_num_queries(1):
            rules = sending_rules(agent.pk)

        assert rules == SendingRules(
            sms_on=False,
            switched_off_for="Maintenance",
            policy="Own",
            policy_on=False,
            countries=frozenset({"US", "CA"}),
            forbidden={"DE": "No contract"},
            mute=frozenset({("GB", "LONG_CODE"), ("IS", "LONG_CODE")}),
        )

    def test_A10_an_agents_policy_goes_before_the_teams_and_that_before_the_default(self):
        team = TeamFactory()
        alone, member, own = AgentFactory(), AgentFactory(team=team), AgentFactory(team=team)
        SendingPolicyFactory(name="Of the team", teams=[team])
        SendingPolicyFactory(name="Own", agents=[own])

        found = [sending_rules(agent.pk).policy for agent in (alone, member, own)]

        assert found == ["Everybody", "Of the team", "Own"]
        assert sending_rules().policy == "Everybody"

    def test_A10_whoever_receives_may_be_of_any_country(self):
        SendingPolicy.objects.update(reach=Reach.LISTED, countries=["US", "CA"])

        assert why(sending_rules(), GERMANY)
        assert Destination.objects.count() == 0  # none is needed for receiving

    def test_A11_canadian_numbers_text_and_british_ones_do_not(self):
        rules = sending_rules()
        canadian = a_channel(number="+16135550199", country="CA")
        british = a_channel(number="+447400123456", country="GB")

        assert why(rules, channel=canadian) == ""
        assert "can send texts" in why(rules, channel=british)

    def test_A8_A12_A13_the_table_begins_with_what_the_documents_say(self):
        receiving = NumberCapability.objects.filter(inbound=True)
        countries = set(receiving.values_list("country", flat=True))
        kinds = {
            country: set(receiving.filter(country=country).values_list("number_type", flat=True))
            for country in countries
        }

        assert len(countries) == 30
        assert kinds.pop("US") == kinds.pop("CA") == set(NumberType.values)
        assert {frozenset(kind) for kind in kinds.values()} == {frozenset({"LONG_CODE"})}
        voice = NumberCapability.objects.filter(voice=True).values_list("country", flat=True)
        assert set(voice) == {"US", "CA"}


def test_A25_old_channels_keep_every_text():
    assert why_not_these_words(a_channel(), "https://acme.example 👍") == ""
