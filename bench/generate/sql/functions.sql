-- Chance that is the same for the same seed, whatever plan PostgreSQL chooses.
CREATE FUNCTION bench.u(n bigint, salt int) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (hashint8extended(n, salt + 1000 * %(seed)s) & 1073741823)::float8 / 1073741824 $$;

-- A UUIDv7 of a moment: keys sort by time, as the product's own do.
CREATE FUNCTION bench.v7(at timestamptz, n bigint, salt int) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT overlay(overlay(overlay(md5(n || ' ' || salt + 1000 * %(seed)s)
   PLACING lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') FROM 1 FOR 12)
   PLACING '7' FROM 13 FOR 1) PLACING '8' FROM 17 FOR 1)::uuid $$;
