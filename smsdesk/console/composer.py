"""What the composer of a conversation begins with (F13, N1, N3, N5, N6)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from cases.selectors.customers import names_by_address
from routing.enums import InteractionState, MediaPolicy
from routing.selectors.consent import opted_out
from routing.selectors.policy import sending_rules, why_not_sent
from routing.selectors.quiet import put_off, their_time
from routing.selectors.threads import last_reply_of, whispers_to
from routing.services.drafts import digest
from smsdesk.console.words import addressed, name_of
from smsdesk.lib import phone
from smsdesk.lib.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from cases.models import Disposition
    from routing.models import Channel, ConsentEntry, Event, Interaction
    from routing.selectors.policy import SendingRules


WORDS_ONLY: dict[str, str] = {
    MediaPolicy.PLAIN: "Plain text only: no links, no emoji.",
    MediaPolicy.LINKS: "No emoji; links are fine.",
}


@dataclass(frozen=True)
class Composer:
    """The composer; ``price`` is that of one part, None where the country is not listed."""

    interaction: Interaction
    name: str
    client_id: uuid.UUID
    drafted: str
    price: Decimal | None
    country: str
    opt_out: ConsentEntry | None
    # Why nothing can be sent here, in a sentence; empty where something can.
    stops: str
    # When what is sent now goes, where quiet hours put it off (N17).
    put_off: str
    # What supervisors whispered to its agent (N11).
    whispers: list[Event]

    @property
    def locked(self) -> str:
        """What it lets out, as its tile says."""
        last = self.whispers[-1].pk if self.whispers else None
        return let_out(self.stops, self.interaction.channel, last)

    @property
    def words_only(self) -> str:
        """What the channel's media policy leaves out, to be said beforehand (A25)."""
        return WORDS_ONLY.get(self.interaction.channel.media_policy, "")

    @property
    def addressed(self) -> str:
        return addressed(self.name)

    @property
    def channel_number(self) -> str:
        return phone.display(self.interaction.channel.number)


def composer_of(
    interaction: Interaction,
    name: str = "",
    client_id: uuid.UUID | None = None,
    rules: SendingRules | None = None,
    *,
    whispered: bool = True,
) -> Composer:
    """The composer of an active conversation; what is not given is looked up.

    Without anything ``whispered``, as its tile says, nothing of it is read.
    """
    address = interaction.customer_address
    rules = rules or sending_rules(interaction.agent_id, numbers=[address])
    country = phone.country_of(address)
    opt_out = opted_out(interaction.channel_id, address)
    asleep = interaction.agent_initiated and put_off(interaction, now())
    return Composer(
        interaction=interaction,
        name=name or name_of(interaction, names_by_address({address})),
        client_id=client_id or next_text_id(interaction.pk),
        drafted=digest(interaction.draft),
        price=rules.prices.get(country),
        country=country,
        opt_out=opt_out,
        stops=why_not_sent(
            rules,
            channel=interaction.channel,
            address=address,
            opted_out=opt_out is not None,
        ),
        put_off=their_time(interaction.channel) if asleep else "",
        whispers=whispers_to(interaction) if whispered else [],
    )


def next_text_id(interaction_id: int) -> uuid.UUID:
    """The id under which the agent's next text goes out: one for all tabs and devices (N5).

    It is another as soon as a text went out, and nobody can guess it.
    """
    return id_after(last_reply_of(interaction_id), interaction_id)


def id_after(last_reply: int | None, interaction_id: int) -> uuid.UUID:
    """The id of the text that follows an agent's last one."""
    name = f"{interaction_id} {last_reply}"
    return uuid.UUID(bytes=salted_hmac("next text", name).digest()[:16])


def let_out(stops: str, channel: Channel, whisper: int | None) -> str:
    """A few letters that change with what a composer lets out, and with what it was whispered."""
    letters = digest(stops or WORDS_ONLY.get(channel.media_policy, ""))
    return f"{letters}.{whisper}" if whisper else letters


def setup_shown(interaction: Interaction, dispositions: Iterable[Disposition] = ()) -> str:
    """A few letters that change with what an open conversation shows of the settings else."""
    shown = [interaction.channel.name]
    if interaction.state == InteractionState.WRAP_UP:
        queue = interaction.queue
        shown += [f"{queue.disposition_required} {queue.wrap_up_extension_seconds}"]
        shown += [disposition.name for disposition in dispositions]
    return digest("\n".join(shown))


def wrap_up_digest(interaction: Interaction) -> str:
    """The same for what is filled in during wrap-up."""
    return digest(f"{interaction.disposition}\n{interaction.note}")
