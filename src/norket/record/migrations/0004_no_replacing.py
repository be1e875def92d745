"""The guards against putting a row in the place of another."""

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
    append_only.install_against_replacing(schema_editor.connection, FIRST)


class Migration(migrations.Migration):
    dependencies = [("record", "0003_alarmed")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
