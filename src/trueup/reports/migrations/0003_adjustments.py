"""Reports that adjust an earlier month: what their lines charged before, and how far late usage was looked for."""

import django.db.models.deletion
from django.db import migrations, models

import trueup.reports.columns


def _quantity() -> trueup.reports.columns.ExactDecimalField:
    return trueup.reports.columns.ExactDecimalField(decimal_places=6, max_digits=30, null=True)


class Migration(migrations.Migration):
    dependencies = [("cycles", "0002_adjustments"), ("reports", "0002_tallies")]

    operations = [
        migrations.AddField(model_name="reportline", name="charged_before", field=_quantity()),
        migrations.AddField(model_name="reportline", name="measured_before", field=_quantity()),
        migrations.CreateModel(
            name="LateCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("waiting", models.PositiveIntegerField()),
                (
                    "cycle",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cycles.cycle"),
                ),
                (
                    "month",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="late_checks", to="cycles.cycle"),
                ),
            ],
            options={
                "db_table": "reports_latecheck",
                "constraints": [models.UniqueConstraint(fields=("cycle", "month"), name="one_check_of_a_month_in_a_cycle")],
            },
        ),
    ]
