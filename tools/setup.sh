#!/usr/bin/env bash
# Make .venv and install what is pinned. Says what is missing, and the command that installs it.
set -euo pipefail

fail() { printf '%s\n' "$@" >&2; exit 1; }

[ -n "${PYTHON:-}" ] || fail "Python 3.11 or later is missing: apt-get install python3.11 python3.11-venv python3.11-dev"
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "Python $version is too old: apt-get install python3.11 python3.11-venv python3.11-dev"
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "Python's venv module is missing: apt-get install python$version-venv"

builds_engine=$("$PYTHON" -c 'import sys; print(int(sys.version_info < (3, 13)))')
if [ "$builds_engine" = 1 ]; then
  command -v cc >/dev/null || command -v gcc >/dev/null ||
    fail "A C compiler is missing (durable_rules is built here): apt-get install gcc libc6-dev"
  header=$("$PYTHON" -c 'import sysconfig, os; print(os.path.join(sysconfig.get_path("include"), "Python.h"))')
  [ -f "$header" ] || fail "Python's headers are missing: apt-get install python$version-dev"
else
  echo "durable_rules does not build on Python $version: the Python engine will decide instead."
fi

if [ ! -x "$VENV/bin/python" ]; then
  echo "Making $VENV with Python $version …"
  "$PYTHON" -m venv "$VENV"
fi
echo "Installing what is pinned (a minute or two) …"
"$VENV/bin/python" -m pip install --disable-pip-version-check --quiet --progress-bar off \
  --require-hashes -r requirements-dev.txt 2>&1 | { grep -vE '^ *(WARNING|DEPRECATION): ' || true; }

mongod=$(command -v mongod || "$VENV/bin/python" -c 'from demo import servers; print(servers.find_mongod())')
lost=$(ldd "$mongod" 2>/dev/null | awk '/not found/ {print $1}' | sort -u | paste -sd ' ' -)
[ -z "$lost" ] || fail "mongod lacks $lost: apt-get install libcurl4 libssl3"
touch "$VENV/.installed"
echo "Installed."
