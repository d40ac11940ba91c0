"""I7, I9: whom a campaign would text, what that costs, and who is left out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import phonenumbers
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from cases.enums import Audience
from cases.selectors.audience import preview_of, read_numbers, recipients_of
from routing.enums import Author, MessageState
from smsdesk.lib import clock, phone
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ConsentEntryFactory,
    CustomerFactory,
    DestinationFactory,
    InteractionFactory,
    MessageFactory,
    inbound_text,
)

DANA, PRIYA, JO = "+14155550101", "+14155550102", "+14155550103"
WRITINGS = [
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
]
REGIONS = ["US", "GB", "DE", "FR", "IN", "MX"]


def names(campaign) -> dict[str, str]:
    return recipients_of(campaign, now=clock.now()).names


def left_out(campaign) -> dict[str, int]:
    return dict(preview_of(campaign, now=clock.now()).left_out)


@given(st.text())
def test_I7_each_line_is_a_number_or_a_sentence_whatever_is_pasted(text):
    numbers, refused = read_numbers(text, region="US")

    lines = [line for line in text.splitlines() if line.strip().rstrip(",;").strip()]
    assert len(numbers) + len(refused) == len(lines)
    assert all(number.startswith("+") for number in numbers)
    assert [phone.normalise(number) for number in numbers] == numbers
    assert all(sentence.startswith("Line ") and sentence.endswith(".") for sentence in refused)


@given(
    st.lists(st.tuples(st.sampled_from(REGIONS), st.sampled_from(WRITINGS)), max_size=6),
    st.sampled_from(REGIONS),
    st.sampled_from(["\n", "\r\n", ",\n", "\n\n"]),
)
def test_I7_numbers_are_read_in_any_national_writing(lines, region, between):
    national = phonenumbers.PhoneNumberFormat.NATIONAL
    examples = [
        # the national writing only at home
        (phonenumbers.example_number(region if writing == national else abroad), writing)
        for abroad, writing in lines
    ]
    text = between.join(phonenumbers.format_number(*example) for example in examples)
    text = text.replace("tel:", "")

    numbers, refused = read_numbers(text, region=region)

    assert refused == []
    assert numbers == [
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for number, _ in examples
    ]


def test_I7_a_line_that_is_no_number_says_which_and_why():
    numbers, refused = read_numbers("(415) 555-0101\n\nDana\n24453\n415 55", region="US")

    assert numbers == [DANA]
    assert refused == [
        "Line 3: “Dana” has letters in it; a phone number has digits only.",
        "Line 4: “24453” is a short code; texts go to phones only.",
        "Line 5: “415 55” has too few digits for a phone number.",
    ]


@pytest.mark.django_db
class TestAudience:
    def test_I9_past_contacts_are_those_who_texted_this_channel_lately(self):
        campaign = CampaignFactory(audience=Audience.CONTACTS, contact_days=30)
        CustomerFactory(name="Dana Whitfield", phones=[DANA])
        for number, days in ((DANA, 1), (PRIYA, 31)):
            InteractionFactory(
                channel=campaign.channel, customer_address=number, state="CLOSED"
            ).messages.create(
                channel=campaign.channel,
                author=Author.CUSTOMER,
                state=MessageState.RECEIVED,
                created_at=clock.now() - timedelta(days=days),
            )
        MessageFactory(interaction__customer_address=JO)  # over another channel

        assert names(campaign) == {DANA: "Dana Whitfield"}

    def test_I9_who_was_only_texted_by_us_is_no_past_contact(self):
        campaign = CampaignFactory(audience=Audience.CONTACTS)
        MessageFactory(
            interaction__channel=campaign.channel,
            author=Author.AUTOMATIC,
            state=MessageState.SENT,
        )

        assert names(campaign) == {}

    def test_I9_every_customer_is_texted_once_at_the_number_used_last(self):
        campaign = CampaignFactory(audience=Audience.CUSTOMERS)
        CustomerFactory(name="Dana", phones=["24453", DANA, PRIYA])
        CustomerFactory(name="Jo", phones=[JO, "+14155550104"])
        CustomerFactory(name="Jo’s wife", phones=[JO])
        CustomerFactory(name="Nobody")
        InteractionFactory(customer_address=PRIYA, state="CLOSED")

        assert names(campaign) == {PRIYA: "Dana", JO: ""}  # shared: whose name it is, who knows
        assert left_out(campaign) == {
            "named twice; texted once": 1,
            "no number that can be texted": 1,
        }

    def test_I7_a_list_is_read_in_the_channels_country_and_each_number_once(self):
        channel = ChannelFactory(number="+442079460958")
        campaign = CampaignFactory(
            channel=channel, numbers="020 7946 0018\n+44 20 7946 0018\n(020) 7946 0019"
        )

        assert list(names(campaign)) == ["+442079460018", "+442079460019"]
        assert left_out(campaign) == {"named twice; texted once": 1}


@pytest.mark.django_db
class TestPreview:
    def test_I7_it_says_who_is_left_out_and_why(self):
        channel = ChannelFactory()
        campaign = CampaignFactory(
            channel=channel, numbers=f"{DANA}\n{PRIYA}\n{JO}\n{channel.number}\n+14155550104"
        )
        for address in (DANA, PRIYA):
            ConsentEntryFactory(channel=channel, address=address)
        ConsentEntryFactory(channel=channel, address=PRIYA, opted_out=False)
        inbound_text(ChannelFactory(), JO)

        assert left_out(campaign) == {
            "asked for no more texts": 1,
            "in an open conversation": 1,
            "one of our own numbers": 1,
        }
        assert preview_of(campaign, now=clock.now()).recipients == 2

    def test_I7_it_counts_parts_and_their_price_where_it_is_listed(self):
        DestinationFactory(country="US", price_per_part=Decimal("0.0083"))
        CustomerFactory(name="D" * 120, phones=[DANA])
        campaign = CampaignFactory(
            body="{customer} " + "x" * 50, numbers=f"{DANA}\n{PRIYA}\n+44 20 7946 0018"
        )

        preview = preview_of(campaign, now=clock.now())

        assert preview.parts == 4  # one text has two
        assert preview.price == Decimal("0.0249")
        assert preview.unpriced == ["Britain (UK) (1)"]

    def test_I7_without_any_listed_price_there_is_none(self):
        preview = preview_of(CampaignFactory(numbers=DANA), now=clock.now())

        assert preview.price is None
        assert preview.unpriced == ["United States (1)"]

    def test_I7_it_shows_the_text_as_the_first_one_reads_it(self):
        CustomerFactory(name="Dana Whitfield", phones=[DANA])
        campaign = CampaignFactory(
            channel=ChannelFactory(name="Acme"),
            body="{first_name}, dear {customer}: {channel}",
            numbers=DANA,
        )

        assert preview_of(campaign, now=clock.now()).sample == "Dana, dear Dana Whitfield: Acme"
        campaign.numbers = ""
        assert preview_of(campaign, now=clock.now()).sample == "there, dear customer: Acme"

    def test_I7_its_queries_do_not_depend_on_how_many_there_are(self, django_assert_num_queries):
        campaign = CampaignFactory(audience=Audience.CUSTOMERS)
        for many in (1, 20):
            for place in range(many):
                CustomerFactory(phones=[f"+1415556{many:02}{place:02}"])
            with django_assert_num_queries(10):
                preview_of(campaign, now=clock.now())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Hi {agent}", "There is no variable {agent}. These are filled in: {customer},"),
        ("Hi {first_name", "A brace stands alone."),
        ("x" * 1501, "The text has 1501 characters; at most 1500 fit."),
    ],
)
def test_I7_a_text_that_cannot_be_meant_so_is_refused(body, sentence):
    campaign = CampaignFactory()
    campaign.body = body

    with pytest.raises(ValidationError) as refused:
        campaign.full_clean()

    assert refused.value.message_dict["body"][0].startswith(sentence)
