"""What a clinic has switched on, and its guards."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from norket.record import append_only


def install(apps, schema_editor):
    append_only.install(schema_editor.connection, ("record_clinicswitch",))


class Migration(migrations.Migration):
    dependencies = [("record", "0008_rescue_templates")]
    operations = [
        migrations.CreateModel(
            name="ClinicSwitch",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("n", models.PositiveIntegerField()),
                ("switch", models.CharField(max_length=64)),
                ("on", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="switches", to="record.clinic"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("clinic", "n"), name="switch_number_once")],
            },
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
