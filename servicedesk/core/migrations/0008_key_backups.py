import servicedesk.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0007_security_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyBackup',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField(verbose_name='made')),
                ('name', models.CharField(max_length=200, verbose_name='file')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest')),
                ('marks', models.JSONField()),
                ('group_one', models.JSONField()),
                ('group_two', models.JSONField()),
                ('proved_at', models.DateTimeField(null=True, verbose_name='opened by two people')),
            ],
            options={
                'verbose_name': 'backup of keys',
                'verbose_name_plural': 'backups of keys',
                'default_permissions': (),
                'indexes': [models.Index(fields=['-made_at'], name='key_backup_newest')],
            },
        ),
    ]
