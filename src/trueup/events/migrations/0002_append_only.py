from django.db import migrations

from trueup.events import append_only


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: append_only.guard(editor.connection),
            lambda apps, editor: append_only.unguard(editor.connection),
        )
    ]
