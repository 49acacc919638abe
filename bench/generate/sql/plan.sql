-- One row for each ticket: what became of it and when. All else is written from here.
CREATE UNLOGGED TABLE bench.plan AS
SELECT n::bigint AS n, bench.v7(at, n, 1) AS id, at, place, active, status, refused,
  category, channel, priority, team,
  CASE WHEN status NOT IN ('new', 'spam', 'merged') THEN
    agents.ids[1 + floor(cardinality(agents.ids) * power(bench.u(n, 8), 2.2))::int]
  END AS assignee,
  CASE WHEN status = 'new' THEN 1 ELSE
    2 + (bench.u(n, 9) < 0.56)::int + (bench.u(n, 10) < 0.32)::int
      + (bench.u(n, 11) < 0.14)::int + (bench.u(n, 12) < 0.06)::int
  END AS messages,
  CASE WHEN status <> 'new' THEN
    at + least((-ln(1 - bench.u(n, 13)) * 2400 + 60) * interval '1 second',
               (%(now)s - at) * 0.3)
  END AS first_at,
  CASE WHEN status = 'closed' THEN
         at + least((-ln(1 - bench.u(n, 14)) * 20 + 1) * interval '1 hour',
                    (%(now)s - at) * 0.6)
       WHEN status = 'resolved' THEN
         greatest(at + (%(now)s - at) * 0.5, %(now)s - bench.u(n, 14) * interval '47 hours')
  END AS resolved_at
FROM (
  SELECT n, begins + ((n - first + bench.u(n, 2)) / number * seconds) * interval '1 second' AS at
  FROM bench.hours CROSS JOIN LATERAL generate_series(first, first + number - 1) AS n
) moments
CROSS JOIN LATERAL (SELECT %(size)s - n AS newer) AS age
CROSS JOIN LATERAL (SELECT
  bench.u(n, 3) < exp(-newer / (0.03 * %(size)s + 200)) + 0.008 AS active,
  bench.u(n, 4) < 0.8 * exp(-newer / (0.003 * %(size)s + 200)) AS fresh,
  bench.u(n, 5) AS which,
  (%(categories)s::int[])[1 + floor(1000 * bench.u(n, 6))::int] AS category,
  floor(%(customers)s * power(bench.u(n, 7), 1.5))::int AS place,
  (ARRAY['web','web','web','web','email','email','phone','phone','phone','chat'])
    [1 + floor(10 * bench.u(n, 15))::int] AS channel,
  (ARRAY[1,2,2,2,2,3,3,3,3,3,3,3,3,3,3,3,3,4,4,4])[1 + floor(20 * bench.u(n, 16))::int] AS priority,
  bench.u(n, 17) < 0.4 AS refused
) AS dice
CROSS JOIN LATERAL (SELECT CASE
  WHEN active THEN CASE WHEN which < 0.22 THEN 'new' WHEN which < 0.68 THEN 'open'
    WHEN which < 0.92 THEN 'waiting_customer' ELSE 'waiting_colleagues' END
  WHEN fresh THEN 'resolved'
  WHEN which < 0.01 THEN 'spam' WHEN which < 0.015 THEN 'merged' ELSE 'closed' END AS status
) AS states
JOIN (SELECT id AS about, team_id AS home FROM tickets_category) AS homes ON about = category
CROSS JOIN LATERAL (SELECT CASE WHEN bench.u(n, 18) < 0.08
  THEN (%(teams)s::int[])[1 + floor(cardinality(%(teams)s::int[]) * bench.u(n, 19))::int]
  ELSE home END AS team) AS transfers
JOIN bench.agents ON agents.team_id = team;

-- Who is measured has the same pages to read at every size: full ones, of which those of
-- the second level are mostly in the hands of who leads the team.
UPDATE bench.plan AS plan SET assignee = %(measured)s FROM (
  SELECT n FROM bench.plan JOIN bench.agents ON agents.team_id = team
  WHERE active AND status <> 'new' AND agents.led ORDER BY n DESC LIMIT %(own)s
) AS own WHERE plan.n = own.n;

CREATE UNLOGGED TABLE bench.done AS SELECT plan.*,
  known.customer_id, known.language,
  CASE WHEN channel IN ('phone', 'chat') THEN known.phone_id
    ELSE coalesce(known.email_id, known.phone_id) END AS contact_id,
  known.email_id,
  CASE WHEN status = 'closed' THEN
    resolved_at + least((0.05 + bench.u(n, 20)) * interval '44 hours',
                        (%(now)s - resolved_at) * 0.9) END AS closed_at,
  CASE WHEN active AND status <> 'new' THEN
    greatest(first_at, at + (%(now)s - at) * (0.2 + 0.75 * bench.u(n, 21))) END AS last_at,
  CASE status WHEN 'new' THEN %(now)s + (bench.u(n, 22) - 0.25) * interval '8 hours'
    WHEN 'open' THEN %(now)s + (bench.u(n, 22) - 0.25) * interval '60 hours'
    WHEN 'waiting_colleagues' THEN %(now)s + (bench.u(n, 22) - 0.25) * interval '60 hours'
  END AS due_at,
  level_id, calendar_id, first_seconds, whole_seconds
FROM bench.plan JOIN bench.known USING (place) JOIN bench.levels USING (channel);
ANALYZE bench.done;
