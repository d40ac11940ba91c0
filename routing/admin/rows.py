"""What several pages are made of."""

from __future__ import annotations

from unfold.admin import TabularInline


class RowInline(TabularInline):
    extra = 0
    tab = True
