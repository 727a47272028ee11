#!/usr/bin/env bash
# Every fuzz harness has seeds, a dictionary and a planted bug; fuzz/run.sh refuses a plant that a seed already has or that is
# not found, and a target of which too little runs. Its harness here is a script.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

passed=0 failed=0
place=$(mktemp -d) || exit
trap 'rm -rf "$place"' EXIT

# check WHAT: the last command's code was 0.
check() {
    # shellcheck disable=SC2181 # the command before is the caller's
    if [ $? -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED $1"; fi
}

for source in fuzz/*_fuzz.c; do
    name=$(basename "$source" _fuzz.c)
    [ -s "fuzz/$name.dict" ] && [ -n "$(find "fuzz/seeds/$name" -type f)" ] && grep -q 'FUZZ_PLANT(' "$source"
    check "$name has a dictionary, seeds and a planted bug"
done

mkdir -p "$place/fuzz/seeds/some" "$place/bin"
cp fuzz/run.sh "$place/fuzz"
: >"$place/target.c"
printf '#!/bin/sh\nexit 0\n' >"$place/dev"
printf '#!/bin/sh\nexit 0\n' >"$place/bin/llvm-profdata"
# shellcheck disable=SC2016 # the script is to expand it
printf '#!/bin/sh\nprintf "TOTAL 1 2 3 4 5 6 7 8 %%s 1\\n" "$COVERED"\n' >"$place/bin/llvm-cov"
# A file that says "bug" has the bug; of a folder comes what FOUND says.
cat >"$place/harness" <<'SCRIPT'
#!/bin/sh
for input; do
    case $input in -*) continue ;; esac
    [ ! -f "$input" ] || echo "Running: $input"
    if [ -f "$input" ] && grep -q bug "$input"; then echo 'some_fuzz.c:1: planted: bug'; exit 77; fi
    if [ -f "$input" ] && grep -q crash "$input"; then echo 'some_fuzz.c:2: not true: good'; exit 77; fi
    if [ -d "$input" ] && [ -n "$FOUND" ]; then echo "$FOUND"; exit 77; fi
done
SCRIPT
for preset in fuzz fuzz-planted fuzz-coverage; do
    mkdir -p "$place/build/$preset/bin"
    cp "$place/harness" "$place/build/$preset/bin/some_fuzz"
done
chmod +x "$place/dev" "$place"/bin/* "$place"/build/*/bin/*

# run WHAT: run.sh with that option.
run() { PATH=$place/bin:$PATH "$place/fuzz/run.sh" "$1" >"$place/out" 2>&1; }
# plant: a harness with a plant.
plant() { printf '/* Target:\n * target.c */\nFUZZ_PLANT(bug)\n' >"$place/fuzz/some_fuzz.c"; }
says() { grep -q "$1" "$place/out"; }

export FOUND='some_fuzz.c:1: planted: bug' COVERED=80.00%
plant
! run --planted && says 'it has no seeds'
check "a harness without seeds"
echo seed >"$place/fuzz/seeds/some/one"
run --planted && says '^ok .*found the planted bug' && says '^1 passed, 0 failed'
check "a planted bug that is found"
FOUND='' && ! run --planted && says 'was not found'
check "a planted bug that is not found"
FOUND='some_fuzz.c:2: not true: good' && ! run --planted && says 'otherwise than by the planted bug'
check "a failure that is not the planted bug"
FOUND='some_fuzz.c:1: planted: bug'
echo bug >"$place/fuzz/seeds/some/two"
! run --planted && says 'seeds/some/two has the planted bug'
check "a seed that has the planted bug"
echo crash >"$place/fuzz/seeds/some/two"
! run --planted && says 'seeds/some/two fails'
check "a seed that fails"
rm "$place/fuzz/seeds/some/two"
mkdir -p "$place/fuzz/regression/some"
echo bug >"$place/fuzz/regression/some/three"
! run --planted && says 'regression/some/three has the planted bug'
check "an earlier failure that has the planted bug"
rm "$place/fuzz/regression/some/three"

run --coverage && says '80.00% of the lines of target.c'
check "coverage that is enough, of a target on a line of its own"
COVERED=79.99% && ! run --coverage && says '^FAILED .*79.99%'
check "coverage that is not enough"
COVERED=80.00%
rm "$place/target.c"
! run --coverage && says 'target.c is not there'
check "a target that is not there"
echo '/* No more. */' >"$place/fuzz/some_fuzz.c"
! run --coverage && says 'names no files'
check "a harness without a target"
! run --planted && says 'it plants no bug'
check "a harness without a planted bug"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
