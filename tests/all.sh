#!/usr/bin/env bash
# ./dev test --all: runs the stages of .ci/stages, says how long each took, and sums them into "N passed, N failed".
# A stage that prints no such sum counts as one. Under CI a check that is skipped must stand in .ci/skips.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

limit=3000
begin=$SECONDS
logs=build/logs
mkdir -p "$logs"
passed=0 failed=0
table=''

# run_stage NAME BUDGET COMMAND: adds to passed, failed and table.
run_stage() {
    local name=$1 budget=$2 command=$3 log=$logs/$1.log start=$SECONDS code=0 left took sum note='' good=0 bad=0
    left=$((limit - (SECONDS - begin)))
    printf '\n==== %s: %s\n' "$name" "$command"
    if [ "$left" -le 0 ]; then
        echo "no time is left"
        code=124 left=0
        : >"$log"
    else
        # shellcheck disable=SC2086 # the words of the table's command are meant
        timeout -k 10 "$left" $command </dev/null 2>&1 | tee "$log"
        code=${PIPESTATUS[0]}
    fi
    took=$((SECONDS - start))
    sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    if [ -n "$sum" ]; then
        good=${sum%% *} bad=${sum#*, } bad=${bad%% *}
    elif [ "$code" -eq 0 ]; then
        good=1
    fi
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi
    while IFS= read -r skip; do
        if [ "${CI:-}" = true ] && ! grep -qxF "$skip" .ci/skips; then
            echo "FAILED: $skip was skipped, and .ci/skips does not allow it"
            bad=$((bad + 1))
        fi
    done < <(sed -n 's/^skipped: \(.*\) because .*/\1/p' "$log")
    [ "$code" -ne 124 ] || note=', stopped'
    [ "$took" -le "$budget" ] || note="$note, over its budget"
    [ "$bad" -eq 0 ] || note="$note, FAILED"
    printf '==== %s: %d s of %d%s\n' "$name" "$took" "$budget" "$note"
    table+=$(printf '%-14s %5d s of %4d  %6d passed %4d failed%s' "$name" "$took" "$budget" "$good" "$bad" "$note")$'\n'
    passed=$((passed + good)) failed=$((failed + bad))
}

while read -r name budget command; do
    case $name in '' | '#'*) continue ;; esac
    run_stage "$name" "$budget" "$command"
done <.ci/stages

total=$((SECONDS - begin))
printf '\n%s%-14s %5d s of %4d\n' "$table" total "$total" "$limit"
if [ "$total" -gt "$limit" ]; then
    echo "FAILED: the whole took more than $limit s"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
