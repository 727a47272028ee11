#!/bin/sh
# explain.sh FLAREC: each code has a page; its wrong example reports that code and no other error, its right one is clean.
flarec=$1
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT

# Prints the fenced block behind the line "$1".
example()
{
    awk -v word="$1" '$0 == word { found = 1 } found && /^```$/ { exit } found && inside { print } found && /^```flare$/ { inside = 1 }' "$folder/page"
}

for code in $("$flarec" explain | cut -d' ' -f1); do
    "$flarec" explain "$code" >"$folder/page" || failed=1
    # Files beside the examples: ```flare money.flare
    awk -v folder="$folder" '/^```$/ { file = "" } file != "" { print >(folder "/" file) } /^```(flare|html) ./ { file = $2 }' "$folder/page"
    grep -q "^# $code: ." "$folder/page" || { echo "$code: the page has no title"; failed=1; }
    example Right: >"$folder/right.flare"
    [ -s "$folder/right.flare" ] || { echo "$code: the page has no right example"; failed=1; }
    "$flarec" check "$folder/right.flare" >"$folder/out" 2>&1
    [ ! -s "$folder/out" ] || { echo "$code: the right example is not clean"; cat "$folder/out"; failed=1; }
    if ! grep -q '^Wrong:$' "$folder/page"; then
        # Bytes that are not UTF-8 can't be shown on a page.
        [ "$code" = F0105 ] || { echo "$code: the page has no wrong example"; failed=1; }
        continue
    fi
    example Wrong: >"$folder/wrong.flare"
    case $code in
    # Of what a mock or client is refused for.
    F091*) "$flarec" mock "$folder/wrong.flare" --output-dir "$folder/made" 2>"$folder/out" ;;
    *) "$flarec" check "$folder/wrong.flare" 2>"$folder/out" ;;
    esac
    [ "$(sed -n 's/.*: \(error\|warning\)\[\(F[0-9]*\)\]:.*/\2/p' "$folder/out" | sort -u)" = "$code" ] ||
        { echo "$code: the wrong example reports something else"; cat "$folder/out"; failed=1; }
done
"$flarec" explain F0999 2>/dev/null && { echo "F0999 is explained"; failed=1; }
"$flarec" explain 201 | grep -q '^# F0201' || { echo "explain 201 is not F0201"; failed=1; }
exit $failed
