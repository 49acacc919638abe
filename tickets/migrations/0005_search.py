"""Searchable texts, written by a sweep from what triggers note as changed."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import BtreeGinExtension
import django.db.models.deletion
import django.db.models.functions.datetime
import servicedesk.core.encryption.fields
import servicedesk.core.search.fields
import uuid
from django.conf import settings
from django.db import migrations, models


# Whatever changes the words of a ticket leaves a row in the same transaction, also
# where nobody thought of search. No row is ever waited for.
TRIGGERS = """
CREATE FUNCTION tickets_note_changed_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tickets_textdue (ticket_id) SELECT DISTINCT ticket_id FROM changed;
  RETURN NULL;
END $$;
CREATE FUNCTION tickets_note_changed_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tickets_textdue (ticket_id) VALUES (NEW.ticket_id);
  RETURN NULL;
END $$;
CREATE FUNCTION tickets_note_new_tickets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tickets_textdue (ticket_id) SELECT id FROM changed;
  RETURN NULL;
END $$;
CREATE FUNCTION tickets_note_changed_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tickets_textdue (ticket_id) VALUES (NEW.id);
  IF OLD.team_id <> NEW.team_id THEN
    UPDATE tickets_tickettext SET team_id = NEW.team_id WHERE ticket_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER text_due_new_messages AFTER INSERT ON tickets_message
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tickets_note_changed_messages();
CREATE TRIGGER text_due_deleted_messages AFTER DELETE ON tickets_message
  REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tickets_note_changed_messages();
CREATE TRIGGER text_due_changed_message AFTER UPDATE ON tickets_message
  FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body OR OLD.kind <> NEW.kind)
  EXECUTE FUNCTION tickets_note_changed_message();
CREATE TRIGGER text_due_new_tickets AFTER INSERT ON tickets_ticket
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tickets_note_new_tickets();
CREATE TRIGGER text_due_changed_ticket AFTER UPDATE ON tickets_ticket
  FOR EACH ROW WHEN (
    OLD.subject <> NEW.subject OR OLD.root_cause <> NEW.root_cause
    OR OLD.solution <> NEW.solution OR OLD.number <> NEW.number
    OR OLD.team_id <> NEW.team_id)
  EXECUTE FUNCTION tickets_note_changed_ticket();
"""
NO_TRIGGERS = """
DROP TRIGGER text_due_new_messages ON tickets_message;
DROP TRIGGER text_due_deleted_messages ON tickets_message;
DROP TRIGGER text_due_changed_message ON tickets_message;
DROP TRIGGER text_due_new_tickets ON tickets_ticket;
DROP TRIGGER text_due_changed_ticket ON tickets_ticket;
DROP FUNCTION tickets_note_changed_messages();
DROP FUNCTION tickets_note_changed_message();
DROP FUNCTION tickets_note_new_tickets();
DROP FUNCTION tickets_note_changed_ticket();
"""
# With the usual statistics a rare word is taken for a common one.
STATISTICS = "ALTER TABLE tickets_tickettext ALTER COLUMN vector SET STATISTICS 1000"
EXISTING = "INSERT INTO tickets_textdue (ticket_id, rebuild) SELECT id, true FROM tickets_ticket"


class Migration(migrations.Migration):

    dependencies = [
        ('staff', '0003_seal_second_factors'),
        ('tickets', '0004_newest_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGinExtension(),
        migrations.CreateModel(
            name='Search',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('words', servicedesk.core.encryption.fields.SealedTextField(label='tickets.search.words', max_length=200, verbose_name='words')),
                ('created_at', models.DateTimeField(db_index=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'search',
                'verbose_name_plural': 'searches',
            },
        ),
        migrations.CreateModel(
            name='TextDue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('rebuild', models.BooleanField(db_default=False, default=False)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ticket', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'text to be read',
                'verbose_name_plural': 'texts to be read',
                'indexes': [models.Index(fields=['rebuild', 'id'], name='text_due_order')],
            },
        ),
        migrations.CreateModel(
            name='TicketText',
            fields=[
                ('ticket', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='text', serialize=False, to='tickets.ticket')),
                ('vector', servicedesk.core.search.fields.VectorField()),
                ('moment', models.DateTimeField(verbose_name='last written')),
                ('mark', models.BigIntegerField()),
                ('cut', models.BooleanField(default=False, verbose_name='too long to be searched as a whole')),
                ('team', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='staff.team')),
            ],
            options={
                'verbose_name': 'searchable text',
                'verbose_name_plural': 'searchable texts',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['team', 'vector'], name='text_team_words'), models.Index(fields=['team', '-moment', '-ticket'], name='text_team_newest')],
            },
        ),
        migrations.RunSQL(STATISTICS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(EXISTING, migrations.RunSQL.noop),
    ]
