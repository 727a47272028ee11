#!/usr/bin/env bash
# h2spec's cases, with and without the strict ones, over h2c and over TLS, against the example echo of the release build.
# The program is built from its Go module, as go.mod and go.sum pin it, into build/h2spec.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

echo_program=build/release/bin/echo h2spec=$PWD/build/h2spec/h2spec passed=0 failed=0

skip() { echo "skipped: h2spec because $1"; exit 0; }

if [ ! -x "$h2spec" ] || [ tests/h2spec/go.sum -nt "$h2spec" ]; then
    command -v go >/dev/null || skip "there is no go to build it with"
    mkdir -p build/h2spec
    (cd tests/h2spec && GOFLAGS=-mod=readonly go build -o "$h2spec" github.com/summerwind/h2spec/cmd/h2spec) \
        >build/h2spec/log 2>&1 || { tail -n 5 build/h2spec/log; skip "its Go modules can't be had here"; }
fi
[ -x "$echo_program" ] || ./dev build release echo >/dev/null

./dev cert --out build/h2spec >/dev/null
coproc server { exec "$echo_program" --listen 127.0.0.1:0 --listen tls:127.0.0.1:0 --workers 1 --log off \
    --tls-cert build/h2spec/localhost.crt --tls-key build/h2spec/localhost.key; }
# shellcheck disable=SC2154 # coproc sets it
pid=$server_PID
trap 'kill "$pid"' EXIT
read -r plain <&"${server[0]}"
read -r secure <&"${server[0]}"

# run NAME LINE FLAG...: one pass over the cases at the port that LINE ends in; each must pass, and none be skipped.
run() {
    local name=$1 line=$2 sum
    shift 2
    "$h2spec" --host 127.0.0.1 --port "${line##*:}" --path /headers "$@" >"build/h2spec/$name" 2>&1 || true
    sum=$(sed -n 's/^\([0-9]*\) tests, \([0-9]*\) passed, \([0-9]*\) skipped, \([0-9]*\) failed$/\1 \2/p' "build/h2spec/$name")
    echo "$name: ${sum#* } of ${sum% *}"
    if [ -n "$sum" ] && [ "${sum% *}" = "${sum#* }" ]; then
        passed=$((passed + ${sum% *}))
    else
        grep -a -A6 '×' "build/h2spec/$name" || tail -n 20 "build/h2spec/$name"
        failed=$((failed + 1))
    fi
}

run usual "$plain"
run strict "$plain" --strict
run usual-tls "$secure" --tls --insecure
run strict-tls "$secure" --strict --tls --insecure
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
