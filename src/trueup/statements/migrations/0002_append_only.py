from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from trueup.events import append_only

TABLES = {"statements_statement": "statements", "statements_statementline": "lines of statements"}


def guard(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for table, things in TABLES.items():
        append_only.guard(editor.connection, table, things)


def unguard(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for table in TABLES:
        append_only.unguard(editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
