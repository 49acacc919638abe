INSERT INTO tickets_ticket (id, number, customer_id, contact_id, channel, kind, phase,
  category_id, subject, severity, urgency, priority, status, team_id, assignee_id, level,
  service_level_id, root_cause, solution, created_at, changed_at, first_response_at,
  resolved_at, resolved_by_id, closed_at, due_at, due_target, due_seconds,
  unanswered_since, message_count)
SELECT done.id, 'SD-' || extract(year FROM at) || '-' || lpad(n::text, 7, '0'),
  customer_id, contact_id, done.channel, about.kind,
  (ARRAY['after_sale','after_sale','after_sale','in_sale','pre_sale'])[1 + mod(n, 5)],
  done.category, subject.body, priority, least(priority, 3), priority, status, team, assignee,
  CASE WHEN bench.u(n, 30) <
    CASE WHEN done.active AND assignee = %(measured)s THEN 0.75 ELSE 0.03 END THEN 2 ELSE 1 END, level_id,
  CASE WHEN resolved_at IS NULL THEN '' ELSE cause.body END,
  CASE WHEN resolved_at IS NULL THEN '' ELSE solution.body END,
  at, coalesce(closed_at, resolved_at, last_at, first_at, at), first_at,
  resolved_at, CASE WHEN resolved_at IS NOT NULL THEN assignee END, closed_at, due_at,
  CASE WHEN due_at IS NULL THEN '' WHEN status = 'new' THEN 'first_response' ELSE 'resolution' END,
  CASE WHEN due_at IS NULL THEN NULL WHEN status = 'new' THEN first_seconds ELSE whole_seconds END,
  CASE WHEN status = 'new' THEN at WHEN status = 'open' AND mod(messages, 2) = 1 THEN last_at END,
  messages
FROM bench.done
JOIN tickets_category about ON about.id = done.category
JOIN bench.pool subject ON subject.language = done.language AND subject.kind = 'subject'
  AND subject.place = floor(%(subjects)s * bench.u(n, 31))::int
JOIN bench.pool cause ON cause.language = done.language AND cause.kind = 'sentence'
  AND cause.place = floor(%(sentences)s * bench.u(n, 32))::int
JOIN bench.pool solution ON solution.language = done.language AND solution.kind = 'sentence'
  AND solution.place = floor(%(sentences)s * bench.u(n, 33))::int
ORDER BY n;
