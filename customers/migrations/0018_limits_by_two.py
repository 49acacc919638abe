"""Limits of reveals have bounds, and higher ones take two people."""

import django.core.validators
import django.db.models.deletion
import servicedesk.core.ids
from django.conf import settings
from django.db import migrations, models


from customers.roles import LIMITS_PERMISSIONS
from servicedesk.staff.roles import grant


def forwards(apps, schema_editor):
    grant(apps, LIMITS_PERMISSIONS)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0017_retention_by_two'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='reveallimits',
            name='day',
            field=models.PositiveIntegerField(default=150, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='in a day'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='floor',
            field=models.PositiveIntegerField(default=20, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(200)], verbose_name='and never below so many in a day'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='hard',
            field=models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='no more at so many times a limit'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='hour',
            field=models.PositiveIntegerField(default=40, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(300)], verbose_name='in an hour'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='many',
            field=models.PositiveIntegerField(default=25, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(200)], verbose_name='different customers in an hour'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='night',
            field=models.PositiveIntegerField(default=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='in a night'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='outside',
            field=models.PositiveIntegerField(default=10, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(200)], verbose_name='in a day, of customers who are no work of the person’s'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='ten_minutes',
            field=models.PositiveIntegerField(default=15, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='in ten minutes'),
        ),
        migrations.AlterField(
            model_name='reveallimits',
            name='times',
            field=models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='out of the ordinary at so many times the usual'),
        ),
        migrations.CreateModel(
            name='LimitsChange',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('before', models.JSONField(default=dict)),
                ('values', models.JSONField(default=dict)),
                ('raises', models.BooleanField(verbose_name='lets more pass')),
                ('state', models.CharField(choices=[('waiting', 'Waiting for another'), ('in_force', 'In force'), ('dropped', 'Dropped')], max_length=10, verbose_name='state')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
            ],
            options={
                'verbose_name': 'change of the limits of reveals',
                'verbose_name_plural': 'changes of the limits of reveals',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'in_force', 'dropped'])), name='limits_change_state_known'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('state',), name='one_change_of_limits_waits'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_force'), _negated=True), ('raises', False), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('by')), _negated=True)), _connector='OR'), name='nobody_raises_limits_alone')],
            },
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
