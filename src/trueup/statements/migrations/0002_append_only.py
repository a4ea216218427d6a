from django.db import migrations

from trueup.events import append_only

TABLES = {"statements_statement": "statements", "statements_statementline": "lines of statements"}


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: [append_only.guard(editor.connection, table, things) for table, things in TABLES.items()],
            lambda apps, editor: [append_only.unguard(editor.connection, table) for table in TABLES],
        )
    ]
