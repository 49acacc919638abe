#!/usr/bin/env bash
# Bring back the database as it was at a chosen second, into a second folder. The cluster
# that is in use is never touched. docs/recipes/point-in-time.md.
#
#   recover.sh to 'TIME' FOLDER [OPTION …]
#                          TIME with its zone, such as '2026-03-04 11:22:33+08:00', or
#                          `latest`: all that the repository holds. Options go to
#                          pgBackRest's restore, for example --target-timeline=1
#   recover.sh look FOLDER [COMMAND …]
#                          start what was recovered for one command (by default psql),
#                          reachable by nobody else; nothing can be changed
#   recover.sh take FOLDER make it fit to be the desk's cluster from now on
#
# What was committed up to that moment is there, what came later is not. 11:22:33 is the
# first moment of its second; fractions (11:22:33.5) can be given. Run it as the user of
# PostgreSQL.
set -euo pipefail

STANZA=${PITR_STANZA:-desk}
PROGRAMS=${PITR_PROGRAMS:-$(dirname "$(command -v postgres || echo /usr/lib/postgresql/18/bin/x)")}
PATIENCE=${PITR_PATIENCE:-86400} # seconds that the replay may take
SERVER='' ROOM=''

say() { printf '%s\n' "$*"; }
refuse() { printf '%s\n' "$*" >&2 && exit 2; }

# --- a server that only we can reach ---

# Its own settings: where a distribution keeps them elsewhere, and no address, no archive.
start() {
  local folder=$1
  ROOM=$(mktemp -d /tmp/recover-XXXXXX)
  printf 'local all all trust\n' >"$ROOM/hba"
  cat >"$ROOM/conf" <<END
listen_addresses = ''
unix_socket_directories = '$ROOM'
hba_file = '$ROOM/hba'
hot_standby = off
default_transaction_read_only = on
log_min_error_statement = panic
log_error_verbosity = terse
log_timezone = UTC
END
  LC_ALL=C "$PROGRAMS/postgres" -D "$folder" -c "config_file=$ROOM/conf" \
    -c archive_mode=off -c logging_collector=off </dev/null >"$ROOM/log" 2>&1 &
  SERVER=$!
}

# With hot_standby off it answers nobody before the replay has ended.
answers() { "$PROGRAMS/pg_isready" --quiet --host "$ROOM" --dbname postgres; }

wait_ready() {
  local end=$((SECONDS + PATIENCE))
  until answers; do
    kill -0 "$SERVER" 2>/dev/null || return 1
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}

ask() {
  "$PROGRAMS/psql" -XAt --host "$ROOM" --username postgres --dbname postgres -c "$1"
}

stop() {
  if [ -n "$SERVER" ] && kill -INT "$SERVER" 2>/dev/null; then
    wait "$SERVER" || true
  fi
  SERVER=''
  [ -z "$ROOM" ] || rm -rf "$ROOM"
}

# --- refusals, before anything is touched ---

# The time as PostgreSQL takes it, in UTC.
moment() {
  local zone='(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)'
  [[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}[T\ ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?\ ?$zone$ ]] ||
    refuse "Say the second with its zone, such as 2026-03-04 11:22:33+08:00; \"$1\" is" \
      "not of that form."
  date --utc -d "$1" '+%F %T.%6N+00' 2>/dev/null || refuse "There is no time $1."
}

check_programs() {
  [ -x "$PROGRAMS/postgres" ] || refuse "Name the folder of PostgreSQL's programs in" \
    "PITR_PROGRAMS, such as /usr/lib/postgresql/18/bin."
  [ "$(id -u)" != 0 ] || refuse "Run this as the user of PostgreSQL, not as root."
}

