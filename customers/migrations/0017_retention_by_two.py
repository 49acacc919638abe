"""A retention rule is proposed by one, approved by another, and begins after a notice."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


def person(label):
    return models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name=label)


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('customers', '0016_retention_held'),
    ]

    operations = [
        migrations.AddField('retentionrule', 'begun_by', person('proposed by')),
        migrations.AlterField('retentionrule', 'confirmed_by', person('approved by')),
        migrations.AddField('retentionrule', 'proposed_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='proposed: kept for (days)')),
        migrations.AddField('retentionrule', 'proposed_seen', models.PositiveIntegerField(blank=True, null=True, verbose_name='rows that would go when it was proposed')),
        migrations.AddField('retentionrule', 'proposed_by', person('proposed by')),
        migrations.AddField('retentionrule', 'proposed_at', models.DateTimeField(blank=True, null=True, verbose_name='proposed')),
        migrations.AddField('retentionrule', 'approved_by', person('approved by')),
        migrations.AddField('retentionrule', 'begins_at', models.DateTimeField(blank=True, null=True, verbose_name='begins')),
        migrations.AddConstraint(
            'retentionrule',
            models.CheckConstraint(
                name='retention_proposed_as_a_whole',
                condition=Q(proposed_days=None, proposed_seen=None, proposed_by=None, proposed_at=None, approved_by=None, begins_at=None)
                | Q(proposed_days__gte=1, proposed_seen__isnull=False, proposed_by__isnull=False, proposed_at__isnull=False),
            ),
        ),
        migrations.AddConstraint(
            'retentionrule',
            models.CheckConstraint(
                name='retention_begins_when_approved',
                condition=Q(approved_by=None, begins_at=None) | Q(approved_by__isnull=False, begins_at__isnull=False),
            ),
        ),
        migrations.AddConstraint(
            'retentionrule',
            models.CheckConstraint(
                name='nobody_approves_their_own_rule',
                condition=(Q(approved_by=None) | ~Q(approved_by=F('proposed_by')))
                & (Q(begun_by=None) | Q(confirmed_by=None) | ~Q(confirmed_by=F('begun_by'))),
            ),
        ),
    ]
