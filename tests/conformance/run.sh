#!/usr/bin/env bash
# The protocol cases against the example echo of the release build, or against the program in FLARE_ECHO.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
exec python3 "$here/h1/run.py" "$@" "${FLARE_ECHO:-$here/../../build/release/bin/echo}"
