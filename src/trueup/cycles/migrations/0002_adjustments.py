"""An earlier month can be settled once more in a later cycle."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cycles", "0001_initial")]

    operations = [
        migrations.AlterField(model_name="cycle", name="first_day", field=models.DateField()),
        migrations.AddField(model_name="cycle", name="adjusts", field=models.DateField(null=True)),
        migrations.AddConstraint(
            model_name="cycle",
            constraint=models.UniqueConstraint(condition=models.Q(adjusts=None), fields=("first_day",), name="one_cycle_of_a_month"),
        ),
        migrations.AddConstraint(
            model_name="cycle",
            constraint=models.UniqueConstraint(fields=("first_day", "adjusts"), name="one_adjustment_of_a_month_in_a_cycle"),
        ),
        migrations.AddConstraint(
            model_name="cycle",
            constraint=models.CheckConstraint(
                condition=models.Q(adjusts=None) | models.Q(adjusts__lt=models.F("first_day"), status="closed"),
                name="adjustment_is_of_earlier_month",
            ),
        ),
    ]
