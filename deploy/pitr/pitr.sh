#!/usr/bin/env bash
# Point-in-time recovery: the journal of the database is put away piece by piece, so that
# recover.sh can bring back the state of any second. docs/recipes/point-in-time.md.
#
#   pitr.sh secret FILE        make the passphrase of the repository, once
#   pitr.sh begin              make the repository and the first full backup
#   pitr.sh due                take a backup if one is due (for a timer)
#   pitr.sh backup full|incr   take one now
#   pitr.sh check [--all]      would recovery work? In plain words; exit code 1 if not.
#                              --all reads every file of the repository and takes longer
#   pitr.sh keep               `due` and `check` every quarter of an hour (for compose)
#
# Run it as the user of PostgreSQL. pgBackRest finds its settings itself
# (/etc/pgbackrest, or PGBACKREST_CONFIG and PGBACKREST_CONFIG_INCLUDE_PATH).
set -euo pipefail

STANZA=${PITR_STANZA:-desk}
FULL_HOURS=${PITR_FULL_HOURS:-168}  # a full backup each week
EVERY_HOURS=${PITR_EVERY_HOURS:-24} # what changed since, each day
LATE_HOURS=2                        # as long may a backup be late before it is an alarm
GOOD=${PITR_GOOD:-/tmp/pitr-good}   # `keep` touches it after each check that passed

say() { printf '%s\n' "$*"; }
refuse() { printf '%s\n' "$*" >&2 && exit 2; }
stanza() { pgbackrest --stanza="$STANZA" "$@"; }

# The reasons out of what pgBackRest printed, each once, without the time before it.
reasons() { { grep -oE '(ERROR|WARN): .*' <<<"$1" || true; } | sort -u | sed -n 1,5p; }

secret() {
  [ $# = 1 ] || refuse "Name the file: pitr.sh secret secrets/pitr.conf"
  [ ! -e "$1" ] || refuse "$1 is there already. Nothing was changed: without its" \
    "passphrase, what the repository holds could never be read again."
  local phrase
  phrase=$(head -c 48 /dev/urandom | base64 -w 0)
  (umask 0277 && printf '[global]\nrepo1-cipher-pass=%s\n' "$phrase" >"$1")
  say "Made $1. Copy it to where the field keys are kept, apart from the repository:" \
    "without it nothing can be recovered."
}

# Lines "type, end (seconds since 1970), first piece of the journal, label", oldest first.
backups() {
  local type='' label='' ended=0 line
  while read -r line; do
    case $line in
      *' backup: '*) type=${line%% *} label=${line##* } ;;
      'timestamp start/stop: '*) ended=$(date -d "${line##* / }" +%s) ;;
      'wal start/stop: '*)
        line=${line#*: }
        say "$type $ended ${line%% *} $label"
        ;;
    esac
  done < <(stanza info)
}

# When the newest backup (of that type) ended; 0 if there is none.
newest() { backups | awk -v t="${1:-}" 't == "" || $1 == t {e = $2} END {print e + 0}'; }

take() {
  case ${1:-} in full | incr) ;; *) refuse "Say which: pitr.sh backup full|incr" ;; esac
  stanza backup --type="$1" || return 1
  say "A backup was taken ($1)."
}

begin() {
  stanza stanza-create
  stanza check
  if [ "$(newest)" = 0 ]; then take full; else say "There is a backup already."; fi
}

due() {
  local now any
  now=$(date +%s) any=$(newest)
  if ((now - $(newest full) >= FULL_HOURS * 3600)); then
    take full
  elif ((now - any >= EVERY_HOURS * 3600)) || ! journal_is_whole >/dev/null; then
    take incr
  else
    say "No backup is due; the newest ended $(date -d "@$any" '+%F %T %z')."
  fi
}

# A piece is closed now and has to be in the repository within a minute.
journal_arrives() {
  local told
  if told=$(stanza check 2>&1); then
    say "ok: the journal arrives in the repository"
  else
    say "ALARM: the journal does not arrive in the repository; recovery ends where it"
    say "  stopped, and what waits fills the disk of the database. pgBackRest says:"
    reasons "$told" | sed 's/^/  /'
    return 1
  fi
}

backup_is_recent() {
  local ended
  ended=$(newest)
  if [ "$ended" = 0 ]; then
    say "ALARM: there is no backup; take one with: pitr.sh backup full"
    return 1
  fi
  if (($(date +%s) - ended > (EVERY_HOURS + LATE_HOURS) * 3600)); then
    say "ALARM: the newest backup ended $(date -d "@$ended" '+%F %T %z'); one is due" \
      "every $EVERY_HOURS hours"
    return 1
  fi
  say "ok: the newest backup ended $(date -d "@$ended" '+%F %T %z')"
}

# The names of all pieces that the repository holds, in order.
pieces() {
  pgbackrest repo-ls --recurse "archive/$STANZA" |
    sed -nE 's#^.*/([0-9A-F]{24})-[0-9a-f]{40}.*$#\1#p' | sort -u
}

# Lines "last piece before, first piece after" for each hole in the journal. Pieces have
# the usual 16 MB, which makes 256 numbers to a block of names.
holes() {
  local before='' name number last=-1
  while read -r name; do
    number=$((16#${name:8:8} * 256 + 16#${name:16:8}))
    if [ "${before:0:8}" = "${name:0:8}" ] && ((number > last + 1)); then
      say "$before $name"
    fi
    before=$name last=$number
  done < <(pieces)
}

journal_is_whole() {
  local start before after bad=0
  start=$(backups | awk '{s = $3} END {print s}')
  while read -r before after; do
    if [[ $after > $start ]]; then
      say "ALARM: pieces of the journal are missing after $before, and no backup was" \
        "taken since: no second after them can be reached. Take one: pitr.sh backup incr"
      bad=1
    else
      say "note: pieces of the journal are missing between $before and $after; the" \
        "seconds from there to the next backup cannot be reached"
    fi
  done < <(holes)
  [ "$bad" = 0 ] || return 1
  say "ok: the journal is whole since the newest backup"
}

contents_are_whole() {
  local told
  told=$(stanza verify --output=text --verbose --log-level-console=info 2>&1) || true
  if grep -qE '^ *status: ok' <<<"$told"; then
    say "ok: every file of the repository can be read and is what was written"
  else
    say "ALARM: the repository is damaged; pgBackRest says:"
    { grep -oE '(ERROR|WARN): .*|invalid (result|checksum|size) .*' <<<"$told" || true; } |
      sort -u | sed -n '1,10s/^/  /p'
    return 1
  fi
}

check() {
  local bad=0
  journal_arrives || bad=1
  backup_is_recent || bad=1
  journal_is_whole || bad=1
  if [ "${1:-}" = --all ]; then contents_are_whole || bad=1; fi
  return "$bad"
}

keep() {
  trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
  while true; do
    due || say "ALARM: the backup that is due could not be taken"
    if check; then touch "$GOOD"; else rm -f "$GOOD"; fi
    sleep 900 &
    wait $!
  done
}

case ${1:-} in
  secret | begin | due | check | keep) "$@" ;;
  backup) take "${2:-}" ;;
  *) sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0" && exit 2 ;;
esac