check_folder() {
  [[ $1 == /* ]] || refuse "Name the folder from the root on (/…)."
  if [ -e "$1" ] && { [ ! -d "$1" ] || [ -n "$(ls -A "$1")" ]; }; then
    refuse "$1 is not empty. Nothing was touched; name a folder that is new."
  fi
  mkdir -p "$1" && chmod 0700 "$1" || refuse "$1 cannot be made."
}

# --- recovery ---

# pgBackRest would take the newest backup where there is none from before.
check_backup() {
  local first
  first=$(pgbackrest --stanza="$STANZA" info |
    awk -F ' / ' '/timestamp start/ && !seen {print $2; seen = 1}')
  [ -n "$first" ] || refuse "The repository holds no backup of $STANZA."
  [ "$1" = latest ] || (($(date -d "$1" +%s) > $(date -d "$first" +%s))) ||
    refuse "There is no backup from before that second; the first one ended $first."
}

bring_back() {
  local when=$1 folder=$2 told
  local options=(--pg1-path="$folder" --archive-mode=off "${@:3}")
  if [ "$when" != latest ]; then
    options+=(--type=time --target="$when" --target-action=promote)
  fi
  say "Reading the newest backup from before into $folder …"
  told=$(pgbackrest --stanza="$STANZA" "${options[@]}" restore 2>&1) ||
    refuse "The backup could not be read. pgBackRest says:" \
      "$(grep -oE 'ERROR: .*' <<<"$told" | head -5)"
}

# What stopped the replay before the newest piece that the repository holds, if so.
stopped_by() {
  local log=$ROOM/log broken reached newest
  broken=$(grep -oE 'unable to get [0-9A-F]{24}' "$log" | tail -1) || true
  if [ -n "$broken" ]; then
    say "The piece ${broken##* } of the journal is damaged in the repository."
    return
  fi
  reached=$(sed -nE 's/.*restored log file "([0-9A-F]{24})".*/\1/p' "$log" | tail -1)
  newest=$(pgbackrest repo-ls --recurse "archive/$STANZA" |
    sed -nE 's#^.*/([0-9A-F]{24})-[0-9a-f]{40}.*$#\1#p' | sort | tail -1)
  if [[ $reached < $newest ]]; then
    say "The piece of the journal after ${reached:-the backup} is missing in the" \
      "repository, which goes on to $newest."
  fi
}

# Why the replay did not get there, from the server's log.
explain() {
  local log=$ROOM/log last
  last=$(grep -oE 'last completed transaction was at log time .*' "$log" | tail -1) || true
  {
    say "NOT RECOVERED: that second was not reached."
    if grep -q 'before configured recovery target was reached' "$log"; then
      say "What can be read of the journal ends before it."
      stopped_by
      [ -z "$last" ] || say "The last change that can be had: ${last##*log time }."
      say "To have all up to there: recover.sh to latest NEW-FOLDER"
    elif grep -q 'before consistent recovery point' "$log"; then
      say "It lies inside the time that the backup took; choose a later one."
    fi
    say "What was said on the way:"
    { grep -E '(ERROR|FATAL|WARN)' "$log" || true; } |
      { grep -vE 'starting up|not accepting' || true; } | tail -8 | sed 's/^/  /'
  } >&2
}

to() {
  [ $# -ge 2 ] || refuse "Say the second and the folder: recover.sh to 'TIME' FOLDER"
  local when=latest folder=$2
  check_programs
  if [ "$1" != latest ]; then
    when=$(moment "$1") || exit 2
    (($(date -d "$when" +%s) <= $(date +%s))) || refuse "$1 has not come yet."
  fi
  check_backup "$when"
  check_folder "$folder"
  trap stop EXIT
  bring_back "$when" "$folder" "${@:3}"
  say "Replaying the journal …"
  start "$folder"
  if ! wait_ready; then
    explain
    exit 1
  fi
  say "RECOVERED to $when."
  [ "$when" != latest ] || stopped_by
  say "The last change in it: $(ask "SELECT coalesce(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC' || '+00', 'of before the backup')")"
  say "It is stopped and lies in $folder; nobody has seen or used it yet. Look at it with:"
  say "  recover.sh look $folder"
}

look() {
  [ $# -ge 1 ] || refuse "Name the folder: recover.sh look FOLDER [COMMAND …]"
  local folder=$1
  shift
  check_programs
  [ -e "$folder/PG_VERSION" ] || refuse "$folder holds no database."
  trap stop EXIT
  start "$folder"
  wait_ready || { cat "$ROOM/log" >&2 && exit 1; }
  [ $# -gt 0 ] || set -- "$PROGRAMS/psql" -X
  PGHOST=$ROOM PGUSER=postgres PGDATABASE=${PGDATABASE:-desk} "$@"
}

# Recovery began a new line of the journal, but with the archive off: what says where the
# line began has to be put away too, or nobody could follow it later.
take() {
  [ $# = 1 ] || refuse "Name the folder: recover.sh take FOLDER"
  local folder=$1 line
  [ -e "$folder/PG_VERSION" ] || refuse "$folder holds no database."
  [ ! -e "$folder/postmaster.pid" ] || refuse "$folder is in use."
  [ ! -e "$folder/recovery.signal" ] || refuse "The recovery in $folder is not finished."
  line=$(basename "$(find "$folder/pg_wal" -name '*.history' | sort | tail -1)")
  [ -n "$line" ] || refuse "$folder was not recovered to a second; begin a new" \
    "repository for it."
  touch "$folder/pg_wal/archive_status/$line.ready"
  sed -i -E '/^(archive_mode|restore_command|recovery_target)/d' \
    "$folder/postgresql.auto.conf"
  say "$folder can be the desk's cluster: stop the desk and its database, name this" \
    "folder as the place of the data, and start the database. The old one stays where" \
    "it is. Take a backup then: pitr.sh backup full"
}

case ${1:-} in
  to | look | take) "$@" ;;
  *) sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0" && exit 2 ;;
esac
