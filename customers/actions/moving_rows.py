"""The statements that move what belongs to a record: to another, and back again.

A consent that both records have in force stays where it is, and so does a link that
both have: of each there can only be one. A contact or an order that was written down
for both (`beside`) stays the first one, and the second goes with the record that goes.
"""

OVER = """
WITH contacts AS (
  UPDATE customers_contactpoint point SET customer_id = %(kept)s
  WHERE customer_id = %(gone)s AND (beside IS NULL OR NOT EXISTS (
    SELECT FROM customers_contactpoint other WHERE other.customer_id = %(kept)s
    AND other.kind = point.kind AND other.value_index = point.value_index))
  RETURNING id
), second_contacts AS (
  UPDATE customers_contactpoint point SET customer_id = %(gone)s
  WHERE customer_id = %(kept)s AND beside IS NOT NULL AND EXISTS (
    SELECT FROM customers_contactpoint other WHERE other.customer_id = %(gone)s
    AND other.beside IS NULL
    AND other.kind = point.kind AND other.value_index = point.value_index)
  RETURNING id
), purchases AS (
  UPDATE customers_purchase bought SET customer_id = %(kept)s
  WHERE customer_id = %(gone)s AND (beside IS NULL OR NOT EXISTS (
    SELECT FROM customers_purchase other WHERE other.customer_id = %(kept)s
    AND other.order_number = bought.order_number AND other.product = bought.product))
  RETURNING id
), second_purchases AS (
  UPDATE customers_purchase bought SET customer_id = %(gone)s
  WHERE customer_id = %(kept)s AND beside IS NOT NULL AND EXISTS (
    SELECT FROM customers_purchase other WHERE other.customer_id = %(gone)s
    AND other.beside IS NULL
    AND other.order_number = bought.order_number AND other.product = bought.product)
  RETURNING id
), payments AS (
  UPDATE customers_paymentrecord SET customer_id = %(kept)s
  WHERE customer_id = %(gone)s RETURNING id
), consents AS (
  UPDATE customers_consent SET customer_id = %(kept)s
  WHERE customer_id = %(gone)s AND NOT (withdrawn_at IS NULL AND purpose IN (
    SELECT purpose FROM customers_consent
    WHERE customer_id = %(kept)s AND withdrawn_at IS NULL)) RETURNING id
), enterprises AS (
  UPDATE customers_contactperson link SET enterprise_id = %(kept)s
  WHERE enterprise_id = %(gone)s AND person_id <> %(kept)s AND NOT EXISTS (
    SELECT FROM customers_contactperson other
    WHERE other.enterprise_id = %(kept)s AND other.person_id = link.person_id)
  RETURNING id
), people AS (
  UPDATE customers_contactperson link SET person_id = %(kept)s
  WHERE person_id = %(gone)s AND enterprise_id <> %(kept)s AND NOT EXISTS (
    SELECT FROM customers_contactperson other
    WHERE other.person_id = %(kept)s AND other.enterprise_id = link.enterprise_id)
  RETURNING id
), tags AS (
  INSERT INTO customers_customer_tags (customer_id, tag_id)
  SELECT %(kept)s, tag_id FROM customers_customer_tags WHERE customer_id = %(gone)s
  ON CONFLICT DO NOTHING RETURNING tag_id::text AS id
)
SELECT json_build_object(
  'contacts', (SELECT coalesce(json_agg(id), '[]') FROM contacts),
  'second_contacts', (SELECT coalesce(json_agg(id), '[]') FROM second_contacts),
  'second_purchases', (SELECT coalesce(json_agg(id), '[]') FROM second_purchases),
  'purchases', (SELECT coalesce(json_agg(id), '[]') FROM purchases),
  'payments', (SELECT coalesce(json_agg(id), '[]') FROM payments),
  'consents', (SELECT coalesce(json_agg(id), '[]') FROM consents),
  'enterprises', (SELECT coalesce(json_agg(id), '[]') FROM enterprises),
  'people', (SELECT coalesce(json_agg(id), '[]') FROM people),
  'tags', (SELECT coalesce(json_agg(id), '[]') FROM tags))
"""

BACK = """
WITH second_contacts AS (
  UPDATE customers_contactpoint SET customer_id = %(kept)s
  WHERE customer_id = %(gone)s AND id = ANY(%(second_contacts)s::uuid[]) RETURNING id
), second_purchases AS (
  UPDATE customers_purchase SET customer_id = %(kept)s
  WHERE customer_id = %(gone)s AND id = ANY(%(second_purchases)s::uuid[]) RETURNING id
), contacts AS (
  UPDATE customers_contactpoint SET customer_id = %(gone)s
  WHERE customer_id = %(kept)s AND id = ANY(%(contacts)s::uuid[]) RETURNING id
), purchases AS (
  UPDATE customers_purchase SET customer_id = %(gone)s
  WHERE customer_id = %(kept)s AND id = ANY(%(purchases)s::uuid[]) RETURNING id
), payments AS (
  UPDATE customers_paymentrecord SET customer_id = %(gone)s
  WHERE customer_id = %(kept)s AND id = ANY(%(payments)s::uuid[]) RETURNING id
), consents AS (
  UPDATE customers_consent SET customer_id = %(gone)s
  WHERE customer_id = %(kept)s AND id = ANY(%(consents)s::uuid[]) RETURNING id
), enterprises AS (
  UPDATE customers_contactperson SET enterprise_id = %(gone)s
  WHERE enterprise_id = %(kept)s AND id = ANY(%(enterprises)s::uuid[]) RETURNING id
), people AS (
  UPDATE customers_contactperson SET person_id = %(gone)s
  WHERE person_id = %(kept)s AND id = ANY(%(people)s::uuid[]) RETURNING id
), tags AS (
  DELETE FROM customers_customer_tags
  WHERE customer_id = %(kept)s AND tag_id = ANY(%(tags)s::bigint[]) RETURNING id
)
SELECT json_build_object('contacts', (SELECT count(*) FROM contacts))
"""
