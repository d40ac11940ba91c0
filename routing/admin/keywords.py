"""Words of the supervisors' own that texts are taken for (N1)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import ModelForm
from unfold.admin import ModelAdmin

from routing.models import Keyword
from routing.services.wishes import KEYWORDS, keyword_of


class KeywordForm(ModelForm):  # type: ignore[type-arg]
    def clean_word(self) -> str:
        """The word as texts are compared with it."""
        word = keyword_of(self.cleaned_data["word"])
        if not word:
            raise ValidationError("Write a word with letters or digits.")
        if word in KEYWORDS:
            raise ValidationError(f"{word} is understood already, and means what the law says.")
        return word

    def clean(self) -> dict[str, Any] | None:
        """No text is taken for two things: a word of every channel stands beside no other."""
        cleaned = super().clean() or {}
        channel = cleaned.get("channel")
        same = Keyword.objects.filter(word=cleaned.get("word")).exclude(pk=self.instance.pk)
        overlapping = same if channel is None else same.filter(Q(channel=None) | Q(channel=channel))
        other = overlapping.select_related("channel").first()
        if other is not None:
            where = other.channel.name if other.channel else "every channel"
            self.add_error("word", f"{other} stands there already, for {where}. Change that entry.")
        return cleaned


@admin.register(Keyword)
class KeywordAdmin(ModelAdmin):
    form = KeywordForm
    list_display = ("word", "means", "channel")
    list_filter = ("means", "channel")
    list_select_related = ("channel",)
    search_fields = ("word",)
    ordering = ("word",)
    fieldsets = (
        (
            None,
            {
                "fields": ("word", "means", "channel"),
                "description": "STOP, UNSUBSCRIBE, START, HELP and the other words of the law are"
                " always understood. Add what your customers write instead. It holds for texts that"
                " come from now on.",
            },
        ),
    )
