"""Configuration is followed: each change of a row becomes an entry of the audit trail (N20).

By Django's signals, so wherever a row is saved, deleted, or its many-to-many changed: by a form, an
inline, a service, a command. ``QuerySet.update`` and the bulk methods send none: configuration is
saved row by row, and what only they change is machine state.
"""

# ruff: noqa: SLF001 - Django's _meta and _base_manager are public, the marks on a row our own
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import ForeignKey
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from agents.services.audit import record_act
from smsdesk.lib import clock
from smsdesk.lib.acting import acting
from smsdesk.lib.sealed import SealedField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import Field, ManyToManyField, Model

CREATED, CHANGED, DELETED = "created", "changed", "deleted"
# What stands for a value that is not to be read here.
HIDDEN_BEFORE, HIDDEN_AFTER = "not shown", "changed, not shown"
EMPTY: tuple[Any, ...] = ("", None, [], {})


@dataclass(frozen=True)
class Followed:
    """How a model's rows are followed."""

    fields: tuple[Field[Any, Any], ...]
    hidden: frozenset[str]
    personal: bool


_followed: dict[type[Model], Followed] = {}


def follow(
    *models: type[Model],
    state: Collection[str] = (),
    hidden: Collection[str] = (),
    personal: bool = False,
) -> None:
    """Follow these models from now on; called once for each, by its app's receivers.

    ``state``: fields that the desk itself moves, which are no configuration. ``hidden``: what is
    nobody's to read, of which only that it was changed is written; whatever is sealed is hidden
    without being named. ``personal``: rows of customers, which must be erasable, so no value is
    written; and only what is done in the admin, for agents write them all day.
    """
    for model in models:
        meta = model._meta
        left_out = {f.name for f in meta.concrete_fields if f.primary_key or _by_clock(f)}
        _followed[model] = Followed(
            tuple(f for f in meta.concrete_fields if f.name not in {*left_out, *state}),
            frozenset({*hidden, *(f.name for f in meta.fields if isinstance(f, SealedField))}),
            personal,
        )
        pre_save.connect(_before_saving, sender=model)
        post_save.connect(_after_saving, sender=model)
        pre_delete.connect(_before_deleting, sender=model)
        post_delete.connect(_after_deleting, sender=model)
        for many in meta.local_many_to_many:
            through = many.remote_field.through
            m2m_changed.connect(_receiver_of(model, many), sender=through, weak=False)


def _by_clock(field: Field[Any, Any]) -> bool:
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


def followed_models() -> frozenset[type[Model]]:
    """Every model that is followed."""
    return frozenset(_followed)


def _before_saving(sender: type[Model], instance: Any, raw: bool = False, **_: object) -> None:
    instance._row_before = None if raw or instance._state.adding else _row(sender, instance.pk)


def _after_saving(
    sender: type[Model], instance: Any, created: bool, raw: bool = False, **_: object
) -> None:
    before = instance.__dict__.pop("_row_before", None)
    row = None if raw else _row(sender, instance.pk)
    if row is None:
        return
    fields = _followed[sender].fields
    if created or before is None:
        filled = [field for field in fields if field.value_from_object(row) not in EMPTY]
        _write(row, CREATED, {}, _words(row, filled, HIDDEN_AFTER))
        return
    changed = [
        field for field in fields if field.value_from_object(before) != field.value_from_object(row)
    ]
    if changed:
        words_before = _words(before, changed, HIDDEN_BEFORE)
        _write(row, CHANGED, words_before, _words(row, changed, HIDDEN_AFTER))


def _before_deleting(sender: type[Model], instance: Any, **_: object) -> None:
    """Put it into words while it is there, and what it points to."""
    row = _row(sender, instance.pk)
    if row is not None:
        filled = [f for f in _followed[sender].fields if f.value_from_object(row) not in EMPTY]
        instance._words_before = (_label(row), _words(row, filled, HIDDEN_BEFORE))


def _after_deleting(instance: Any, **_: object) -> None:
    if "_words_before" in instance.__dict__:
        label, words = instance.__dict__.pop("_words_before")
        _write(instance, DELETED, words, {}, label=label)


def _receiver_of(model: type[Model], many: ManyToManyField[Any, Any]) -> Any:
    """What hears of one many-to-many field's changes, made from either of its ends."""

    def many_changed(
        instance: Any, action: str, reverse: bool, pk_set: set[Any] | None, **_: object
    ) -> None:
        if action.startswith("pre_"):
            rows = [instance]
            if reverse:
                which = {many.name: instance} if pk_set is None else {"pk__in": pk_set}
                rows = list(model._base_manager.filter(**which))
            instance._many_before = [(row, _names(row, many)) for row in rows]
            return
        for row, before in instance.__dict__.pop("_many_before", []):
            after = _names(row, many)
            if before != after:
                label = str(many.verbose_name)
                _write(row, CHANGED, {label: before}, {label: after})

    return many_changed


def _names(row: Any, many: ManyToManyField[Any, Any]) -> list[str]:
    return sorted(str(each) for each in getattr(row, many.name).all())


def _row(model: type[Model], pk: object) -> Any:
    """The row as the database has it; None where it has none."""
    return model._base_manager.filter(pk=pk).first()


def _words(row: Any, fields: Iterable[Field[Any, Any]], hidden: str) -> dict[str, Any]:
    how = _followed[type(row)]
    return {
        str(field.verbose_name): (
            hidden if how.personal or field.name in how.hidden else _word(row, field)
        )
        for field in fields
    }


def _word(row: Any, field: Field[Any, Any]) -> Any:
    """A field's value as a person can read it, years from now, too."""
    value = field.value_from_object(row)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, ForeignKey):
        return str(getattr(row, field.name))
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return value if isinstance(value, int | str | list | dict) else str(value)


def _label(row: Model) -> str:
    if _followed[type(row)].personal:
        return f"{row._meta.verbose_name} {row.pk}"
    return str(row)


def _write(
    row: Model, act: str, before: dict[str, Any], after: dict[str, Any], label: str = ""
) -> None:
    by = acting()
    if _followed[type(row)].personal and not (by and by.in_admin):
        return
    record_act(
        actor=by.user if by else None,
        act=act,
        subject=row,
        label=label or _label(row),
        before=before,
        after=after,
        now=clock.now(),
    )
