#!/bin/sh
# Makes the virtual environment that the Makefile works in: `environment.sh .venv`.
#
# Needs a Python >= 3.11 and a path to a package index, nothing else. PYTHON names the interpreter to use; without it
# the newest suitable one on PATH is taken. Safe to run again after an interruption: the stamp VENV/.ready is
# written last, and half an environment is finished or, where its interpreter no longer works, made anew.
set -eu

venv=${1:-.venv}
MINIMUM='import sys; sys.exit(sys.version_info < (3, 11))'

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c "$MINIMUM" 2>/dev/null || stop "PYTHON=$PYTHON is not a Python >= 3.11; name another or leave PYTHON empty"
        echo "$PYTHON"
        return
    fi
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c "$MINIMUM" 2>/dev/null; then echo "$name"; return; fi
    done
    stop "no Python >= 3.11 on PATH (Debian: apt-get install python3 python3-venv); or give one: make PYTHON=/path/to/python3"
}

# Debian ships the standard library's venv and ensurepip in a package of their own.
ensure_venv_module() {
    "$1" -c 'import venv, ensurepip' 2>/dev/null && return
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    packages="python$version-venv"
    [ "$("$1" -c 'import os, sys; print(os.path.dirname(sys.executable))')" != /usr/bin ] || packages="$packages python3-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        for package in $packages; do
            say "$1 lacks venv and ensurepip; installing the Debian package $package"
            install_debian_package "$package" && "$1" -c 'import venv, ensurepip' 2>/dev/null && return
        done
    fi
    stop "$1 has no venv and ensurepip modules, which make the private environment for the dependencies;" \
        "install the Debian package python$version-venv (apt-get install python$version-venv) and run make again"
}

install_debian_package() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null 2>&1 && return
    apt-get update -qq >/dev/null 2>&1 || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null 2>&1
}

ensure_environment() {
    if "$venv/bin/python" -c "$MINIMUM" 2>/dev/null && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
    python=$(find_python)
    ensure_venv_module "$python"
    say "making $venv with $("$python" --version 2>&1)"
    "$python" -m venv --clear "$venv"
}

install() {
    "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-input "$@"
}

ensure_environment
say "installing the dependencies pinned in requirements.lock"
install --require-hashes -r requirements.lock || stop "the dependencies could not be installed: is a package index reachable? (see pip's message above)"
install --no-deps --no-build-isolation -e . || stop "Clearbill itself could not be installed (see pip's message above)"
: >"$venv/.ready"
say "ready ($venv)"
