#!/usr/bin/env bash
# A stranger's use of flare: installed and moved, by find_package, add_subdirectory and FetchContent, with Ninja and
# Makefiles, from folders with a space in their names, and by hand with pkg-config. --keep leaves the folder behind.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

repository=$PWD
place=$(mktemp -d "${TMPDIR:-/tmp}/flare stranger.XXXXXX") || exit
if [ "${1:-}" = --keep ]; then echo "in $place"; else trap 'rm -rf "$place"' EXIT; fi
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
export CMAKE_BUILD_PARALLEL_LEVEL=$jobs
source_copy="$place/flare source" project="$place/my project" prefix="$place/moved here"
log="$place/log" passed=0 failed=0
services=3 # flare_add_service() lines of the stranger's project

# check WHAT COMMAND...: counts it; shows the log of a failure.
check() {
    local what=$1
    shift
    if "$@" >"$log" 2>&1; then
        printf 'ok     %s\n' "$what"
        passed=$((passed + 1))
    else
        printf 'FAILED %s: %s\n' "$what" "$*"
        tail -n 30 "$log"
        failed=$((failed + 1))
        return 1
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

# ---- The pieces ----

# serves PROGRAM ARGUMENT...: does the program answer, over a Unix socket given as its last argument?
serves() {
    local socket="$place/socket" pid code=0 tries=0
    rm -f "$socket"
    "$@" "unix:$socket" &
    pid=$!
    until [ -S "$socket" ] || [ $((tries += 1)) -gt 100 ]; do sleep 0.05; done
    [ "$(curl -sS --max-time 5 --unix-socket "$socket" http://localhost/hi/stranger)" = "hello, stranger" ] || code=1
    kill -TERM "$pid" && wait "$pid" || code=1
    return "$code"
}

# asks FOLDER: does its client get both replies of its mock?
asks() {
    local pid code=0 tries=0 url=
    "$1/rates_mock" --listen 127.0.0.1:0 >"$place/said" &
    pid=$!
    until url=$(grep -oE 'http://[0-9.]+:[0-9]+' "$place/said") || [ $((tries += 1)) -gt 100 ]; do sleep 0.05; done
    "$1/asking" "$url" || code=1
    kill -TERM "$pid" && wait "$pid" || code=1
    return "$code"
}

# runs N: did the last build run flarec N times?
runs() {
    local times
    times=$(grep -c 'flarec hello\.flare' "$place/build.log")
    [ "$times" -eq "$1" ] || { echo "flarec ran $times times, not $1"; cat "$place/build.log"; return 1; }
}

# build FOLDER
build() {
    cmake --build "$1" >"$place/build.log" 2>&1 || { cat "$place/build.log"; return 1; }
}

# idle FOLDER: a further build runs nothing.
idle() {
    build "$1" && ! grep -E 'flarec (client |mock )?[a-z]+\.flare|Building|Linking|Generating' "$place/build.log"
}

# after_touch FOLDER FILE: flarec runs exactly once for each target, and no file that came out the same is compiled.
after_touch() {
    sleep 1.1
    touch "$2"
    build "$1" && runs "$services" && ! grep -E 'Building C object .*hello\.flare' "$place/build.log" && idle "$1"
}

stamps() { (cd "$1" && find . -name 'hello.flare*.[ch]' -printf '%p %T@\n' -exec cksum {} + | sort); }

# keeps_old FOLDER: a spec with an error fails the build and leaves what was emitted before.
keeps_old() {
    local before code=0
    before=$(stamps "$1")
    cp "$project/hello.flare" "$place/saved.flare"
    echo 'GET /broken -> ;' >>"$project/hello.flare"
    ! build "$1" >/dev/null || { echo "the build did not fail"; code=1; }
    [ "$before" = "$(stamps "$1")" ] || { echo "the old files have changed"; code=1; }
    cp "$place/saved.flare" "$project/hello.flare"
    build "$1" && idle "$1" || code=1
    return "$code"
}

# configure WAY GENERATOR FOLDER [ARGUMENT...]
configure() {
    cmake -S "$project" -B "$3" -G "$2" -DWAY="$1" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" \
        -DFLARE_SOURCE="$source_copy" "${@:4}"
}

# documents PROGRAM: does docs() of a program without the viewer serve the document and the plain page?
documents() {
    local socket="$place/socket" pid code=0 tries=0
    rm -f "$socket"
    "$1" --listen "unix:$socket" &
    pid=$!
    until [ -S "$socket" ] || [ $((tries += 1)) -gt 100 ]; do sleep 0.05; done
    get() { curl -sS --max-time 5 --unix-socket "$socket" "http://localhost/docs/$1" "${@:2}"; }
    get openapi.json | grep -q '"/hi/{name}"' || { echo "no document"; code=1; }
    get '' | grep -q 'A service that tells of itself' || { echo "no plain page"; code=1; }
    get '' | grep -qi '<script' && { echo "the plain page has a script"; code=1; }
    [ "$(get viewer.js -o "$place/nothing" -w '%{http_code}')" = 404 ] || { echo "there is a viewer"; code=1; }
    get '' -o "$place/nothing" -D - | grep -qi '^content-security-policy: default-src' || { echo "no policy"; code=1; }
    kill -TERM "$pid" && wait "$pid" || code=1
    return "$code"
}

# without_npm FOLDER: the project's documented service, built where npm brings nothing.
without_npm() (
    mkdir -p "$place/no npm" && printf '#!/bin/sh\nexit 1\n' >"$place/no npm/npm" && chmod +x "$place/no npm/npm" || return
    PATH="$place/no npm:$PATH" cmake --build "$1" --target documented >"$place/build.log" 2>&1 || { cat "$place/build.log"; return 1; }
    grep -q 'docs() shows a plain page' "$place/build.log" || { cat "$place/build.log"; return 1; }
)

same_output() { # two builds in two folders, byte for byte
    local file
    for file in "$1"/flare/hello/*.flare*.[ch]; do
        cmp "$file" "$2/flare/hello/${file##*/}" || return
    done
}

