"""Rescue templates as directors sign them, with their guards."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from norket.record import append_only

TABLES = ("record_rescuesignature",)


def install(apps, schema_editor):
    append_only.install(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [("record", "0007_frail_until_asked")]
    operations = [
        migrations.CreateModel(
            name="RescueSignature",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("template", models.CharField(max_length=64)),
                ("agent", models.CharField(max_length=64)),
                ("route", models.CharField(max_length=16)),
                ("version", models.PositiveIntegerField()),
                ("filled", models.TextField()),
                ("signed_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rescue_signatures",
                        to="record.clinic",
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="record.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("clinic", "template", "agent", "route", "version"), name="rescue_version_once"
                    ),
                ],
            },
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
