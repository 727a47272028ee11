#!/bin/sh
# golden.sh FLAREC FOLDER: checks each X.flare of the folder against X.txt, the exact diagnostics; a spec without an X.txt
# is clean; of mock_X.flare it is a mock that is refused. Each code has a page in `flarec explain` and at least two specs. UPDATE=1 rewrites the texts.
flarec=$1
cd "$2" || exit 2
failed=0
got=$(mktemp) || exit 2
trap 'rm -f "$got"' EXIT

for spec in *.flare; do
    text=${spec%.flare}.txt
    # What a mock is refused for is no mistake otherwise.
    case $spec in
    mock_*)
        "$flarec" mock "$spec" --output-dir "$got.made" 2>"$got"
        code=$?
        [ ! -e "$got.made" ] || { echo "$spec: something was written"; failed=1; }
        "$flarec" check "$spec" || { echo "$spec: not clean without a mock"; failed=1; } ;;
    *)
        "$flarec" check "$spec" 2>"$got"
        code=$? ;;
    esac
    case $spec in
    ok_* | warning_*) expected=0 ;;
    *) expected=1 ;;
    esac
    if [ $code -ne $expected ]; then
        echo "$spec: exit code $code, not $expected"
        cat "$got"
        failed=1
    fi
    name=$(expr "$spec" : '[a-z]*_\(F0[0-9]*\)_.*')
    if [ -n "$name" ] && ! grep -q "\[$name\]" "$got"; then
        echo "$spec: does not report $name"
        cat "$got"
        failed=1
    fi
    if [ -n "$UPDATE" ]; then
        if [ -s "$got" ]; then cp "$got" "$text"; else rm -f "$text"; fi
    elif [ -e "$text" ]; then
        diff -u "$text" "$got" || { echo "$spec: other diagnostics; UPDATE=1 rewrites $text"; failed=1; }
    elif [ -s "$got" ]; then
        cat "$got"
        echo "$spec: diagnostics, but there is no $text"
        failed=1
    fi
done
for text in *.txt; do
    [ -e "${text%.txt}.flare" ] || { echo "$text: belongs to no spec"; failed=1; }
done

codes=$("$flarec" explain | cut -d' ' -f1)
for code in $codes; do
    set -- *_"${code}"_*.flare
    count=$#
    [ -e "$1" ] || count=0
    [ "$count" -ge 2 ] || { echo "$code: $count golden specs, at least 2 are due"; failed=1; }
done
set -- several_*.flare
[ $# -ge 15 ] || { echo "$# specs with several errors, at least 15 are due"; failed=1; }
for spec; do
    [ "$(grep -c 'error\[' "${spec%.flare}.txt")" -ge 2 ] || { echo "$spec: has not several errors"; failed=1; }
done
[ "$(echo "$codes" | wc -l)" -ge 60 ] || { echo "flarec explain lists too few codes"; failed=1; }
exit $failed
