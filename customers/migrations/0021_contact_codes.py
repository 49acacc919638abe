"""Codes that go to e-mail addresses to verify them."""

import django.db.models.deletion
import servicedesk.core.encryption.fields
import servicedesk.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0020_corrections'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContactCode',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', servicedesk.core.encryption.fields.SealedTextField(label='customers.contactcode.code', max_length=20, null=True, verbose_name='code')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('expires_at', models.DateTimeField(verbose_name='until')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='wrong tries')),
                ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used')),
                ('state', models.CharField(choices=[('due', 'Waiting to be sent'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('unsure', 'Possibly sent')], default='due', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('sendings', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='customers.contactpoint')),
            ],
            options={
                'verbose_name': 'code for a contact',
                'verbose_name_plural': 'codes for contacts',
                'indexes': [models.Index(condition=models.Q(('state', 'due')), fields=['due_at'], name='contact_code_due'), models.Index(condition=models.Q(('state', 'sending')), fields=['taken_at'], name='contact_code_taken')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['due', 'sending', 'sent', 'failed', 'unsure'])), name='contact_code_state_known'), models.CheckConstraint(condition=models.Q(('tries__lte', 5)), name='contact_code_tries_bounded')],
            },
        ),
    ]
