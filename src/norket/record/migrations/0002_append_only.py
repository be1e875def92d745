"""The guards of the append-only tables."""

from django.db import migrations

from norket.record import append_only

FIRST = (
    "record_auditline",
    "record_orderrecord",
    "record_policysignature",
    "record_quarantinedmessage",
    "record_registerentry",
    "record_samplechunk",
    "record_sessionevent",
)


def install(apps, schema_editor):
    append_only.install(schema_editor.connection, FIRST)


def remove(apps, schema_editor):
    append_only.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("record", "0001_first")]
    operations = [migrations.RunPython(install, remove)]
