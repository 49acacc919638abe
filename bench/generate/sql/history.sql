INSERT INTO tickets_ticketevent (ticket_id, kind, by_id, at, before, after, reason)
SELECT id, kind, who, "when", before, after, ''
FROM bench.done CROSS JOIN LATERAL (VALUES
  (1, 'created', NULL, at, '', 'new'),
  (2, 'taken', assignee, first_at, 'new', 'open'),
  (3, 'status', assignee, last_at, 'open', CASE WHEN status LIKE 'waiting%%' THEN status END),
  (4, 'resolved', assignee, resolved_at, 'open', 'resolved'),
  (5, 'asked', NULL, resolved_at + interval '2 minutes', '', ''),
  (6, 'closed', NULL, closed_at, 'resolved', 'closed')
) AS events (step, kind, who, "when", before, after)
WHERE "when" <= %(now)s AND after IS NOT NULL
ORDER BY n, step;

INSERT INTO tickets_serviceclock (id, ticket_id, target, state, seconds, level_id, calendar_id,
  started_at, due_at, warn_at, warned_at, breached_at, stopped_at, elapsed, met_by_id, team_id)
SELECT n * 2 + which, id, target,
  CASE WHEN stopped IS NULL THEN CASE WHEN due IS NULL THEN 'paused' ELSE 'running' END
    WHEN late THEN 'breached' ELSE 'met' END,
  seconds, level_id, calendar_id, at, coalesce(due, at + seconds * interval '1 second'),
  coalesce(due, at + seconds * interval '1 second') - seconds * 0.2 * interval '1 second',
  CASE WHEN due < %(now)s THEN due END,
  CASE WHEN due < %(now)s OR late THEN coalesce(due, stopped) END, stopped,
  CASE WHEN stopped IS NOT NULL THEN extract(epoch FROM stopped - at) END,
  CASE WHEN stopped IS NOT NULL THEN assignee END, team
FROM bench.done CROSS JOIN LATERAL (VALUES
  (0, 'first_response', first_at, CASE WHEN status = 'new' THEN due_at END, first_seconds),
  (1, 'resolution', coalesce(resolved_at, CASE WHEN NOT active THEN first_at END),
   CASE WHEN status = 'new' THEN due_at + interval '2 days' ELSE due_at END, whole_seconds)
) AS clocks (which, target, stopped, due, seconds)
CROSS JOIN LATERAL (SELECT stopped IS NOT NULL AND bench.u(n * 2 + which, 50) < 0.07 AS late) l
WHERE status NOT IN ('spam', 'merged')
ORDER BY n, which;

INSERT INTO tickets_clockinterval (clock_id, state, start, "end")
SELECT clock.id, part.state, part.start, part."end"
FROM tickets_serviceclock clock
CROSS JOIN LATERAL (SELECT started_at + (coalesce(stopped_at, %(now)s) - started_at) * 0.4 AS half,
  clock.target = 'resolution' AND bench.u(clock.id, 51) < 0.25
    AND clock.stopped_at IS NOT NULL AS paused) AS how
CROSS JOIN LATERAL (
  SELECT 'running' AS state, started_at AS start,
    CASE WHEN paused OR clock.state = 'paused' THEN half ELSE stopped_at END AS "end"
  UNION ALL SELECT 'paused', half, stopped_at WHERE paused OR clock.state = 'paused'
) AS part;
SELECT setval(pg_get_serial_sequence('tickets_serviceclock', 'id'), max(id)) FROM tickets_serviceclock;

INSERT INTO tickets_followup (id, ticket_id, resolved_at, team_id, owner_id, stage, next_at,
  due_at, asked_at, missed_at, tries, outcome, done_at, words)
SELECT bench.v7(resolved_at, n, 3), id, resolved_at, team, assignee, stage,
  CASE stage WHEN 'scheduled' THEN resolved_at + interval '2 minutes'
    WHEN 'asked' THEN resolved_at + interval '24 hours' WHEN 'call' THEN resolved_at + interval '48 hours' END,
  resolved_at + interval '48 hours', resolved_at + interval '2 minutes',
  CASE WHEN closed_at IS NOT NULL AND bench.u(n, 60) < 0.03 THEN closed_at END, 0,
  CASE WHEN closed_at IS NULL THEN '' WHEN bench.u(n, 61) < 0.06 THEN 'unreachable' ELSE 'satisfied' END,
  closed_at, ''
FROM bench.done CROSS JOIN LATERAL (SELECT CASE WHEN closed_at IS NOT NULL THEN 'done'
  WHEN resolved_at > %(now)s - interval '2 minutes' THEN 'scheduled'
  WHEN resolved_at > %(now)s - interval '24 hours' THEN 'asked' ELSE 'call' END AS stage) AS stages
WHERE resolved_at IS NOT NULL ORDER BY n;

INSERT INTO tickets_ticketlink (id, ticket_id, created_at, expires_at)
SELECT bench.v7(at, n, 4), id, at, at + interval '90 days'
FROM bench.done WHERE email_id IS NOT NULL ORDER BY n;

INSERT INTO tickets_letter (id, ticket_id, kind, message_id, contact_id, state, due_at,
  taken_at, sent_at, tries, error)
SELECT bench.v7("when", n * 8 + step, 5), id, kind, message, email_id, 'sent', "when",
  "when", "when", 1, ''
FROM bench.done CROSS JOIN LATERAL (VALUES
  (1, 'received', at, bench.v7(at, n * 8 + 1, 2)),
  (2, 'reply', first_at, bench.v7(first_at, n * 8 + 2, 2)),
  (3, 'resolved', resolved_at + interval '2 minutes', NULL)
) AS letters (step, kind, "when", message)
WHERE email_id IS NOT NULL AND "when" <= %(now)s ORDER BY n, step;
