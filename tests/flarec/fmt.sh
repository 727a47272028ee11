#!/bin/sh
# fmt.sh FLAREC FOLDER ROOT: each spec of specs/ parses and has one form, which is beside it as X.fmt; formatting that changes
# nothing. UPDATE=1 rewrites them. The specs of golden/ that parse have a form, too, with the same diagnostics but for places.
# The checkout's own specs (those that are there to test the compiler apart) are in that form.
flarec=$1
cd "$2" || exit 2
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT

for spec in specs/*.flare golden/ok_*.flare golden/error_F0[2-9]*.flare golden/warning_*.flare; do
    "$flarec" fmt - <"$spec" >"$folder/once.flare" || { echo "$spec: does not parse"; failed=1; continue; }
    "$flarec" fmt - <"$folder/once.flare" >"$folder/twice.flare"
    cmp -s "$folder/once.flare" "$folder/twice.flare" ||
        { echo "$spec: formatting twice is not formatting once"; diff -u "$folder/once.flare" "$folder/twice.flare"; failed=1; }
    # What it means, beside what it imports and the templates that it names.
    if [ "$(dirname "$spec")" != "$beside" ]; then
        beside=$(dirname "$spec")
        rm -rf "$folder/beside"
        mkdir "$folder/beside"
        cp "$beside"/*.flare "$folder/beside"
        [ ! -d "$beside/views" ] || cp -R "$beside/views" "$folder/beside"
    fi
    "$flarec" check "$spec" 2>&1 | grep -oE '(error|warning)\[F[0-9]+\]: .*' | sort >"$folder/written.codes"
    cp "$folder/once.flare" "$folder/beside/$(basename "$spec")"
    "$flarec" check "$folder/beside/$(basename "$spec")" 2>&1 | grep -oE '(error|warning)\[F[0-9]+\]: .*' | sort >"$folder/once.codes"
    cmp -s "$folder/written.codes" "$folder/once.codes" || { echo "$spec: means something else when formatted"; failed=1; }
    case $spec in
    specs/*)
        if [ -n "$UPDATE" ]; then
            cp "$folder/once.flare" "${spec%.flare}.fmt"
        else
            diff -u "${spec%.flare}.fmt" "$folder/once.flare" || { echo "$spec: another form; UPDATE=1 rewrites it"; failed=1; }
        fi
        ;;
    esac
done

find "$3/examples" "$3/bench" "$3/fuzz" "$3/tests" "$3/docs" -name '*.flare' |
    grep -vE '/(tests/flarec/(golden|specs)|fuzz/(seeds|regression))/' >"$folder/own"
count=$(wc -l <"$folder/own")
[ "$count" -ge 5 ] || { echo "$count specs in the checkout: the examples are not found"; failed=1; }
tr '\n' '\0' <"$folder/own" | xargs -0 "$flarec" fmt --check ||
    { echo "these are not in the canonical form; 'flarec fmt' mends them"; failed=1; }

# In place, and --check before and after.
printf 'service  s ;\nGET /  ->home;\n' >"$folder/a.flare"
"$flarec" fmt --check "$folder/a.flare" >"$folder/out"
[ $? -eq 1 ] || failed=1
grep -q a.flare "$folder/out" || { echo "--check finds nothing to do"; failed=1; }
"$flarec" fmt "$folder/a.flare"
[ "$(cat "$folder/a.flare")" = "$(printf 'service s;\nGET / -> home;')" ] || { echo "not formatted in place"; failed=1; }
"$flarec" fmt --check "$folder/a.flare" || { echo "--check finds something to do"; failed=1; }
printf 'service s;\nGET /x home;\n' >"$folder/bad.flare"
cp "$folder/bad.flare" "$folder/kept"
"$flarec" fmt "$folder/bad.flare" 2>/dev/null
[ $? -eq 1 ] || { echo "a broken file is not refused with 1"; failed=1; }
cmp -s "$folder/bad.flare" "$folder/kept" || { echo "a broken file was changed"; failed=1; }
exit $failed
