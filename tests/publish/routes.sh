#!/bin/sh
# routes.sh FLAREC FOLDER: `flarec routes --json`, `--dot` and `--memory` of each X.flare of the folder against X.json,
# X.dot and X.memory. UPDATE=1 rewrites them.
flarec=$1
cd "$2" || exit 2
failed=0
got=$(mktemp) || exit 2
trap 'rm -f "$got"' EXIT

for spec in *.flare; do
    for what in json dot memory; do
        "$flarec" routes --$what "$spec" >"$got" || { echo "$spec: --$what: exit code $?"; failed=1; continue; }
        golden=${spec%.flare}.$what
        if [ -n "$UPDATE" ]; then
            cp "$got" "$golden"
        else
            diff -u "$golden" "$got" || { echo "$spec: --$what differs; UPDATE=1 rewrites $golden"; failed=1; }
        fi
    done
done
exit $failed
