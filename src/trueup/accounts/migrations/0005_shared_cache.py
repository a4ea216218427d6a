"""The table of the cache that all processes share (config/shared_cache.py). The framework makes it, as it fits the database."""

from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = 'trueup_cache'


def make(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_command('createcachetable', TABLE, database=schema_editor.connection.alias, verbosity=0)


def remove(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute(f'DROP TABLE {schema_editor.quote_name(TABLE)}')


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_invited'),
    ]

    operations = [
        migrations.RunPython(make, remove),
    ]
