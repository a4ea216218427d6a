from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def begin_at_the_present_ends(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """What happened before an installation had webhooks is not read any more."""
    heads = apps.get_model("events", "ChainHead").objects.using(editor.connection.alias).values_list("chain", "length")
    Reached = apps.get_model("webhooks", "Reached")
    Reached.objects.using(editor.connection.alias).bulk_create(
        (Reached(chain=chain, sequence=length) for chain, length in heads), batch_size=500
    )


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("events", "0002_append_only")]
    operations = [migrations.RunPython(begin_at_the_present_ends, migrations.RunPython.noop)]
