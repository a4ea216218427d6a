"""A line of an adjustment knows whether it is as it was agreed before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_adjustments")]

    operations = [migrations.AddField(model_name="reportline", name="agreed", field=models.BooleanField(default=False))]
