from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_nobody_is_told_of_the_past")]
    operations = [
        migrations.AddIndex(model_name="delivery", index=models.Index(fields=["ended_at", "id"], name="webhook_ended")),
    ]
