#!/bin/sh
# memory.sh FLAREC [FAILING]: without memory flarec ends with 2 and one line, and writes nothing. FLAREC runs under a limit of its
# address space; FAILING is a flarec whose allocations fail from FLAREC_FAIL_AT on (failing.c).
# shellcheck disable=SC3045 # dash and bash have ulimit -v; where it is not, nothing is tried
flarec=$1
failing=$2
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
wrong() { echo "$*"; failed=1; }

awk 'BEGIN { print "service s;"; for (i = 0; i < 300; i++) print "GET /r" i "/:id -> r" i " { path id: u64; }" }' >s.flare
cat >small.flare <<'END'
service small;
type Sku = string(1..40, /[A-Z]{3}-[0-9]{4}/);
type Part { sku: Sku = "ABC-0000"; }
GET /:sku -> get_part { path sku: Sku; reply 200 json Part; reply 404; }
END
printf 'service small;\nGET / -> home { query q: strng; query n: u8(..300); }\n' >bad.flare
"$flarec" build s.flare --output-dir whole --main --parts 3 || exit 1

# check CODE WHAT: what a build of something into o/ left.
check()
{
    case $1 in
    0) [ ! -s err ] || { wrong "$2: a good build says something"; cat err; } ;;
    2)
        if [ "$(wc -l <err)" -ne 1 ] || ! grep -qE '^flarec: .*(out of memory|Cannot allocate memory)$' err; then
            wrong "$2: not one clear line"
            cat err
        fi
        [ -z "$(find o -type f 2>/dev/null)" ] || wrong "$2: something is written: $(find o -type f)"
        ;;
    *)
        wrong "$2: exit code $1"
        cat err
        ;;
    esac
}

# ---- a limited address space
refusals=0
for size in 2500 3000 3500 4000 5000 6000 8000 10000 12000 14000 16000 20000 30000 50000; do
    # Too little to start at all, as with a sanitizer.
    (ulimit -v $size && exec "$flarec" --version) >/dev/null 2>&1 || continue
    rm -rf o
    (ulimit -v $size && exec "$flarec" build s.flare --output-dir o --main --parts 3) >out 2>err
    code=$?
    check $code "$size KiB"
    [ $code -ne 0 ] || diff -r whole o || wrong "$size KiB: another output"
    [ $code -ne 2 ] || refusals=$((refusals + 1))
done
if (ulimit -v 200000 && exec "$flarec" --version) >/dev/null 2>&1 && [ $refusals -eq 0 ]; then
    wrong "no size was too small"
fi

# ---- each allocation in turn
[ -n "$failing" ] || exit $failed
at=1
until [ $at -gt 500 ]; do
    rm -rf o
    FLAREC_FAIL_AT=$at "$failing" build small.flare --output-dir o --main --parts 2 --stubs o/stubs.c --depfile o/d >out 2>err
    code=$?
    check $code "allocation $at of a build"
    [ $code -ne 0 ] || break
    at=$((at + 1))
done
if [ $at -lt 10 ] || [ $at -gt 500 ]; then wrong "$at allocations in a build"; fi
for command in 'check bad.flare' 'routes small.flare' 'fmt -' 'explain F0201'; do
    at=1
    until [ $at -gt 500 ]; do
        # shellcheck disable=SC2086 # words
        FLAREC_FAIL_AT=$at "$failing" $command <small.flare >out 2>err
        code=$?
        [ $code -eq 2 ] || break
        [ ! -s out ] || wrong "$command, allocation $at: some output"
        tail -n 1 err | grep -q 'out of memory$' || { wrong "$command, allocation $at: not a clear line"; cat err; }
        at=$((at + 1))
    done
    [ "$code" -lt 2 ] || wrong "$command: exit code $code"
done
exit $failed
