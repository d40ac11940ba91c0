from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0024_number_health"),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="agents_turns",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="message",
            name="turn_at",
            field=models.DateTimeField(null=True),
        ),
        # The processes of the version before read and write it still while this one is put in.
        migrations.AlterField(
            model_name="message",
            name="has_turn",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="message", name="has_turn")],
        ),
    ]
