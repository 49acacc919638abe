"""What a retention rule could not purge, so that it gets past it, and why."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0015_grants_end_by_themselves'),
    ]

    operations = [
        migrations.CreateModel(
            name='RetentionHeld',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.UUIDField(editable=False, verbose_name='which')),
                ('name', models.CharField(max_length=40, verbose_name='number')),
                ('why', models.CharField(choices=[('legal', 'a legal hold'), ('request', 'an open request of the person'), ('work', 'open work, such as a ticket'), ('fault', 'a fault, which the log tells of')], max_length=10, verbose_name='why')),
                ('at', models.DateTimeField(verbose_name='looked at')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='held', to='customers.retentionrule')),
            ],
            options={
                'verbose_name': 'row held back from a retention rule',
                'verbose_name_plural': 'rows held back from retention rules',
                'constraints': [models.UniqueConstraint(fields=('rule', 'row'), name='held_once_a_rule'), models.CheckConstraint(condition=models.Q(('why__in', ['legal', 'request', 'work', 'fault'])), name='held_for_a_known_reason')],
            },
        ),
    ]
