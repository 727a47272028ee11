#!/bin/sh
# openapi.sh FLAREC FOLDER: `flarec openapi` of each X.flare of the folder against X.json. UPDATE=1 rewrites them.
flarec=$1
cd "$2" || exit 2
failed=0
got=$(mktemp) || exit 2
trap 'rm -f "$got"' EXIT

for spec in *.flare; do
    "$flarec" openapi "$spec" >"$got" || { echo "$spec: exit code $?"; failed=1; continue; }
    golden=${spec%.flare}.json
    if [ -n "$UPDATE" ]; then
        cp "$got" "$golden"
    else
        diff -u "$golden" "$got" || { echo "$spec: another document; UPDATE=1 rewrites $golden"; failed=1; }
    fi
done
printf 'service s;\nGET / -> home { query q: strng; }\n' | "$flarec" openapi - >"$got" 2>/dev/null
code=$?
[ $code -eq 1 ] || { echo "a spec with an error: exit code $code, not 1"; failed=1; }
[ ! -s "$got" ] || { echo "a spec with an error has a document"; failed=1; }
exit $failed