# needs_no LIBRARY PROGRAM
needs_no() {
    ldd "$2" && ! ldd "$2" | grep "lib$1"
}

headers_as_cpp() {
    local header
    for header in "$prefix"/include/flare/*.h "$1"/flare/hello/*.flare.h; do
        echo "#include \"$header\"" | c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ \
            -I"$prefix/include" - || return
    done
}

by_hand() ( # what docs/getting-started.md says for those without CMake
    local hand="$place/by hand"
    mkdir -p "$hand" && cp -r "$project/hello.flare" "$project/names" "$project/handlers.c" "$hand" && cd "$hand" || return
    PATH="$prefix/bin:$PATH" PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
    export PATH PKG_CONFIG_PATH
    flarec build hello.flare --output-dir gen --main &&
        eval "cc -Igen gen/hello.flare.c gen/hello.flare.main.c handlers.c $(pkg-config --cflags --libs flare) -o hello" &&
        serves ./hello --listen
)

# ---- The story ----

mkdir -p "$source_copy" "$place/prefix" || exit
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$source_copy" || exit
cp -r tests/packaging/stranger "$project" || exit

check "the release builds" ./dev build release flare_runtime flarec || finish
check "installing" cmake --install build/release --prefix "$place/prefix" --strip || finish
mv "$place/prefix" "$prefix" # an installation may be moved

for generator in Ninja "Unix Makefiles"; do
    out="$place/find $generator"
    check "find_package, $generator: configures" configure find_package "$generator" "$out" || continue
    check "find_package, $generator: builds" build "$out" || continue
    check "find_package, $generator: flarec ran once for each target" runs "$services"
    check "find_package, $generator: a second build is idle" idle "$out"
    check "find_package, $generator: hello serves" serves "$out/hello" --listen
    check "find_package, $generator: in parts serves" serves "$out/parts" --listen
    check "find_package, $generator: an own main() serves" serves "$out/own"
    check "find_package, $generator: a client asks a mock" asks "$out"
    check "find_package, $generator: a touched spec" after_touch "$out" "$project/hello.flare"
    check "find_package, $generator: a touched library" after_touch "$out" "$project/names/names.flare"
    check "find_package, $generator: a touched flarec" after_touch "$out" "$prefix/bin/flarec"
    check "find_package, $generator: a failed flarec leaves the old files" keeps_old "$out"
done
if check "docs() of a stranger without npm: builds" without_npm "$place/find Ninja"; then
    check "docs() of a stranger without npm: a plain page" documents "$place/find Ninja/documented"
fi
check "two folders, the same bytes" same_output "$place/find Ninja" "$place/find Unix Makefiles"
check "the public and emitted headers are C++17" headers_as_cpp "$place/find Ninja"

out="$place/add Ninja"
if check "add_subdirectory, Ninja: configures" configure add_subdirectory Ninja "$out" &&
    check "add_subdirectory, Ninja: builds" build "$out"; then
    check "add_subdirectory, Ninja: a second build is idle" idle "$out"
    check "add_subdirectory, Ninja: hello serves" serves "$out/hello" --listen
    check "add_subdirectory, Ninja: a client asks a mock" asks "$out"
    template=$(find "$source_copy/templates" -type f | sort | head -n 1)
    check "add_subdirectory, Ninja: a touched template" after_touch "$out" "$template"
    check "add_subdirectory, Ninja: a touched source of flarec" after_touch "$out" "$source_copy/flarec/main.c"
fi
out="$place/fetch Makefiles"
if check "FetchContent, Unix Makefiles: configures" configure FetchContent "Unix Makefiles" "$out" &&
    check "FetchContent, Unix Makefiles: builds" build "$out"; then
    check "FetchContent, Unix Makefiles: a second build is idle" idle "$out"
    check "FetchContent, Unix Makefiles: hello serves" serves "$out/hello" --listen
fi
# A cross build takes the flarec of the building machine and builds none.
out="$place/cross"
if check "with a flarec from elsewhere: configures" configure add_subdirectory Ninja "$out" \
    -DFLARE_FLAREC_EXECUTABLE="$prefix/bin/flarec" && check "with a flarec from elsewhere: builds" build "$out"; then
    check "with a flarec from elsewhere: none is built" test -z "$(find "$out" -name flarec -type f)"
fi
out="$place/without HTTP2"
if check "without HTTP/2: configures" configure add_subdirectory Ninja "$out" \
    -DFLARE_FLAREC_EXECUTABLE="$prefix/bin/flarec" -DFLARE_HTTP2=OFF && check "without HTTP/2: builds" build "$out"; then
    check "without HTTP/2: hello serves" serves "$out/hello" --listen
    check "without HTTP/2: hello needs no libnghttp2" needs_no nghttp2 "$out/hello"
fi
check "by hand, with pkg-config" by_hand
cd "$repository" || exit
finish
