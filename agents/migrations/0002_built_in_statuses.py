"""Available and On Break exist in every desk (E1, E2)."""

from django.db import migrations


def add_statuses(apps, schema_editor):
    status_code = apps.get_model("agents", "StatusCode")
    for position, name, kind in [(1, "Available", "AVAILABLE"), (2, "On Break", "AWAY")]:
        status_code.objects.get_or_create(
            name=name, defaults={"kind": kind, "position": position, "built_in": True}
        )


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial")]
    operations = [migrations.RunPython(add_statuses, migrations.RunPython.noop)]
