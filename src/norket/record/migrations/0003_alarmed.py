"""Whether an alert above T1 stands open, kept beside the session; filled from the ledger."""

import json

from django.db import migrations, models


def fill(apps, schema_editor):
    event = apps.get_model("record", "SessionEvent")
    standing = {}
    for row in event.objects.filter(type__in=["alert_raised", "alert_cleared"]).order_by("session_id", "n").iterator():
        data, alerts = json.loads(row.data), standing.setdefault(row.session_id, set())
        if row.type == "alert_cleared":
            alerts.discard(data["alert_id"])
        elif data["tier"] != "T1":
            alerts.add(data["alert_id"])
    alarmed = [session for session, alerts in standing.items() if alerts]
    apps.get_model("record", "SessionRecord").objects.filter(pk__in=alarmed).update(alarmed=True)


class Migration(migrations.Migration):
    dependencies = [("record", "0002_append_only")]
    operations = [
        migrations.AddField("sessionrecord", "alarmed", models.BooleanField(db_index=True, default=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
