"""A line of an adjustment knows the credits of one unit of what it adjusts, for what is charged though nothing is measured any more."""

from django.db import migrations

import trueup.reports.columns


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_agreed")]

    operations = [
        migrations.AddField(
            model_name="reportline",
            name="credits_before",
            field=trueup.reports.columns.ExactDecimalField(decimal_places=6, max_digits=30, null=True),
        )
    ]
