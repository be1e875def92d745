"""Somebody of whom nobody has recorded that they are not frail counts as frail."""

from django.db import migrations, models


def lower(apps, schema_editor):
    asked = apps.get_model("record", "CareEvent").objects.filter(type="frailty_recorded").values("patient_id")
    apps.get_model("record", "Patient").objects.exclude(pk__in=asked).update(frail=True)


class Migration(migrations.Migration):
    dependencies = [("record", "0006_referrals")]
    operations = [
        migrations.AlterField("patient", "frail", models.BooleanField(default=True)),
        migrations.RunPython(lower, migrations.RunPython.noop),
    ]
