"""What a person wants corrected, field by field."""

import django.db.models.deletion
import servicedesk.core.encryption.fields
import servicedesk.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0019_export_teams'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='rightswish',
            name='field',
            field=models.CharField(blank=True, db_default='', default='', max_length=20),
        ),
        migrations.AddField(
            model_name='rightswish',
            name='proposed',
            field=servicedesk.core.encryption.fields.SealedTextField(label='customers.rightswish.proposed', max_length=500, null=True, verbose_name='should read'),
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('field', models.CharField(choices=[('name', 'Name'), ('phone', 'Phone'), ('email', 'E-mail'), ('address', 'Address'), ('id_number', 'ID number')], max_length=20, verbose_name='field')),
                ('proposed', servicedesk.core.encryption.fields.SealedTextField(label='customers.correction.proposed', max_length=500, verbose_name='should read')),
                ('state', models.CharField(choices=[('open', 'Open'), ('accepted', 'Corrected'), ('declined', 'Declined')], default='open', max_length=10, verbose_name='state')),
                ('reason', servicedesk.core.encryption.fields.SealedTextField(label='customers.correction.reason', max_length=2000, null=True, verbose_name='reason')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='customers.rightsrequest')),
            ],
            options={
                'verbose_name': 'correction',
                'verbose_name_plural': 'corrections',
                'constraints': [models.CheckConstraint(condition=models.Q(('field__in', ['name', 'phone', 'email', 'address', 'id_number']), ('state__in', ['open', 'accepted', 'declined'])), name='correction_values_known'), models.CheckConstraint(condition=models.Q(models.Q(('decided_by', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_by__isnull', False)), _connector='OR'), name='correction_decided_by_somebody'), models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('request', 'field'), name='one_open_correction_a_field')],
            },
        ),
    ]
