INSERT INTO tickets_message (id, ticket_id, seq, kind, channel, author_id, body, created_at)
SELECT bench.v7(said, n * 8 + seq, 2), id, seq,
  CASE WHEN mod(seq, 2) = 1 THEN 'inbound' ELSE 'outbound' END, channel,
  CASE WHEN mod(seq, 2) = 0 THEN coalesce(assignee, %(measured)s) END,
  -- Every fiftieth names a thing that nobody else names.
  first.body || second.body ||
    CASE WHEN bench.u(n * 8 + seq, 42) < 0.02 THEN 'XZ-' || n || seq ELSE '' END, said
FROM bench.done CROSS JOIN LATERAL generate_series(1, messages) AS seq
CROSS JOIN LATERAL (SELECT CASE seq WHEN 1 THEN at WHEN 2 THEN coalesce(first_at, at)
  ELSE coalesce(first_at, at) + (coalesce(resolved_at, last_at, first_at, at)
    - coalesce(first_at, at)) * ((seq - 2)::float8 / (messages - 1)) END AS said) AS moments
JOIN bench.pool first ON first.language = done.language AND first.kind = 'sentence'
  AND first.place = floor(%(sentences)s * bench.u(n * 8 + seq, 40))::int
JOIN bench.pool second ON second.language = done.language AND second.kind = 'sentence'
  AND second.place = floor(%(sentences)s * bench.u(n * 8 + seq, 41))::int
ORDER BY n, seq;
