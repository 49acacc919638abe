"""By what posted forms are found that are long past."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0007_queues_by_team"),
    ]
    operations = [
        migrations.AddIndex(
            model_name="intake",
            index=models.Index(fields=["created_at"], name="intake_oldest"),
        ),
    ]
