"""The log as a partitioned table that is only added to; django-auditlog's rows carried over."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from servicedesk.audit import database


def make_table(apps, schema_editor):
    schema_editor.execute(database.CREATE, None)
    schema_editor.execute(database.CARRY_OVER, None)
    # What is still to be checked would forbid to change the tables.
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", None)
    schema_editor.execute(database.FUNCTIONS, None)
    schema_editor.execute(database.ROW_TRIGGERS, None)
    for table in (database.TABLE, database.REST, database.SEALS):
        schema_editor.execute(database.guard(table), None)
    # The months are made by 0003, whose functions do it from then on.


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("auditlog", "0017_add_actor_email"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(verbose_name='begun')),
                ('ended_at', models.DateTimeField(verbose_name='ended')),
                ('whole', models.BooleanField(verbose_name='whole')),
                ('entries', models.BigIntegerField(verbose_name='entries')),
                ('seals', models.BigIntegerField(verbose_name='seals')),
                ('unsealed', models.BigIntegerField(verbose_name='not sealed yet')),
                ('dropped', models.BigIntegerField(verbose_name='kept by seal only')),
                ('finding', models.TextField(blank=True, verbose_name='finding')),
            ],
            options={
                'verbose_name': 'verification',
                'verbose_name_plural': 'verifications',
                'ordering': ['-started_at', '-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                ('kind', models.CharField(choices=[('entries', 'Entries'), ('dropped', 'Retention'), ('moved', 'Move to another database')], max_length=10, verbose_name='kind')),
                ('cluster', models.CharField(max_length=40, verbose_name='database cluster')),
                ('era', models.PositiveIntegerField(verbose_name='era')),
                ('from_xid', models.BigIntegerField(verbose_name='from transaction')),
                ('to_xid', models.BigIntegerField(verbose_name='until transaction')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='entries')),
                ('first_id', models.BigIntegerField(verbose_name='first entry')),
                ('last_id', models.BigIntegerField(verbose_name='last entry')),
                ('first_at', models.DateTimeField(null=True, verbose_name='from')),
                ('last_at', models.DateTimeField(null=True, verbose_name='until')),
                ('leaves', models.BinaryField()),
                ('root', models.BinaryField()),
                ('previous', models.BinaryField()),
                ('digest', models.BinaryField()),
                ('key', models.CharField(max_length=16, verbose_name='key')),
                ('signature', models.BinaryField()),
                ('made_at', models.DateTimeField(verbose_name='made')),
            ],
            options={
                'verbose_name': 'seal',
                'verbose_name_plural': 'seals',
                'ordering': ['number'],
                'default_permissions': (),
                'indexes': [models.Index(fields=['era', 'to_xid'], name='audit_seal_reach')],
                'constraints': [models.UniqueConstraint(fields=('previous',), name='audit_seal_one_line')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='LogEntry',
                    fields=[
                        ('changes', models.JSONField(null=True, verbose_name='change message')),
                        ('remote_addr', models.GenericIPAddressField(blank=True, null=True, verbose_name='remote address')),
                        ('remote_port', models.PositiveIntegerField(blank=True, null=True, verbose_name='remote port')),
                        ('additional_data', models.JSONField(blank=True, null=True, verbose_name='additional data')),
                        ('actor_email', models.CharField(blank=True, max_length=254, null=True, verbose_name='actor email')),
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('object_pk', models.CharField(blank=True, max_length=255, verbose_name='object')),
                        ('object_id', models.BigIntegerField(blank=True, null=True, verbose_name='object number')),
                        ('object_repr', models.TextField(blank=True, verbose_name='object in words')),
                        ('action', models.PositiveSmallIntegerField(choices=[(0, 'Created'), (1, 'Changed'), (2, 'Deleted'), (3, 'Opened'), (4, 'Revealed'), (5, 'Exported'), (6, 'Refused'), (7, 'Signed in'), (8, 'Failed to sign in'), (9, 'Signed out'), (10, 'Locked out'), (11, 'Second factor changed'), (12, 'Password changed'), (13, 'Audit log')], verbose_name='what happened')),
                        ('cid', models.CharField(blank=True, max_length=255, null=True, verbose_name='correlation id')),
                        ('timestamp', models.DateTimeField(default=django.utils.timezone.now, verbose_name='when')),
                        ('source', models.CharField(blank=True, max_length=120, verbose_name='task or command')),
                        ('xid', models.BigIntegerField(default=0, editable=False)),
                        ('digest', models.BinaryField(default=b'')),
                        ('actor', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                        ('content_type', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contenttypes.contenttype', verbose_name='kind of object')),
                    ],
                    options={
                        'verbose_name': 'audit entry',
                        'verbose_name_plural': 'audit entries',
                        'ordering': ['-timestamp', '-id'],
                        'get_latest_by': 'timestamp',
                        'default_permissions': ('view',),
                        'indexes': [models.Index(fields=['xid'], name='audit_entry_xid'), models.Index(fields=['timestamp', 'id'], name='audit_entry_when'), models.Index(fields=['actor', 'timestamp'], name='audit_entry_who'), models.Index(fields=['content_type', 'object_pk', 'timestamp'], name='audit_entry_object'), models.Index(fields=['content_type', 'timestamp'], name='audit_entry_type'), models.Index(condition=models.Q(('action__gte', 2)), fields=['action', 'timestamp'], name='audit_entry_rare'), models.Index(fields=['remote_addr', 'timestamp'], name='audit_entry_address'), models.Index(fields=['cid'], name='audit_entry_cid')],
                    },
                ),
            ],
            database_operations=[
                migrations.RunPython(make_table, migrations.RunPython.noop)
            ],
        ),
    ]
