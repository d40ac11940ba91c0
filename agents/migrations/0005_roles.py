"""Agents, Supervisors and Administrators (K3). What they may is given after every migration."""

from django.db import migrations


def make_roles(apps, schema_editor):
    group, agent = apps.get_model("auth", "Group"), apps.get_model("agents", "Agent")
    for name in ("Agent", "Supervisor", "Administrator"):
        group.objects.get_or_create(name=name)
    group.objects.get(name="Agent").user_set.set(agent.objects.values_list("user_id", flat=True))


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_audit_trail"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
