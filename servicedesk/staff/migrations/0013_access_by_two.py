"""What opens customers' data takes two people; who knew a password last."""

import django.db.models.deletion
import servicedesk.core.ids
from django.conf import settings
from django.db import migrations, models

from servicedesk.staff.roles import ACCESS_PERMISSIONS, grant


def forwards(apps, schema_editor):
    grant(apps, ACCESS_PERMISSIONS)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('staff', '0012_first_password'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='password_given_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='password given by'),
        ),
        migrations.CreateModel(
            name='AccessProposal',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('before', models.JSONField(default=dict)),
                ('values', models.JSONField(default=dict)),
                ('raises', models.BooleanField(verbose_name='lets more pass')),
                ('state', models.CharField(choices=[('waiting', 'Waiting for another'), ('in_force', 'In force'), ('dropped', 'Dropped'), ('lapsed', 'Lapsed')], max_length=10, verbose_name='state')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('kind', models.CharField(choices=[('role', 'A role'), ('permissions', 'What a role may do'), ('team', 'A team'), ('password', 'A new password'), ('factor', 'Removal of the second factor'), ('email', 'Another e-mail address'), ('active', 'Opening a closed account')], max_length=12, verbose_name='kind')),
                ('why', models.CharField(max_length=200, verbose_name='why')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='reason of the decision')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_proposals', to='auth.group', verbose_name='role')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_proposals', to='staff.team', verbose_name='team')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='access_proposals', to=settings.AUTH_USER_MODEL, verbose_name='member of staff')),
            ],
            options={
                'verbose_name': 'access by two people',
                'verbose_name_plural': 'access by two people',
                'permissions': [('confirm_access', 'Confirm access by two people')],
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['at'], name='access_waits')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'in_force', 'dropped', 'lapsed'])), name='accessproposal_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'in_force'), _negated=True), ('raises', False), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('by')), _negated=True)), _connector='OR'), name='accessproposal_raises_by_two'), models.CheckConstraint(condition=models.Q(models.Q(('group__isnull', False), ('kind', 'role'), ('team__isnull', True), ('user__isnull', False)), models.Q(('group__isnull', False), ('kind', 'permissions'), ('team__isnull', True), ('user__isnull', True)), models.Q(('group__isnull', True), ('kind', 'team'), ('team__isnull', False), ('user__isnull', False)), models.Q(('group__isnull', True), ('kind__in', ['password', 'factor', 'email', 'active']), ('team__isnull', True), ('user__isnull', False)), _connector='OR'), name='access_about_what'), models.CheckConstraint(condition=models.Q(('raises', True)), name='access_raises'), models.CheckConstraint(condition=models.Q(('user__isnull', True), models.Q(models.Q(('by', models.F('user')), _negated=True), models.Q(models.Q(('state', 'in_force'), _negated=True), models.Q(('decided_by', models.F('user')), _negated=True), _connector='OR')), _connector='OR'), name='access_not_for_oneself'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('kind', 'user', 'group', 'team'), name='one_access_waits', nulls_distinct=False)],
            },
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
