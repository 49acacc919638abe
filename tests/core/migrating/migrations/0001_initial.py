from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            "CREATE TABLE busy (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); "
            "INSERT INTO busy SELECT generate_series(1, 50)",
            "DROP TABLE busy",
        )
    ]
