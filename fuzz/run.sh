#!/usr/bin/env bash
# ./dev fuzz: builds the harnesses and runs them; fuzz/README.md says how it is laid out.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60 mode=fuzz names=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        [[ ${2:-} =~ ^[0-9]+$ ]] || { echo "fuzz: --seconds wants a number" >&2; exit 2; }
        seconds=$2
        shift 2
        ;;
    --coverage) mode=coverage; shift ;;
    --planted) mode=planted; shift ;;
    -*) echo "fuzz: there is no option $1; see ./dev fuzz --help" >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
    esac
done
if [ ${#names[@]} -eq 0 ]; then
    for source in fuzz/*_fuzz.c; do
        [ ! -e "$source" ] || names+=("$(basename "$source" _fuzz.c)")
    done
fi
[ ${#names[@]} -gt 0 ] || { echo "fuzz: there are no harnesses" >&2; exit 1; }
for name in "${names[@]}"; do
    [ -e "fuzz/${name}_fuzz.c" ] || { echo "fuzz: there is no harness fuzz/${name}_fuzz.c" >&2; exit 2; }
done

preset=fuzz
[ "$mode" = fuzz ] || preset=fuzz-$mode
./dev build "$preset" "${names[@]/%/_fuzz}" >build/fuzz-build.log 2>&1 || { cat build/fuzz-build.log; exit 1; }

finds=build/fuzz-finds passed=0 failed=0
mkdir -p "$finds"
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

# corpus NAME: the folders of inputs, the writable one first. A planted bug is to be found from the seeds that
# were written, not from what earlier runs collected, so those alone go there.
corpus() {
    if [ "$mode" = planted ]; then
        rm -rf "$finds/$1.planted"
        mkdir -p "$finds/$1.planted"
        find "fuzz/seeds/$1" -type f -regextype posix-extended ! -regex '.*/[0-9a-f]{40}' \
            -exec cp -t "$finds/$1.planted" {} +
        printf '%s\0' "$finds/$1.planted"
        return
    fi
    mkdir -p "$finds/$1"
    printf '%s\0' "$finds/$1"
    for folder in "fuzz/regression/$1" "fuzz/seeds/$1"; do
        [ ! -d "$folder" ] || printf '%s\0' "$folder"
    done
}

# harness NAME ARGUMENT...: one run over its corpus.
harness() {
    local name=$1 program=build/$preset/bin/${1}_fuzz folders arguments=(-timeout=10 -rss_limit_mb=2048)
    shift
    mapfile -d '' folders < <(corpus "$name")
    [ ! -e "fuzz/$name.dict" ] || arguments+=("-dict=fuzz/$name.dict")
    "$program" "${arguments[@]}" "-artifact_prefix=$finds/$name." -print_final_stats=1 "$@" "${folders[@]}"
}

ok() { printf 'ok     %s: %s\n' "$1" "$2"; passed=$((passed + 1)); }
bad() { printf 'FAILED %s: %s\n' "$1" "$2"; failed=$((failed + 1)); }

run_fuzz() {
    local log=$finds/$1.log
    if harness "$1" -max_total_time="$seconds" >"$log" 2>&1; then
        ok "$1" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
    else
        tail -n 60 "$log"
        bad "$1" "an input failed; it is kept in $finds/$1.*"
    fi
}

run_planted() {
    local log=$finds/$1.planted.log
    if ! grep -q 'FUZZ_PLANT(' "fuzz/${1}_fuzz.c"; then
        bad "$1" "it plants no bug: add a FUZZ_PLANT() where only a deep input comes"
    elif harness "$1" -max_total_time="$seconds" -artifact_prefix="$finds/planted-$1." >"$log" 2>&1; then
        bad "$1" "the planted bug was not found in $seconds s"
    elif grep -q 'not true: !(' "$log"; then
        ok "$1" "found the planted bug after $(grep -cE '^#[0-9]+' "$log") reports"
    else
        tail -n 60 "$log"
        bad "$1" "it failed otherwise than by the planted bug"
    fi
}

run_coverage() {
    local program=build/$preset/bin/${1}_fuzz profile=$finds/$1.profraw targets percent
    read -ra targets < <(sed -n 's/^.*Target: *//p' "fuzz/${1}_fuzz.c" | sed 's, *\*/.*,,' | head -n 1)
    if [ ${#targets[@]} -eq 0 ]; then
        bad "$1" "its first comment names no files: add a line Target: FILE..."
        return
    fi
    if ! LLVM_PROFILE_FILE=$profile harness "$1" -runs=0 >"$finds/$1.log" 2>&1; then
        tail -n 40 "$finds/$1.log"
        bad "$1" "an input failed"
        return
    fi
    llvm-profdata merge -o "$profile.merged" "$profile"
    llvm-cov report "$program" -instr-profile="$profile.merged" "${targets[@]}" | tee "$finds/$1.coverage"
    # The lines' percentage of the sum is the tenth column.
    percent=$(awk '$1 == "TOTAL" { print $10 }' "$finds/$1.coverage")
    if awk -v percent="${percent%\%}" 'BEGIN { exit !(percent >= 80) }'; then
        ok "$1" "$percent of the lines of ${targets[*]}"
    else
        bad "$1" "$percent of the lines of ${targets[*]}, of at least 80 %"
    fi
}

for name in "${names[@]}"; do
    "run_$mode" "$name"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
