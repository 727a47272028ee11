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
finds=build/fuzz-finds passed=0 failed=0
mkdir -p "$finds"
./dev build "$preset" "${names[@]/%/_fuzz}" >build/fuzz-build.log 2>&1 || { cat build/fuzz-build.log; exit 1; }

export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

# written NAME: the inputs that are kept for it.
written() {
    local folder
    for folder in "fuzz/regression/$1" "fuzz/seeds/$1"; do
        [ ! -d "$folder" ] || find "$folder" -type f -print0
    done | sort -z
}

# harness NAME ARGUMENT...: one run; the arguments are libFuzzer's, files to run once or folders to start from.
harness() {
    local name=$1 program=build/$preset/bin/${1}_fuzz arguments=(-timeout=10 -rss_limit_mb=2048)
    shift
    [ ! -e "fuzz/$name.dict" ] || arguments+=("-dict=fuzz/$name.dict")
    "$program" "${arguments[@]}" "-artifact_prefix=$finds/$name." -print_final_stats=1 "$@"
}

ok() { printf 'ok     %s: %s\n' "$1" "$2"; passed=$((passed + 1)); }
bad() { printf 'FAILED %s: %s\n' "$1" "$2"; failed=$((failed + 1)); }

run_fuzz() {
    local log=$finds/$1.log folder folders=("$finds/$1")
    mkdir -p "$finds/$1"
    for folder in "fuzz/regression/$1" "fuzz/seeds/$1"; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    if harness "$1" -max_total_time="$seconds" "${folders[@]}" >"$log" 2>&1; then
        ok "$1" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
    else
        tail -n 60 "$log"
        bad "$1" "an input failed; it is kept in $finds/$1.*"
    fi
}

# A planted bug is to be found from the seeds alone, not from what earlier runs collected, and by a change of one:
# a seed that has it already shows nothing.
run_planted() {
    local log=$finds/$1.planted.log inputs began=$SECONDS
    if ! grep -q 'FUZZ_PLANT(' "fuzz/${1}_fuzz.c"; then
        bad "$1" "it plants no bug: add a FUZZ_PLANT() where only a deep input comes"
        return
    fi
    mapfile -d '' inputs < <(written "$1")
    if [ ${#inputs[@]} -eq 0 ]; then
        bad "$1" "it has no seeds: write one for each feature of its input into fuzz/seeds/$1"
        return
    fi
    if ! harness "$1" "${inputs[@]}" >"$log" 2>&1; then
        if grep -q ': planted: ' "$log"; then
            bad "$1" "$(sed -n 's/^Running: //p' "$log" | tail -n 1) has the planted bug as it is: plant another"
        else
            tail -n 60 "$log"
            bad "$1" "$(sed -n 's/^Running: //p' "$log" | tail -n 1) fails, and not by the planted bug"
        fi
        return
    fi
    rm -rf "$finds/$1.planted"
    mkdir -p "$finds/$1.planted"
    if harness "$1" -max_total_time="$seconds" -artifact_prefix="$finds/planted-$1." "$finds/$1.planted" \
        "fuzz/seeds/$1" >"$log" 2>&1; then
        bad "$1" "the planted bug was not found in $seconds s"
    elif grep -q ': planted: ' "$log"; then
        ok "$1" "found the planted bug after $((SECONDS - began)) s"
    else
        tail -n 60 "$log"
        bad "$1" "it failed otherwise than by the planted bug"
    fi
}

# targets NAME: the files that its first comment names, which may go on over lines.
targets() {
    awk '/Target:/ { found = 1; sub(/.*Target:/, "") }
         found { last = /\*\//; sub(/\*\/.*/, ""); sub(/^ \*/, ""); print; if (last) exit }' "fuzz/${1}_fuzz.c" |
        xargs -r -n 1
}

run_coverage() {
    local program=build/$preset/bin/${1}_fuzz profile=$finds/$1.profraw targets target percent inputs
    mapfile -t targets < <(targets "$1")
    if [ ${#targets[@]} -eq 0 ]; then
        bad "$1" "its first comment names no files: add a line Target: FILE..."
        return
    fi
    for target in "${targets[@]}"; do
        if [ ! -e "$target" ]; then
            bad "$1" "its target $target is not there"
            return
        fi
    done
    mapfile -d '' inputs < <(written "$1")
    if [ ${#inputs[@]} -eq 0 ] || ! LLVM_PROFILE_FILE=$profile harness "$1" "${inputs[@]}" >"$finds/$1.log" 2>&1; then
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
