-- Run by the image of PostgreSQL once, when it makes its cluster, as the superuser, whom
-- nothing of the desk ever is. Two ordinary roles: `desk` owns the database and is what
-- migrations run as; `desk_app` is what everything else runs as, and gets its rights
-- from `migrate`. docs/decisions/0021-two-roles-in-the-database.md tells why.
\set ON_ERROR_STOP on
\set owner_password `cat /run/secrets/database_owner_password`
\set app_password `cat /run/secrets/database_password`
CREATE ROLE desk LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
  PASSWORD :'owner_password';
CREATE ROLE desk_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
  PASSWORD :'app_password';
CREATE DATABASE desk OWNER desk;
REVOKE ALL ON DATABASE desk FROM PUBLIC;
GRANT CONNECT ON DATABASE desk TO desk_app;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
