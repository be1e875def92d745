"""The ledger of each patient's care, and its guards."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from norket.record import append_only


def install(apps, schema_editor):
    append_only.install(schema_editor.connection, ("record_careevent",))


class Migration(migrations.Migration):
    dependencies = [("record", "0004_no_replacing")]
    operations = [
        migrations.CreateModel(
            name="CareEvent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("n", models.PositiveIntegerField()),
                ("command_id", models.CharField(max_length=200)),
                ("part", models.PositiveSmallIntegerField(default=0)),
                ("type", models.CharField(max_length=64)),
                ("recorded_at", models.DateTimeField()),
                ("by", models.CharField(max_length=200)),
                ("data", models.TextField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="care", to="record.patient"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("patient", "n"), name="care_number_once"),
                    models.UniqueConstraint(fields=("patient", "command_id", "part"), name="care_command_once"),
                ],
            },
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
