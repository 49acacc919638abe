"""How long data are kept, care, documents of data protection, and the daily profile."""

import django.core.validators
import django.db.models.deletion
import servicedesk.core.encryption.fields
import servicedesk.core.ids
from django.conf import settings
from django.db import migrations, models

from customers.defaults import create_retention_rules
from customers.roles import CARE_PERMISSIONS
from servicedesk.staff.roles import grant

# Records of processing and assessments are kept for three years (PIPL, article 56).
KEEP = """
CREATE FUNCTION privacy_document_keep() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'A version of a privacy document is never changed.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.made_at > clock_timestamp() - interval '3 years' THEN
    RAISE EXCEPTION 'A version of a privacy document is kept for three years.'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$body$;
CREATE TRIGGER privacy_document_keep BEFORE UPDATE OR DELETE
  ON customers_privacydocumentversion
  FOR EACH ROW EXECUTE FUNCTION privacy_document_keep();
"""
KEEP_NO_MORE = """
DROP TRIGGER privacy_document_keep ON customers_privacydocumentversion;
DROP FUNCTION privacy_document_keep();
"""


def forwards(apps, schema_editor):
    create_retention_rules(apps)
    grant(apps, CARE_PERMISSIONS)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0011_rights_defaults'),
        ('staff', '0005_key_permissions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ProfileFacts',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False, verbose_name='day')),
                ('made_at', models.DateTimeField(verbose_name='made')),
                ('facts', models.JSONField(verbose_name='figures')),
            ],
            options={
                'verbose_name': 'customer profile',
                'verbose_name_plural': 'customer profiles',
                'ordering': ['-day'],
            },
        ),
        migrations.CreateModel(
            name='CarePlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_zh', models.CharField(max_length=60, verbose_name='Chinese name')),
                ('name_en', models.CharField(max_length=60, verbose_name='English name')),
                ('kind', models.CharField(choices=[('satisfaction', 'Is all well?'), ('return', 'After a complaint'), ('anniversary', 'Greeting'), ('data', 'Are the data still true?')], max_length=20, verbose_name='what for')),
                ('customer_kind', models.CharField(blank=True, choices=[('individual', 'Individual'), ('enterprise', 'Enterprise'), ('partner', 'Partner')], default='', max_length=20, verbose_name='kind of customer')),
                ('city', models.CharField(blank=True, default='', max_length=60, verbose_name='city')),
                ('quiet_days', models.PositiveIntegerField(default=90, help_text='Whoever was in touch later than that is left in peace.', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(3650)], verbose_name='no contact for (days)')),
                ('every_days', models.PositiveIntegerField(default=180, validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(3650)], verbose_name='every (days)')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('tag', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.tag', verbose_name='tag')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='staff.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'care plan',
                'verbose_name_plural': 'care plans',
            },
        ),
        migrations.CreateModel(
            name='CareContact',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('due', 'Due'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='due', max_length=10, verbose_name='state')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('put_off', models.PositiveSmallIntegerField(default=0, verbose_name='put off')),
                ('outcome', models.CharField(blank=True, choices=[('well', 'All is well'), ('helped', 'Something was put right'), ('ticket', 'Became a ticket'), ('unreached', 'Not reached'), ('no_more', 'Wants no more care contacts')], default='', max_length=20, verbose_name='outcome')),
                ('words', servicedesk.core.encryption.fields.SealedTextField(label='customers.carecontact.words', max_length=2000, null=True, verbose_name='what was said')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_contacts', to='customers.customer')),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='responsible')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.careplan')),
            ],
            options={
                'verbose_name': 'care contact',
                'verbose_name_plural': 'care contacts',
            },
        ),
        migrations.CreateModel(
            name='PrivacyDocument',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('record', 'Record of processing'), ('assessment', 'Impact assessment')], max_length=10, verbose_name='kind')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('created_at', models.DateTimeField(verbose_name='made')),
                ('next_review', models.DateField(verbose_name='next review')),
            ],
            options={
                'verbose_name': 'privacy document',
                'verbose_name_plural': 'privacy documents',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['record', 'assessment'])), name='privacy_document_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='PrivacyDocumentVersion',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('purpose', models.TextField(verbose_name='purpose and way of processing')),
                ('data', models.TextField(verbose_name='which data, of whom, how long')),
                ('risks', models.TextField(verbose_name='effect on the persons, and risks')),
                ('measures', models.TextField(verbose_name='protective measures, and whether they suffice')),
                ('made_at', models.DateTimeField(verbose_name='made')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='customers.privacydocument')),
            ],
            options={
                'verbose_name': 'version of a privacy document',
                'verbose_name_plural': 'versions of privacy documents',
                'ordering': ['document', '-number'],
            },
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True, verbose_name='which data')),
                ('days', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(36525)], verbose_name='kept for (days)')),
                ('basis', models.TextField(help_text='The law or policy that says how long.', verbose_name='basis')),
                ('active', models.BooleanField(default=False, verbose_name='in force')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='begun')),
                ('run_at', models.DateTimeField(blank=True, null=True, verbose_name='last run')),
                ('purged', models.PositiveBigIntegerField(default=0, verbose_name='purged so far')),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'retention rule',
                'verbose_name_plural': 'retention rules',
            },
        ),
        migrations.AddConstraint(
            model_name='careplan',
            constraint=models.CheckConstraint(condition=models.Q(('customer_kind__in', ['', 'individual', 'enterprise', 'partner']), ('kind__in', ['satisfaction', 'return', 'anniversary', 'data'])), name='care_kind_known'),
        ),
        migrations.AddIndex(
            model_name='carecontact',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['due_at'], name='care_due'),
        ),
        migrations.AddIndex(
            model_name='carecontact',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['owner', 'due_at'], name='care_owner_due'),
        ),
        migrations.AddIndex(
            model_name='carecontact',
            index=models.Index(fields=['customer', '-due_at'], name='care_customer'),
        ),
        migrations.AddConstraint(
            model_name='carecontact',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'due')), fields=('plan', 'customer'), name='one_care_contact_due'),
        ),
        migrations.AddConstraint(
            model_name='carecontact',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'well', 'helped', 'ticket', 'unreached', 'no_more']), ('state__in', ['due', 'done', 'cancelled'])), name='care_values_known'),
        ),
        migrations.AddConstraint(
            model_name='carecontact',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('done_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='care_done_has_an_outcome'),
        ),
        migrations.AddConstraint(
            model_name='privacydocumentversion',
            constraint=models.UniqueConstraint(fields=('document', 'number'), name='privacy_version_once'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.CheckConstraint(condition=models.Q(('active', False), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='retention_begun_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 1)), name='retention_days_not_none'),
        ),
        migrations.CreateModel(
            name='RightsWish',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('contact_kind', models.CharField(choices=[('phone', 'Phone'), ('email', 'E-mail'), ('wechat', 'WeChat'), ('other', 'Other')], max_length=10)),
                ('contact', servicedesk.core.encryption.fields.SealedTextField(label='customers.rightswish.contact', max_length=254, verbose_name='contact')),
                ('kind', models.CharField(choices=[('access', 'A copy of my data'), ('correct', 'Correct my data'), ('delete', 'Delete my data'), ('withdraw', 'Withdraw a consent'), ('explain', 'Explain what you do with my data')], max_length=10)),
                ('words', servicedesk.core.encryption.fields.SealedTextField(label='customers.rightswish.words', max_length=4000, null=True, verbose_name='in the person’s words')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'wish',
                'verbose_name_plural': 'wishes',
                'indexes': [models.Index(fields=['created_at'], name='rights_wish_oldest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('contact_kind__in', ['phone', 'email', 'wechat', 'other']), ('kind__in', ['access', 'correct', 'delete', 'withdraw', 'explain'])), name='rights_wish_values_known')],
            },
        ),
        migrations.RunSQL(KEEP, KEEP_NO_MORE),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
