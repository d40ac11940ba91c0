"""Whether a text may go: from this channel, by this author, to this number, now (A10–A25, N1).

The one decision, asked before any carrier is. ``sending_rules`` reads what supervisors have set,
in one query; what follows from it is pure, and each refusal is a sentence for whoever would send.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, Exists, Func, Q, Subquery, TextField, Value, When
from django.db.models.functions import Cast, JSONObject

from agents.models import Agent
from routing.enums import AutoReply, ChannelState, MediaPolicy, NumberType, Reach
from routing.models import BlockedNumber, Destination, NumberCapability, SendingPolicy, SmsSwitch
from routing.selectors.consent import opted_out
from smsdesk.lib import phone
from smsdesk.lib.countries import country_name
from smsdesk.lib.plaintext import first_emoji, first_link
from smsdesk.lib.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

    from routing.models import Channel, Interaction

NO_MORE_TEXTS = (
    "The customer asked for no more texts, so this was not sent."
    " Only the customer can undo that, by texting START."
)
# The one confirmation, and help that was asked for (N1).
FOR_WHO_IS_OUT = {AutoReply.STOP, AutoReply.HELP}
NOT_ACTIVE = {
    ChannelState.PROVISIONING: "is still being provisioned",
    ChannelState.PORTING: "waits for its port-in",
    ChannelState.SUSPENDED: "is suspended",
}
MOST_NAMED = 4


@dataclass(frozen=True)
class SendingRules:
    """What supervisors have set of sending, as it holds for one author."""

    sms_on: bool = True
    switched_off_for: str = ""
    # Whether the author's licence lets them text (A19).
    capable: bool = True
    policy: str = ""
    policy_on: bool = True
    # None: every country.
    countries: frozenset[str] | None = None
    # Which may not be texted, and why.
    forbidden: Mapping[str, str] = field(default_factory=dict)
    # By country and type, numbers that only receive.
    mute: frozenset[tuple[str, str]] = frozenset()
    # Why, by number and channel; None: every channel.
    blocked: Mapping[tuple[str, int | None], str] = field(default_factory=dict)
    # What one part of a text costs, by country (N3).
    prices: Mapping[str, Decimal] = field(default_factory=dict)


def sending_rules(agent_id: int | None = None, *, numbers: Collection[str] = ()) -> SendingRules:
    """The rules for this agent's texts; without one, for campaigns and automatic texts.

    Of blocked numbers and of prices they know those of ``numbers``.
    """
    countries = {phone.country_of(number) for number in numbers}
    (found,) = _set_for(agent_id or 0, "\n".join(numbers), "\n".join(countries))
    policy = found["policy"] or {"name": "", "sms_on": True, "reach": Reach.ALL, "countries": []}
    return SendingRules(
        sms_on=found["sms_on"],
        switched_off_for=found["reason"],
        capable=found["capable"],
        policy=policy["name"],
        policy_on=policy["sms_on"],
        countries=frozenset(policy["countries"]) if policy["reach"] == Reach.LISTED else None,
        forbidden={row["country"]: row["reason"] for row in found["forbidden"]},
        mute=frozenset((row["country"], row["number_type"]) for row in found["mute"]),
        blocked={(row["number"], row["channel"]): row["reason"] for row in found["blocked"]},
        prices={row["country"]: Decimal(row["price"]) for row in found["prices"]},
    )


@Prepared
def _set_for(agent_id: int, numbers: str, countries: str) -> QuerySet[Any, Any]:
    """The one row of all that is set; what is asked for a line each, for SQL that is made once."""
    of_agent, of_team = Q(members__agent=agent_id), Q(members__team__agents=agent_id)
    policies = SendingPolicy.objects.filter(Q(is_default=True) | of_agent | of_team).order_by(
        Case(When(of_agent, then=0), When(of_team, then=1), default=2), "pk"
    )
    return SmsSwitch.objects.annotate(
        capable=~Exists(Agent.objects.filter(pk=agent_id, sms_capable=False)),
        policy=Subquery(
            policies.values(
                row=JSONObject(name="name", sms_on="sms_on", reach="reach", countries="countries")
            )[:1]
        ),
        forbidden=ArraySubquery(
            Destination.objects.filter(allowed=False).values(
                row=JSONObject(country="country", reason="reason")
            )
        ),
        mute=ArraySubquery(
            NumberCapability.objects.filter(outbound=False).values(
                row=JSONObject(country="country", number_type="number_type")
            )
        ),
        blocked=ArraySubquery(
            BlockedNumber.objects.in_force()
            .filter(_is_one_of("number", numbers))
            .values(row=JSONObject(number="number", channel="channel", reason="reason"))
        ),
        prices=ArraySubquery(
            Destination.objects.filter(_is_one_of("country", countries)).values(
                # In words: as a number of JSON it would come back less exact.
                row=JSONObject(country="country", price=Cast("price_per_part", TextField()))
            )
        ),
    ).values("sms_on", "reason", "capable", "policy", "forbidden", "mute", "blocked", "prices")


def _is_one_of(column: str, lines: str) -> Func:
    return Func(
        column,
        Func(Value(lines), Value("\n"), function="string_to_array"),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def why_not_sent(
    rules: SendingRules,
    *,
    channel: Channel,
    address: str,
    opted_out: bool = False,
    body: str = "",
) -> str:
    """Why the text may not go, in a sentence; empty where it may. Without a body, whether any."""
    return (
        why_nothing_goes(rules)
        or why_channel_is_shut(rules, channel)
        or why_not_there(rules, channel=channel, address=address)
        or why_blocked(rules, channel=channel, address=address)
        or (NO_MORE_TEXTS if opted_out else "")
        or why_not_these_words(channel, body)
    )


def why_no_text(
    interaction: Interaction,
    agent_id: int | None = None,
    body: str = "",
    *,
    reason: str = "",
) -> str:
    """Why a text may not go in this conversation now, in a sentence; empty where it may.

    ``reason`` is that of an automatic reply: some are for who has opted out.
    """
    address = interaction.customer_address
    return why_not_sent(
        sending_rules(agent_id, numbers=[address]),
        channel=interaction.channel,
        address=address,
        opted_out=reason not in FOR_WHO_IS_OUT
        and opted_out(interaction.channel_id, address) is not None,
        body=body,
    )


def why_nothing_goes(rules: SendingRules) -> str:
    """Why this author can send nothing at all; empty where they can."""
    if not rules.sms_on:
        why = f": {rules.switched_off_for.rstrip('.')}" if rules.switched_off_for else ""
        return f"SMS is switched off for the whole company{why}. Texts still come in."
    if not rules.capable:
        return "Your account is not for SMS. Texts still come in; a supervisor can change it."
    if not rules.policy_on:
        return (
            f"SMS is switched off by the sending policy “{rules.policy}”. Texts still come in;"
            " a supervisor can switch it on."
        )
    return ""


def why_channel_is_shut(rules: SendingRules, channel: Channel) -> str:
    """Why nothing can be sent from this channel; empty where it can."""
    if channel.state != ChannelState.ACTIVE:
        return (
            f"{channel.name} {NOT_ACTIVE[ChannelState(channel.state)]}, so nothing can be sent from"
            " it. Texts still come in; a supervisor can activate it."
        )
    if (channel.country, channel.number_type) in rules.mute:
        kind = NumberType(channel.number_type).label
        return (
            f"{channel.name} only receives: no {kind} number of {country_name(channel.country)} can"
            " send texts."
        )
    return ""


def why_not_there(rules: SendingRules, *, channel: Channel, address: str) -> str:
    """Why this author may not text this number's country; empty where they may.

    A short code is of the channel's country: it is known in no other.
    """
    country = phone.country_of(address) or channel.country
    name = country_name(country) or "a number without a country"
    if country in rules.forbidden:
        why = rules.forbidden[country].rstrip(".")
        return f"Texts to {name} are not allowed{f': {why}' if why else ''}."
    if rules.countries is not None and country not in rules.countries:
        return (
            f"The sending policy “{rules.policy}” allows texts to {in_words(rules.countries)}, not"
            f" to {name}."
        )
    return ""


def why_blocked(rules: SendingRules, *, channel: Channel, address: str) -> str:
    """Why a blocked number gets nothing from this channel; empty where it is none."""
    why = rules.blocked.get((address, channel.pk)) or rules.blocked.get((address, None))
    if not why:
        return ""
    return (
        f"{phone.display(address)} is blocked: {why.rstrip('.')}. Nothing is sent to it, and its"
        " texts reach nobody, before a supervisor unblocks it."
    )


def why_not_these_words(channel: Channel, body: str) -> str:
    """What the channel's media policy refuses of a text; empty where nothing is."""
    policy = MediaPolicy(channel.media_policy)
    if policy in {MediaPolicy.ANY, MediaPolicy.FILES}:
        return ""
    link = first_link(body) if policy is MediaPolicy.PLAIN else ""
    if link:
        return f"No links can be sent over {channel.name}. Take out “{link[:60]}” first."
    emoji = first_emoji(body)
    if emoji:
        return f"No emoji can be sent over {channel.name}. Take out {emoji} first."
    return ""


def in_words(countries: frozenset[str]) -> str:
    """``Canada and United States only``; of a long list, how many it has."""
    names = sorted(country_name(country) for country in countries)
    if len(names) > MOST_NAMED:
        return f"{len(names)} countries only"
    if not names:
        return "no country"
    return f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} only"
