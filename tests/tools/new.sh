#!/bin/sh
# new.sh FLAREC BUILD CMAKE [FLAGS]: what `flarec new` makes builds against an install and passes its own test, in a folder with a
# blank in its name; it writes over nothing, and takes no name that no service can have.
flarec=$1
build=$2
cmake=$3
flags=$4 # that the build has: a sanitizer's are needed to link against it
failed=0
wrong() { echo "$*"; failed=1; }
place=$(mktemp -d) || exit 2
trap 'rm -rf "$place"' EXIT
mkdir "$place/of mine"
cd "$place/of mine" || exit 2

for name in '' 2fast a__b flare 'a b' '../x' 'x;y' -x 'a"b' "$(printf 'a\nb')"; do
    "$flarec" new -- "$name" >out 2>&1 && wrong "the name '$name' is taken"
    grep -q "can't be the name" out || wrong "'$name': $(cat out)"
done
rm out
[ -z "$(ls -A)" ] || wrong "a refused name left $(ls -A)"

"$flarec" new my-shop >/dev/null || wrong "no project was made"
"$flarec" check my-shop/my-shop.flare || wrong "the spec has mistakes"
"$flarec" fmt --check my-shop/my-shop.flare || wrong "the spec is not in its form"
echo mine >my-shop/handlers.c
"$flarec" new my-shop 2>/dev/null && wrong "it was written over"
[ "$(cat my-shop/handlers.c)" = mine ] || wrong "handlers.c was written over"
mkdir other
ln -s nowhere other/README.md
"$flarec" new shop --dir other 2>/dev/null && wrong "a link was written over"
[ "$(ls -A other)" = README.md ] || wrong "a refused folder was written to"

"$flarec" new test --dir 'new one' >/dev/null || wrong "no project was made in a folder of another name"
log=$place/log
{ "$cmake" --install "$build" --prefix "$place/in stalled" &&
    "$cmake" -S 'new one' -B 'new one/build' "-DCMAKE_PREFIX_PATH=$place/in stalled" "-DCMAKE_C_FLAGS=$flags -Wall -Wextra -Werror" &&
    "$cmake" --build 'new one/build'; } >"$log" 2>&1 || { cat "$log"; wrong "it does not build"; }
(cd 'new one/build' && "$(dirname "$cmake")/ctest" --output-on-failure) >"$log" 2>&1 || { cat "$log"; wrong "its test fails"; }
"new one/build/server" --check --listen 127.0.0.1:0 || wrong "its server does not start"
sed -i 's/hello, /good day, /' 'new one/handlers.c'
"$cmake" --build 'new one/build' >"$log" 2>&1
(cd 'new one/build' && "$(dirname "$cmake")/ctest") >"$log" 2>&1 && wrong "its test can't fail"
exit $failed
