"""A second factor can be demanded of a role."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('staff', '0010_security_checks'),
    ]

    operations = [
        migrations.AddField(
            model_name='role',
            name='second_factor',
            field=models.BooleanField(db_default=False, default=False, help_text='Whoever has the role and neither an app nor a passkey gets to the page that sets one up, and to no other, once the days are over.', verbose_name='must have a second factor'),
        ),
        migrations.AddField(
            model_name='role',
            name='second_factor_days',
            field=models.PositiveSmallIntegerField(db_default=7, default=7, help_text='Counted from the day on which it was demanded of the role.', validators=[django.core.validators.MaxValueValidator(90)], verbose_name='days to set it up'),
        ),
        migrations.AddField(
            model_name='role',
            name='second_factor_since',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='demanded since'),
        ),
        migrations.AddConstraint(
            model_name='role',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('second_factor', False), ('second_factor_since', None)), models.Q(('second_factor', True), ('second_factor_since__isnull', False)), _connector='OR'), name='second_factor_demanded_since'),
        ),
    ]
