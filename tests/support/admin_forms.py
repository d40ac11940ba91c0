"""What a browser would post of an admin page: as it is shown, but for what is changed."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm, CheckboxInput, MultiWidget
from django.urls import reverse


def change(client: Any, row: Any, **fields: Any) -> None:
    """Save a row's page with these fields changed; None takes one out, as an empty box does."""
    meta = row._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    form = untouched(client.get(address)) | fields
    sent = {name: value for name, value in form.items() if value is not None}
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.context["errors"]


def untouched(page: Any) -> dict[str, Any]:
    """Every field of a change page and of its inlines, with the values it shows."""
    data = shown(page.context["adminform"].form)
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        data |= shown(formset.management_form)
        for form in formset.forms:
            data |= shown(form)
    return data


def shown(form: BaseForm) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for bound in form:
        widget, value, name = bound.field.widget, bound.value(), bound.html_name
        if isinstance(widget, MultiWidget):
            parts = widget.decompress(value) or []
            for n, (part, each) in enumerate(zip(widget.widgets, parts, strict=True)):
                data[f"{name}_{n}"] = part.format_value(each) or ""
        elif isinstance(widget, CheckboxInput):
            if value:
                data[name] = "on"
        elif isinstance(value, list):
            data[name] = [getattr(each, "pk", each) for each in value]
        else:
            data[name] = "" if value is None else bound.field.prepare_value(value)
    return data
