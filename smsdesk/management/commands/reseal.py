"""``manage.py reseal``: seal every secret with the newest of ``SEALING_KEYS``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from smsdesk.lib.sealed import Lost, SealedField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model


class Command(BaseCommand):
    help = (
        "Seals every secret in the database anew, with the first of SEALING_KEYS. Run it after a"
        " key was put in front, on every machine; afterwards the older keys can be taken away."
    )

    def handle(self, *_: str, **__: Any) -> None:
        with transaction.atomic():
            rows = list(_rows_with_secrets())
            lost = [row for row, names in rows if any(_is_lost(row, name) for name in names)]
            for row, names in rows:
                row.save(update_fields=names)  # one that is lost stays as it is
        self.stdout.write(f"Sealed anew: {len(rows) - len(lost)}.")
        if lost:
            raise CommandError(f"No key opens the secrets of: {', '.join(map(str, lost))}.")


def _rows_with_secrets() -> Iterator[tuple[Model, list[str]]]:
    for model in apps.get_models():
        fields = model._meta.concrete_fields  # noqa: SLF001 - Django's
        names = [field.name for field in fields if isinstance(field, SealedField)]
        if names:
            for row in model._base_manager.select_for_update().order_by("pk"):  # noqa: SLF001
                yield row, names


def _is_lost(row: Model, name: str) -> bool:
    return isinstance(getattr(row, name), Lost)
