#!/usr/bin/env bash
# Bring a pgBackRest that knows PostgreSQL 18 to a machine whose Debian has an older one:
# Debian's own package of a later suite, with that suite's libraries beside it, unpacked
# into a folder. Nothing is installed, and apt's own lists and sources stay as they are.
#
#   fetch_pgbackrest.sh FOLDER     afterwards FOLDER/bin/pgbackrest runs
set -euo pipefail

folder=$1
[ ! -x "$folder/bin/pgbackrest" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work" "$folder.new"' EXIT
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"

# Where this machine has its packages from anyway; it need not have asked there yet.
mirror=$(apt-get -o Dir::State::lists="$work/lists" update --print-uris |
  sed -nE "s#^'([^']*/debian/?)/dists/.*#\1#p" | sort -u | sed -n 1p)
[ -n "$mirror" ] || { echo "This machine has no source of Debian's packages." >&2 && exit 1; }
apt() {
  apt-get -qq -o Dir::State::lists="$work/lists" -o Dir::Etc::sourcelist="$work/from.sources" \
    -o Dir::Etc::sourceparts=- -o Dir::State::status=/dev/null \
    -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

for suite in forky sid; do
  cat >"$work/from.sources" <<END
Types: deb
URIs: $mirror
Suites: $suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
  apt update || continue
  # Of all that it depends on only libraries are needed to run it here.
  mapfile -t names < <(apt -s install --no-install-recommends pgbackrest |
    sed -nE 's/^Inst (lib[^ ]*|zlib1g|pgbackrest) .*/\1/p' | grep -vE 'perl|pam|systemd-shared')
  [ "${#names[@]}" -gt 5 ] || continue
  (cd "$work/debs" && apt download "${names[@]}") && break
done

mkdir -p "$folder.new/bin"
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$folder.new/root"; done
loader=$(cd "$folder.new" && find root -name 'ld-linux*.so*' | head -1)
libraries=$(dirname "$loader")
cat >"$folder.new/bin/pgbackrest" <<END
#!/bin/sh
exec "$folder/$loader" --library-path "$folder/$libraries" --argv0 "\$0" "$folder/root/usr/bin/pgbackrest" "\$@"
END
chmod -R a+rX "$folder.new" && chmod 755 "$folder.new/bin/pgbackrest"
rm -rf "$folder" && mv "$folder.new" "$folder"
"$folder/bin/pgbackrest" version
