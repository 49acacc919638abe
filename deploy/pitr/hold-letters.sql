-- After a recovery, before any worker starts: what is due in a cluster that was set back
-- may have been sent already. Each such letter becomes "possibly sent", by the same way as
-- one whose sender died: the next sweep shows it to whoever has the ticket, and a person
-- sends it again or lets it be. docs/recipes/point-in-time.md.
\set ON_ERROR_STOP on
BEGIN;
UPDATE tickets_letter SET state = 'sending', taken_at = now() - interval '1 hour'
 WHERE state = 'due';
UPDATE customers_rightsletter SET state = 'sending', taken_at = now() - interval '1 hour'
 WHERE state = 'due';
UPDATE core_notification
   SET mail_state = 'sending', mail_taken_at = now() - interval '1 hour'
 WHERE mail_state = 'due';
COMMIT;
