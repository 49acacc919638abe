"""What shows more in the mask matrix takes two people; nobody's wish waits for ever."""

import django.db.models.deletion
import servicedesk.core.ids
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0021_contact_codes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MaskChange',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('before', models.JSONField(default=dict)),
                ('values', models.JSONField(default=dict)),
                ('raises', models.BooleanField(verbose_name='lets more pass')),
                ('state', models.CharField(choices=[('waiting', 'Waiting for another'), ('in_force', 'In force'), ('dropped', 'Dropped'), ('lapsed', 'Lapsed')], max_length=10, verbose_name='state')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
            ],
            options={
                'verbose_name': 'change of the mask matrix',
                'verbose_name_plural': 'changes of the mask matrix',
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='limitschange',
            name='limits_change_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='limitschange',
            name='nobody_raises_limits_alone',
        ),
        migrations.AlterField(
            model_name='limitschange',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting for another'), ('in_force', 'In force'), ('dropped', 'Dropped'), ('lapsed', 'Lapsed')], max_length=10, verbose_name='state'),
        ),
        AddConstraintNotValid(
            model_name='limitschange',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'in_force', 'dropped', 'lapsed'])), name='limitschange_state_known'),
        ),
        AddConstraintNotValid(
            model_name='limitschange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_force'), _negated=True), ('raises', False), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('by')), _negated=True)), _connector='OR'), name='limitschange_raises_by_two'),
        ),
        migrations.AddField(
            model_name='maskchange',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='maskchange',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddConstraint(
            model_name='maskchange',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'in_force', 'dropped', 'lapsed'])), name='maskchange_state_known'),
        ),
        migrations.AddConstraint(
            model_name='maskchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_force'), _negated=True), ('raises', False), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('by')), _negated=True)), _connector='OR'), name='maskchange_raises_by_two'),
        ),
    ]
