"""A clinic's own ledger, with its guards."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from norket.record import append_only

TABLES = ("record_clinicevent",)


def install(apps, schema_editor):
    append_only.install(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [("record", "0009_switches")]
    operations = [
        migrations.CreateModel(
            name="ClinicEvent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("n", models.PositiveIntegerField()),
                ("command_id", models.CharField(max_length=200)),
                ("type", models.CharField(max_length=64)),
                ("recorded_at", models.DateTimeField()),
                ("by", models.CharField(max_length=200)),
                ("data", models.TextField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="record.clinic"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "n"), name="clinic_number_once"),
                    models.UniqueConstraint(fields=("clinic", "command_id"), name="clinic_command_once"),
                ],
            },
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
