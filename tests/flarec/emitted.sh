#!/bin/sh
# emitted.sh FLAREC ROOT: what is emitted for each clean spec of golden/ and each example, whole and in parts, compiles without a
# warning under the project's flags, its header as C++17, too, and is as clang-format lays it out. A compiler or clang-format
# that is not there is left out.
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
mkdir "$folder/whole" "$folder/parts"
count=0
for spec in "$root"/tests/flarec/golden/ok_*.flare "$root"/tests/flarec/emit/hygiene.flare "$root"/tests/flarec/emit/order.flare "$root"/tests/flarec/emit/form.flare "$root"/tests/bodies/bodies.flare "$root"/tests/flarec/stubs.flare "$root"/examples/*/*/*.flare; do
    name=$(basename "$spec" .flare)
    "$flarec" build "$spec" --output-dir "$folder/whole" --main --stubs "$folder/whole/$name.stubs.c" || wrong "$spec: not built"
    "$flarec" build "$spec" --output-dir "$folder/parts" --parts 3 || wrong "$spec: not built in parts"
    echo "#include \"$name.flare.h\"" >>"$folder/whole/headers.cc"
    count=$((count + 1))
done
[ $count -ge 10 ] || wrong "$count specs: some are not found"

# compile COMPILER FLAG...: a folder at a time.
compile()
{
    have "$1" || return 0
    for part in whole parts; do
        # shellcheck disable=SC2086 # words
        (mkdir -p "$folder/$part/$1" && cd "$folder/$part/$1" && "$@" $warnings -I"$root/runtime/include" -I.. -c ../*.c) ||
            return 1
    done
}
headers()
{
    have "$1" || return 0
    # That one is of C alone.
    # shellcheck disable=SC2046 # words
    "$1" -std=c++17 -fsyntax-only $(echo "$warnings" | sed 's/-Wmissing-prototypes//') \
        -I"$root/runtime/include" "$folder/whole/headers.cc"
}
# Two at a time.
compile gcc -std=c11 -O2 &
gcc=$!
compile clang -std=c11 -O1 || wrong "clang refuses what is emitted"
wait $gcc || wrong "gcc refuses what is emitted"
headers g++ || wrong "g++ refuses a header"
headers clang++ || wrong "clang++ refuses a header"

# Another major version lays the same code out differently.
format=$(command -v clang-format-14 || command -v clang-format)
case $($format --version 2>/dev/null) in
*' version 14.'*)
    cp "$root/.clang-format" "$folder"
    for file in "$folder"/whole/*.[ch] "$folder"/parts/*.[ch]; do
        "$format" "$file" >"$folder/formatted"
        diff -u "$file" "$folder/formatted" || wrong "$(basename "$file"): clang-format lays it out differently"
    done
    ;;
*) echo "skipped: clang-format because there is no version 14" ;;
esac
exit $failed
