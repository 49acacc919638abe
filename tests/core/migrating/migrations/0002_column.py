from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("equipment", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE busy ADD COLUMN words text",
            "ALTER TABLE busy DROP COLUMN words",
        )
    ]
