#!/usr/bin/env bash
# ./dev answers --help for every command and refuses what it does not know; tests/all.sh counts, skips and stops rightly.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

passed=0 failed=0
place=$(mktemp -d) || exit
trap 'rm -rf "$place"' EXIT

# check WHAT: the last command's code was 0.
check() {
    # shellcheck disable=SC2181 # the command before is the caller's
    if [ $? -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $1"; fi
}

for command in demo test build lint fmt fuzz bench conformance docs clean; do
    ./dev "$command" --help | grep -q "^usage: ./dev $command"
    check "./dev $command --help"
done
./dev --help | grep -q '^./dev demo'
check "./dev --help"
[ "$(./dev --version)" = "flare $(cat VERSION)" ]
check "./dev --version"
for wrong in "" "frobnicate" "demo --frob" "demo --port x" "test --frob" "build --frob" "fmt x" "docs x" "clean x" "bench x"; do
    # shellcheck disable=SC2086 # words are meant
    ! ./dev $wrong >/dev/null 2>&1
    check "./dev $wrong is refused"
done

# stages TABLE: runs all.sh on it in a place of its own, with the given list of allowed skips.
stages() {
    mkdir -p "$place/.ci" "$place/tests"
    cp tests/all.sh "$place/tests"
    printf '%s\n' "$1" >"$place/.ci/stages"
    printf '%s\n' "${2:-}" >"$place/.ci/skips"
    CI=true "$place/tests/all.sh" >"$place/out" 2>&1
}

last() { [ "$(tail -n 1 "$place/out")" = "$1" ]; }

stages $'# a comment\none 5 echo 3 passed, 0 failed\ntwo 5 true' && last "4 passed, 0 failed"
check "sums of stages, and one for a stage without a sum"
! stages $'one 5 false\ntwo 5 echo 2 passed, 0 failed' && last "2 passed, 1 failed"
check "a stage that fails, and the next one still runs"
printf '#!/bin/sh\necho 5 passed, 2 failed; exit 1\n' >"$place/some" && chmod +x "$place/some"
! stages "one 5 $place/some" && last "5 passed, 2 failed"
check "failures that a stage counted itself"
! stages 'one 5 echo skipped: peers because nginx is missing' && last "1 passed, 1 failed"
check "a skip that is not allowed"
stages 'one 5 echo skipped: peers because nginx is missing' peers && last "1 passed, 0 failed"
check "a skip that is allowed"
stages 'one 0 sleep 1.1' && grep -q 'over its budget' "$place/out"
check "a stage over its budget is named"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
