"""Referrals before there is a patient, with their guards; whom a clinic can be reached by, and a patient."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from norket.record import append_only

TABLES = ("record_referral", "record_referralevent")


def install(apps, schema_editor):
    append_only.install(schema_editor.connection, TABLES)


class Migration(migrations.Migration):
    dependencies = [("record", "0005_care")]
    operations = [
        migrations.AddField(
            "clinic", "country", models.CharField(blank=True, default="", max_length=2), preserve_default=False
        ),
        migrations.AddField(
            "clinic", "phone", models.CharField(blank=True, default="", max_length=40), preserve_default=False
        ),
        migrations.AddField(
            "clinic", "hours", models.CharField(blank=True, default="", max_length=200), preserve_default=False
        ),
        migrations.AddField(
            "clinic", "on_call", models.CharField(blank=True, default="", max_length=40), preserve_default=False
        ),
        migrations.AddField(
            "patient", "contact", models.CharField(blank=True, default="", max_length=200), preserve_default=False
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("command_id", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="record.clinic"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "sha256"], name="referral_same")],
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "command_id"), name="referral_command_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferralEvent",
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
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="record.referral"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("referral", "n"), name="referral_number_once"),
                    models.UniqueConstraint(fields=("referral", "command_id", "part"), name="referral_event_once"),
                ],
            },
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
