"""When somebody else chose a password: it is good for one sign-in."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('staff', '0011_second_factor'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='password_given_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='password given'),
        ),
    ]
