from __future__ import annotations

from django.db import models

from routing.models.queue import PRIORITY_BOUNDS

ANY = (None, "any")


class Rule(models.Model):
    """Says where the texts that it matches go; the first that matches, by position, decides (B3).

    Asked once, about the text that begins a conversation.
    """

    position = models.PositiveSmallIntegerField(
        default=100,
        help_text="Rules are asked from the lowest to the highest; drag them in the list.",
    )
    name = models.CharField(
        max_length=80, help_text="As the routing receipt calls it, such as Adventurers."
    )
    active = models.BooleanField(default=True, help_text="Off: it is passed over.")

    channel = models.ForeignKey(
        "routing.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        help_text="The number that was texted. Empty: every channel.",
    )
    keyword = models.CharField(
        max_length=40,
        blank=True,
        help_text="The text's first word, in any case, such as #ADVENTUREME. Empty: any text.",
    )
    countries = models.CharField(
        max_length=200,
        blank=True,
        help_text="Of the customer's number, two letters each: US, CA. Empty: every country.",
    )
    known_customer = models.BooleanField(
        "customer",
        null=True,
        blank=True,
        choices=[ANY, (True, "known: a customer has this number"), (False, "new")],
        help_text="Whether somebody among the customers has the number that texts.",
    )
    opted_out = models.BooleanField(
        "consent",
        null=True,
        blank=True,
        choices=[ANY, (True, "opted out on this channel"), (False, "may be texted")],
        help_text="A text that is itself STOP or START counts already.",
    )
    schedule = models.ForeignKey(
        "routing.Schedule",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rules",
        help_text="Empty: at any time.",
    )
    in_schedule = models.BooleanField(
        "time",
        default=True,
        choices=[(True, "inside the schedule's hours"), (False, "outside them")],
        help_text="Counts where a schedule is chosen. A channel's own schedule decides by itself"
        " whether a text is held for opening hours.",
    )

    queue = models.ForeignKey(
        "routing.Queue",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rules",
        help_text="Where the text waits. Empty: in the channel's own queue.",
    )
    priority = models.SmallIntegerField(
        default=0,
        validators=PRIORITY_BOUNDS,
        help_text="Added to the queue's; higher is served first.",
    )
    reply = models.TextField(
        "automatic text",
        blank=True,
        help_text="Sent at once, labelled as automatic, but never to who opted out, and not where"
        " the channel's off-hours reply is sent. Empty: nothing.",
    )
    campaign_tag = models.CharField(
        max_length=80,
        blank=True,
        help_text="Noted on the conversation, to find and count it by, such as Summer tours.",
    )

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name
