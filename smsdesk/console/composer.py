"""What the composer of a conversation begins with (F13, N1, N3, N5, N6)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from cases.selectors.customers import names_by_address
from routing.selectors.consent import opted_out
from routing.selectors.prices import price_per_part
from routing.selectors.threads import last_reply_of
from routing.services.drafts import digest
from smsdesk.console.words import addressed, name_of
from smsdesk.lib import phone

if TYPE_CHECKING:
    from decimal import Decimal

    from routing.models import ConsentEntry, Interaction


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

    @property
    def addressed(self) -> str:
        return addressed(self.name)

    @property
    def channel_number(self) -> str:
        return phone.display(self.interaction.channel.number)


def composer_of(
    interaction: Interaction, name: str = "", client_id: uuid.UUID | None = None
) -> Composer:
    """The composer of an active conversation; what is not given is looked up."""
    address = interaction.customer_address
    return Composer(
        interaction=interaction,
        name=name or name_of(interaction, names_by_address({address})),
        client_id=client_id or next_text_id(interaction.pk),
        drafted=digest(interaction.draft),
        price=price_per_part(address),
        country=phone.country_of(address),
        opt_out=opted_out(interaction.channel_id, address),
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


def wrap_up_digest(interaction: Interaction) -> str:
    """The same for what is filled in during wrap-up."""
    return digest(f"{interaction.disposition}\n{interaction.note}")
