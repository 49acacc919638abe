"""Count who the customers are, once a day: one pass over all, kept as a row of figures."""

import datetime as dt
from typing import Any, Final

from django.db import connection, transaction

from customers.models import ProfileFacts

_PER_CUSTOMER: Final = """
WITH per AS MATERIALIZED (
  SELECT c.city, c.kind, c.language, c.channel, coalesce(p.orders, 0) AS orders,
    coalesce(p.amount, 0) AS amount, p.last
  FROM customers_customer c
  LEFT JOIN (
    SELECT customer_id, count(*) AS orders, max(bought_at) AS last,
      sum(amount) FILTER (WHERE currency = 'CNY') AS amount
    FROM customers_purchase WHERE status <> 'cancelled' GROUP BY customer_id
  ) p ON p.customer_id = c.id
  WHERE c.merged_into_id IS NULL AND c.erased_at IS NULL
)
"""
_GROUPS: Final = f"""
{_PER_CUSTOMER}, banded AS (
  SELECT *, CASE WHEN orders = 0 THEN '0' WHEN orders = 1 THEN '1'
      WHEN orders = 2 THEN '2' WHEN orders <= 5 THEN '3-5'
      WHEN orders <= 10 THEN '6-10' ELSE '11+' END AS orders_band,
    CASE WHEN amount = 0 THEN '0' WHEN amount < 100 THEN '1-99'
      WHEN amount < 500 THEN '100-499' WHEN amount < 1000 THEN '500-999'
      WHEN amount < 5000 THEN '1000-4999' ELSE '5000+' END AS amount_band
  FROM per
)
SELECT CASE grouping(city, kind, language, channel, orders_band, amount_band)
    WHEN 31 THEN 'city' WHEN 47 THEN 'kind' WHEN 55 THEN 'language'
    WHEN 59 THEN 'channel' WHEN 61 THEN 'orders' WHEN 62 THEN 'amount' END,
  coalesce(city, kind, language, channel, orders_band, amount_band),
  count(*), count(*) FILTER (WHERE orders > 0), sum(orders)::bigint, sum(amount)::text
FROM banded
GROUP BY GROUPING SETS ((city), (kind), (language), (channel), (orders_band),
  (amount_band))
ORDER BY 1, 3 DESC, 2
"""  # noqa: S608 - nothing in it comes from outside
# Of equal ones the order is by the others, so that the same data give the same fifths.
_FIFTHS: Final = f"""
{_PER_CUSTOMER}, ranked AS (
  SELECT orders, amount, extract(epoch FROM %s - last) / 86400 AS days,
    ntile(5) OVER (ORDER BY last DESC, amount DESC, orders DESC) AS r,
    ntile(5) OVER (ORDER BY orders DESC, amount DESC, last DESC) AS f,
    ntile(5) OVER (ORDER BY amount DESC, orders DESC, last DESC) AS v
  FROM per WHERE orders > 0
)
SELECT CASE grouping(r, f, v) WHEN 3 THEN 'recency' WHEN 5 THEN 'frequency'
    ELSE 'value' END, coalesce(r, f, v), count(*), round(avg(days))::int,
  round(avg(orders), 1)::text, round(avg(amount))::text
FROM ranked GROUP BY GROUPING SETS ((r), (f), (v)) ORDER BY 1, 2
"""  # noqa: S608 - nothing in it comes from outside


@transaction.atomic
def count_facts(*, now: dt.datetime) -> ProfileFacts:
    """Count everything, and keep it as the figures of the day."""
    facts: dict[str, list[list[Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS)
        for dimension, *row in cursor.fetchall():
            facts.setdefault(dimension, []).append(row)
        cursor.execute(_FIFTHS, [now])
        for dimension, *row in cursor.fetchall():
            facts.setdefault(dimension, []).append(row)
    made, _new = ProfileFacts.objects.update_or_create(
        day=now.date(), defaults={"made_at": now, "facts": facts}
    )
    return made
