#!/bin/sh
# emit.sh FLAREC FOLDER: the exact C of each X.flare of the folder, X.flare.h.golden and X.flare.c.golden (a library has the
# first alone, the same text whoever imports it), and of some X.client.h.golden, X.client.c.golden and X.mock.c.golden, where the compiler's version reads VERSION. A second run writes the same bytes. UPDATE=1 rewrites what is expected.
flarec=$1
cd "$2" || exit 2
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
wrong() { echo "$*"; failed=1; }

count=0
for spec in *.flare; do
    for run in first second; do
        "$flarec" build "$spec" --output-dir "$folder/$run" || wrong "$spec: not built"
        case $spec in
        everything.flare | form.flare | guards.flare | websockets.flare)
            mv "$folder/$run/$spec.h" "$folder/built.h"
            "$flarec" client "$spec" --output-dir "$folder/$run" 2>"$folder/said" || wrong "$spec: no client: $(cat "$folder/said")"
            cmp "$folder/built.h" "$folder/$run/$spec.h" || wrong "$spec: a client has other types" ;;
        esac
        # A mock is the service, and its handlers.
        case $spec in
        everything.flare | guards.flare)
            "$flarec" mock "$spec" --output-dir "$folder/mock" 2>"$folder/said" || wrong "$spec: no mock: $(cat "$folder/said")"
            for name in "$spec.h" "$spec.c"; do
                cmp "$folder/mock/$name" "$folder/$run/$name" || wrong "$spec: a mock is another service"
            done
            mv "$folder/mock/${spec%.flare}.mock.c" "$folder/$run" ;;
        esac
    done
    for file in "$folder"/first/*; do
        name=$(basename "$file")
        cmp "$folder/first/$name" "$folder/second/$name" || wrong "$name: a second run writes something else"
        sed '1s/ by flarec [0-9][^ ]* from / by flarec VERSION from /' "$folder/first/$name" >"$folder/$name"
        rm "$folder/first/$name" "$folder/second/$name"
        if [ -n "$UPDATE" ]; then
            cp "$folder/$name" "$name.golden"
        else
            diff -u "$name.golden" "$folder/$name" || wrong "$name: other C; UPDATE=1 rewrites $name.golden"
        fi
    done
    count=$((count + 1))
done
[ $count -ge 2 ] || wrong "$count specs: some are not found"
for golden in *.golden; do
    spec=${golden%.[hc].golden}
    [ -e "$spec" ] || [ -e "${spec%.client}.flare" ] || [ -e "${spec%.mock}.flare" ] || wrong "$golden: belongs to no spec"
done
exit $failed
