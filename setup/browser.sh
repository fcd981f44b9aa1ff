#!/bin/sh
# Sees to it that Clearbill finds a browser to drive: `browser.sh .venv`.
#
# The machine's own comes first (chromium, Chrome, Edge on PATH), then Playwright's own, then the system's package
# chromium. A machine that can have none still runs all but the browser portals and says so, except in CI.
set -eu

venv=${1:-.venv}
say() { printf 'setup: %s\n' "$*" >&2; }
starts() { "$venv/bin/python" -m gateway.browser >/dev/null 2>&1; }
done_with() { say "$1"; : >"$venv/.browser-ready"; exit 0; }

if starts; then
    : >"$venv/.browser-ready"
    exit 0
fi
say "no browser starts on this machine; fetching Playwright's own"
if timeout 300 "$venv/bin/python" -m playwright install chromium >/dev/null 2>&1 && starts; then
    done_with "Playwright's chromium is ready"
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "that did not work; installing the Debian package chromium"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null 2>&1 || say "apt-get update failed; trying with the lists there are"
    if apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 && starts; then
        done_with "the system's chromium is ready"
    fi
fi
say "NO BROWSER: install chromium or Google Chrome (Debian: apt-get install chromium) for portals that are driven by one"
"$venv/bin/python" -m gateway.browser || true
[ -z "${CI:-}" ] || exit 1
exit 0 # no stamp: the next run looks again
