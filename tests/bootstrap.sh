#!/usr/bin/env bash
# The lexer and parser that a checkout builds from are what re2c and Lemon make of their sources now.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in re2c lemon; do
    command -v "$tool" >/dev/null || {
        echo "skipped: bootstrap because $tool is not installed"
        exit 0
    }
done
if cmake --build build/release --target flarec_bootstrap_check; then
    echo "1 passed, 0 failed"
else
    echo "flarec/bootstrap is not what its sources give: build the target flarec_bootstrap and commit it"
    echo "0 passed, 1 failed"
    exit 1
fi
