-- What search knows of each ticket, put together from the vectors of its texts.
CREATE AGGREGATE bench.joined (tsvector) (sfunc = tsvector_concat, stype = tsvector, initcond = '');

INSERT INTO tickets_tickettext (ticket_id, team_id, vector, moment, mark, cut)
SELECT id, team,
  (quote_literal(lower('SD-' || extract(year FROM at) || '-' || lpad(n::text, 7, '0'))) || ':1A '
    || quote_literal(lpad(n::text, 7, '0')) || ':1A ' || quote_literal(n::text) || ':1A')::tsvector
  || subject.vector || setweight(solution.vector, 'B') || setweight(cause.vector, 'B') || said.vector,
  coalesce(closed_at, resolved_at, last_at, first_at, at), 0, false
FROM bench.done
JOIN bench.pool subject ON subject.language = done.language AND subject.kind = 'subject'
  AND subject.place = floor(%(subjects)s * bench.u(n, 31))::int
JOIN bench.pool cause ON cause.language = done.language AND cause.kind = 'sentence'
  AND cause.place = floor(%(sentences)s * bench.u(n, 32))::int
JOIN bench.pool solution ON solution.language = done.language AND solution.kind = 'sentence'
  AND solution.place = floor(%(sentences)s * bench.u(n, 33))::int
JOIN (SELECT n, bench.joined(first.vector || second.vector ORDER BY seq DESC) AS vector
  FROM bench.done CROSS JOIN LATERAL generate_series(1, messages) AS seq
  JOIN bench.pool first ON first.language = done.language AND first.kind = 'sentence'
    AND first.place = floor(%(sentences)s * bench.u(n * 8 + seq, 40))::int
  JOIN bench.pool second ON second.language = done.language AND second.kind = 'sentence'
    AND second.place = floor(%(sentences)s * bench.u(n * 8 + seq, 41))::int
  GROUP BY n) AS said USING (n);
