#!/bin/sh
# emitted.sh FLAREC ROOT [alone]: what is emitted for each clean spec of the tests and each example, whole, in parts, and as a mock, compiles without
# a warning under the project's flags, its header as C++17, too, and is as clang-format lays it out. A compiler or clang-format
# that is not there is left out. `alone`: flarec writes it all, and nothing judges it, as a build with a sanitizer wants it.
flarec=$1
root=$2
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
wrong() { echo "$*"; failed=1; }
have() { command -v "$1" >/dev/null 2>&1 || { echo "skipped: $1 because it is missing"; return 1; }; }

warnings=$(sed -n '/target_compile_options/,/)/p' "$root/cmake/FlareWarnings.cmake" | grep -oE -- '-W[a-z-]+' | tr '\n' ' ')
case $warnings in
*-Wconversion*-Werror*) ;;
*) wrong "no warnings are found in FlareWarnings.cmake: $warnings" ;;
esac
mkdir "$folder/objects"
count=0
for spec in "$root"/tests/flarec/golden/ok_*.flare "$root"/tests/flarec/emit/*.flare "$root"/tests/bodies/bodies.flare \
    "$root"/tests/flarec/stubs.flare "$root"/tests/mock/odd.flare "$root"/examples/*/*/*.flare; do
    name=$(basename "$spec" .flare)
    # Specs of one name stand in different folders, and what is made of them, too.
    case $spec in
    */tests/flarec/*/*) room=$(basename "$(dirname "$spec")") ;;
    *) room=others ;;
    esac
    mkdir -p "$folder/whole/$room"
    "$flarec" build "$spec" --output-dir "$folder/whole/$room" --main --stubs "$folder/whole/$room/$name.stubs.c" 2>"$folder/said" ||
        wrong "$spec: not built: $(cat "$folder/said")"
    "$flarec" build "$spec" --output-dir "$folder/parts/$room" --parts 3 2>"$folder/said" ||
        wrong "$spec: not built in parts: $(cat "$folder/said")"
    echo "#include \"$name.flare.h\"" >>"$folder/whole/$room/headers.cc"
    # Of the kinds that there are, a client of each; a library has none.
    case $spec in
    */tests/flarec/emit/money.flare) ;;
    */tests/flarec/emit/*)
        "$flarec" client "$spec" --output-dir "$folder/whole/$room" 2>"$folder/said" || wrong "$spec: no client: $(cat "$folder/said")"
        echo "#include \"$name.client.h\"" >>"$folder/whole/$room/headers.cc" ;;
    */examples/*)
        # And of each example that speaks JSON, or has a WebSocket or a route of any method.
        ! grep -Eq '^service' "$spec" || ! grep -Eq ' json |^ *(WS|ANY) ' "$spec" ||
            "$flarec" client "$spec" --output-dir "$folder/clients/$name" 2>"$folder/said" ||
            wrong "$spec: no client: $(cat "$folder/said")" ;;
    esac
    # A mock of each service that is served somewhere, without what is there already.
    if [ "$room" != golden ] && grep -Eq '^service' "$spec"; then
        "$flarec" mock "$spec" --output-dir "$folder/mocks/$room/$name" 2>"$folder/said" || wrong "$spec: no mock: $(cat "$folder/said")"
        rm "$folder/mocks/$room/$name/$name.flare.c" "$folder/mocks/$room/$name/$name.flare.main.c"
    fi
    count=$((count + 1))
done
# What is emitted for many routes, for some.
for name in everything order; do
    "$flarec" build "$root/tests/flarec/emit/$name.flare" --output-dir "$folder/parts/index" --parts 2 --index-from 1 ||
        wrong "$name: not built with an index"
done
[ $count -ge 10 ] || wrong "$count specs: some are not found"

[ "$3" != alone ] || exit $failed

# each FOLDER COMMAND...: runs the command with the C files of the folder, some at a time, two at once.
each()
{
    files=$folder/$1
    shift
    # shellcheck disable=SC2016 # the inner shell expands them
    find "$files" -name '*.c' -print0 | xargs -0 -P 2 -n 12 sh -c 'cd "$(mktemp -d -p "$0")" && "$@"' "$folder/objects" "$@"
}
# gcc sees what data flow shows only when it optimises; clang sees all in the text.
# shellcheck disable=SC2086 # words
if have gcc; then
    each whole gcc -std=c11 -O1 $warnings -I"$root/runtime/include" -c || wrong "gcc refuses what is emitted"
    each clients gcc -std=c11 -fsyntax-only $warnings -I"$root/runtime/include" || wrong "gcc refuses an example's client"
    each mocks gcc -std=c11 -fsyntax-only $warnings -I"$root/runtime/include" || wrong "gcc refuses a mock"
fi
# shellcheck disable=SC2086 # words
if have clang; then
    for part in whole parts; do
        each $part clang -std=c11 -fsyntax-only $warnings -I"$root/runtime/include" || wrong "clang refuses what is emitted"
    done
fi
# That one is of C alone.
warnings=$(echo "$warnings" | sed 's/-Wmissing-prototypes//')
for compiler in g++ clang++; do
    have "$compiler" || continue
    # shellcheck disable=SC2086 # words
    "$compiler" -std=c++17 -fsyntax-only $warnings -I"$root/runtime/include" "$folder"/whole/*/headers.cc ||
        wrong "$compiler refuses a header"
done

# Another major version lays the same code out differently.
format=$(command -v clang-format-14 || command -v clang-format)
case $($format --version 2>/dev/null) in
*' version 14.'*)
    cp "$root/.clang-format" "$folder"
    for file in $("$format" --dry-run "$folder"/whole/*/*.[ch] "$folder"/parts/*/*.[ch] "$folder"/mocks/*/*/*.mock.c 2>&1 |
        sed -n 's/^\([^: ]*\):[0-9].*clang-format-violations.*/\1/p' | sort -u); do
        "$format" "$file" | diff -u "$file" -
        wrong "$(basename "$file"): clang-format lays it out differently"
    done
    ;;
*) echo "skipped: clang-format because there is no version 14" ;;
esac
exit $failed
