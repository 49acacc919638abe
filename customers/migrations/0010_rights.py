"""Requests of the person, what goes to them, and the ledger of erasures."""

import django.core.validators
import django.db.models.deletion
import servicedesk.core.encryption.fields
import servicedesk.core.ids
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0005_notifications'),
        ('customers', '0009_access_roles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ErasureLedger',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('customer_key', models.UUIDField(db_index=True)),
                ('customer_number', models.BigIntegerField()),
                ('basis', models.CharField(choices=[('request', 'Request of the person'), ('retention', 'Retention rule')], max_length=10)),
                ('request_key', models.UUIDField(null=True)),
                ('at', models.DateTimeField(verbose_name='when')),
            ],
            options={
                'verbose_name': 'erasure',
                'verbose_name_plural': 'erasures',
                'constraints': [models.CheckConstraint(condition=models.Q(('basis__in', ['request', 'retention'])), name='erasure_basis_known')],
            },
        ),
        migrations.CreateModel(
            name='RightsRequest',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(editable=False, unique=True, verbose_name='number')),
                ('kind', models.CharField(choices=[('access', 'A copy of my data'), ('correct', 'Correct my data'), ('delete', 'Delete my data'), ('withdraw', 'Withdraw a consent'), ('explain', 'Explain what you do with my data')], max_length=10, verbose_name='what is asked')),
                ('way', models.CharField(choices=[('page', 'Web page'), ('phone', 'By phone'), ('email', 'By e-mail'), ('paper', 'On paper'), ('person', 'In person')], max_length=10, verbose_name='came in')),
                ('words', servicedesk.core.encryption.fields.SealedTextField(label='customers.rightsrequest.words', max_length=4000, null=True, verbose_name='in the person’s words')),
                ('state', models.CharField(choices=[('received', 'Received'), ('checked', 'Identity checked'), ('working', 'In work'), ('answered', 'Answered'), ('refused', 'Refused'), ('withdrawn', 'Taken back')], default='received', max_length=10, verbose_name='state')),
                ('received_at', models.DateTimeField(verbose_name='received')),
                ('aim_at', models.DateTimeField(verbose_name='aim')),
                ('due_at', models.DateTimeField(verbose_name='limit')),
                ('warn_at', models.DateTimeField()),
                ('warned_at', models.DateTimeField(blank=True, null=True)),
                ('overdue_at', models.DateTimeField(blank=True, null=True)),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='identity checked')),
                ('checked_way', models.CharField(blank=True, choices=[('page', 'Web page'), ('phone', 'By phone'), ('email', 'By e-mail'), ('paper', 'On paper'), ('person', 'In person')], default='', max_length=10, verbose_name='how')),
                ('checked_facts', models.JSONField(blank=True, default=list)),
                ('erasure_at', models.DateTimeField(blank=True, null=True, verbose_name='erasure proposed')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('answer', servicedesk.core.encryption.fields.SealedTextField(label='customers.rightsrequest.answer', max_length=4000, null=True, verbose_name='answer')),
                ('kept', models.JSONField(blank=True, default=list)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='customers.contactpoint')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rights_requests', to='customers.customer', verbose_name='customer')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('erasure_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('handler', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rights_requests', to=settings.AUTH_USER_MODEL, verbose_name='handled by')),
                ('recorded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'request of the person',
                'verbose_name_plural': 'requests of the person',
                'permissions': [('approve_erasure', 'Can approve that a person is erased')],
            },
        ),
        migrations.CreateModel(
            name='RightsPackage',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('making', 'Being made'), ('ready', 'Ready'), ('destroyed', 'Destroyed')], default='making', max_length=10, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked for')),
                ('made_at', models.DateTimeField(blank=True, null=True, verbose_name='made')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size (bytes)')),
                ('password', servicedesk.core.encryption.fields.SealedTextField(label='customers.rightspackage.password', max_length=40, null=True, verbose_name='password')),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='password told')),
                ('downloads', models.PositiveSmallIntegerField(default=0, verbose_name='downloads')),
                ('destroyed_at', models.DateTimeField(blank=True, null=True, verbose_name='destroyed')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('told_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='packages', to='customers.rightsrequest')),
            ],
            options={
                'verbose_name': 'package of a person’s data',
                'verbose_name_plural': 'packages of persons’ data',
            },
        ),
        migrations.CreateModel(
            name='RightsLink',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(choices=[('identity', 'Say that it is me'), ('package', 'Download the package'), ('answer', 'Read the answer')], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='customers.rightsrequest')),
            ],
            options={
                'verbose_name': 'link of a request',
                'verbose_name_plural': 'links of requests',
            },
        ),
        migrations.CreateModel(
            name='RightsLetter',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('identity', 'Is it you?'), ('answer', 'Answer'), ('package', 'The package is ready'), ('password', 'Password of the package'), ('erased', 'Erased')], max_length=10)),
                ('address', servicedesk.core.encryption.fields.SealedTextField(label='customers.rightsletter.address', max_length=254, null=True, verbose_name='address')),
                ('state', models.CharField(choices=[('due', 'Waiting to be sent'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('unsure', 'Possibly sent')], default='due', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='customers.contactpoint')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='customers.rightsrequest')),
            ],
            options={
                'verbose_name': 'letter of a request',
                'verbose_name_plural': 'letters of requests',
            },
        ),
        migrations.CreateModel(
            name='RightsSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('aim_days', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='aim (working days)')),
                ('limit_days', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(90)], verbose_name='limit (days)')),
                ('warn_days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='warning before the limit (days)')),
                ('source', models.TextField(help_text='Where these times come from: a law, a policy.', verbose_name='source')),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.businesscalendar', verbose_name='business calendar')),
            ],
            options={
                'verbose_name': 'times for requests of the person',
                'verbose_name_plural': 'times for requests of the person',
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.UUIDField(default=servicedesk.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', servicedesk.core.encryption.fields.SealedTextField(label='customers.legalhold.reason', max_length=500, verbose_name='reason')),
                ('placed_at', models.DateTimeField(verbose_name='since')),
                ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='released')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='legal_holds', to='customers.customer', verbose_name='customer')),
                ('placed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'legal hold',
                'verbose_name_plural': 'legal holds',
                'constraints': [models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('customer',), name='one_legal_hold_at_a_time'), models.CheckConstraint(condition=models.Q(('released_at', None), ('released_by__isnull', False), _connector='OR'), name='legal_hold_released_by_somebody')],
            },
        ),
        migrations.AddIndex(
            model_name='rightsrequest',
            index=models.Index(condition=models.Q(('state__in', ('received', 'checked', 'working'))), fields=['due_at'], name='rights_due'),
        ),
        migrations.AddIndex(
            model_name='rightsrequest',
            index=models.Index(fields=['customer', '-received_at'], name='rights_customer_newest'),
        ),
        migrations.AddIndex(
            model_name='rightsrequest',
            index=models.Index(condition=models.Q(('state__in', ('received', 'checked', 'working'))), fields=['handler'], name='rights_handler'),
        ),
        migrations.AddConstraint(
            model_name='rightsrequest',
            constraint=models.CheckConstraint(condition=models.Q(('checked_way__in', ['', 'page', 'phone', 'email', 'paper', 'person']), ('kind__in', ['access', 'correct', 'delete', 'withdraw', 'explain']), ('state__in', ['received', 'checked', 'working', 'answered', 'refused', 'withdrawn']), ('way__in', ['page', 'phone', 'email', 'paper', 'person'])), name='rights_values_known'),
        ),
        migrations.AddConstraint(
            model_name='rightsrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('checked_at', None), ('checked_way', '')), models.Q(('checked_at__isnull', False), models.Q(('checked_way', ''), _negated=True)), _connector='OR'), name='rights_checked_with_time_and_way'),
        ),
        migrations.AddConstraint(
            model_name='rightsrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['checked', 'working', 'answered']), _negated=True), ('checked_at__isnull', False), _connector='OR'), name='rights_no_answer_without_identity'),
        ),
        migrations.AddConstraint(
            model_name='rightsrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ('received', 'checked', 'working'))), models.Q(models.Q(('state__in', ('received', 'checked', 'working')), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='rights_ended_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='rightsrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), ('answer__isnull', False), _connector='OR'), name='rights_refused_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='rightsrequest',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', None), models.Q(('erasure_by__isnull', False), models.Q(('approved_by', models.F('erasure_by')), _negated=True)), _connector='OR'), name='nobody_approves_their_own_erasure'),
        ),
        migrations.AddIndex(
            model_name='rightspackage',
            index=models.Index(condition=models.Q(('state', 'ready')), fields=['expires_at'], name='rights_package_ends'),
        ),
        migrations.AddConstraint(
            model_name='rightspackage',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['making', 'ready', 'destroyed'])), name='rights_package_state_known'),
        ),
        migrations.AddConstraint(
            model_name='rightspackage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), ('expires_at__isnull', False), _connector='OR'), name='rights_package_ready_has_an_end'),
        ),
        migrations.AddConstraint(
            model_name='rightspackage',
            constraint=models.CheckConstraint(condition=models.Q(('downloads__lte', 5)), name='rights_package_downloads_bounded'),
        ),
        migrations.AddConstraint(
            model_name='rightspackage',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['making', 'ready'])), fields=('request',), name='one_package_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='rightslink',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['identity', 'package', 'answer'])), name='rights_link_purpose_known'),
        ),
        migrations.AddIndex(
            model_name='rightsletter',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['due_at'], name='rights_letter_due'),
        ),
        migrations.AddIndex(
            model_name='rightsletter',
            index=models.Index(condition=models.Q(('state', 'sending')), fields=['taken_at'], name='rights_letter_taken'),
        ),
        migrations.AddConstraint(
            model_name='rightsletter',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['identity', 'answer', 'package', 'password', 'erased']), ('state__in', ['due', 'sending', 'sent', 'failed', 'unsure'])), name='rights_letter_values_known'),
        ),
        migrations.AddConstraint(
            model_name='rightssettings',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='rights_settings_one_row'),
        ),
        migrations.AddConstraint(
            model_name='rightssettings',
            constraint=models.CheckConstraint(condition=models.Q(('warn_days__lt', models.F('limit_days'))), name='rights_warned_before_the_limit', violation_error_message='Warn before the limit, not after it.'),
        ),
    ]
