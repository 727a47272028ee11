#!/usr/bin/env bash
# ./dev test --fresh-machine: makes a Debian (or Ubuntu) root with nothing but git, clones the commit that is checked
# out into it, and runs ./dev demo and ./dev test there twice, timing each. The packages come from where this machine
# gets its own. Needs root and debootstrap. --keep leaves the root behind; --root DIR uses one that was kept.
set -euo pipefail
cd "$(dirname "$0")/../.."

keep='' root=''
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=yes; shift ;;
    --root) root=$2 keep=yes; shift 2 ;;
    --inside) break ;; # below: in namespaces of our own
    *) echo "fresh-machine: there is no option $1" >&2; exit 2 ;;
    esac
done

passed=0 failed=0
ok() { echo "ok     $*"; passed=$((passed + 1)); }
bad() { echo "FAILED $*"; failed=$((failed + 1)); }

# ---- Making the root ----

# shellcheck disable=SC2016 # apt-get's own $(...)
make_root() {
    local codename mirror component
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        awk -v codename="$codename" '$2 == codename && $3 == "main" { print $1; exit }')
    [ -n "$mirror" ] || { echo "fresh-machine: no apt source of $codename is configured here" >&2; exit 1; }
    debootstrap --variant=minbase --include=git,ca-certificates "$codename" "$root" "$mirror" >"$root.log" 2>&1 ||
        { tail -n 20 "$root.log" >&2; exit 1; }
    # The distribution's own sources and how they are reached, as here.
    apt-get indextargets --format '$(ORIGIN) deb $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        sed -nE 's/^(Debian|Ubuntu) (deb .*)/\2/p' >"$root/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(https?|Check|Retries|ForceIP)' >"$root/etc/apt/apt.conf.d/90reach" || true
    cp -r /etc/ssl/certs "$root/etc/ssl/"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    for component in cc cmake ninja make python3; do
        [ ! -e "$root/usr/bin/$component" ] || { echo "fresh-machine: $component is there already" >&2; exit 1; }
    done
}

if [ "${1:-}" != --inside ]; then
    [ "$(id -u)" -eq 0 ] || { echo "skipped: fresh-machine because this is not root"; exit 0; }
    [ -n "$root" ] || root=$(mktemp -d "${TMPDIR:-/tmp}/flare-fresh.XXXXXX")/root
    code=0
    [ -d "$root/etc" ] || make_root
    unshare --mount --pid --fork --kill-child "$0" --inside "$root" "$PWD" || code=$?
    if [ -n "$keep" ]; then echo "kept: $root"; else rm -rf "${root%/root}"; fi
    exit "$code"
fi

# ---- In it ----

root=$2 repository=$3
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mkdir -p "$root/repository"
mount --bind "$repository" "$root/repository"
common=$(git -C "$repository" rev-parse --path-format=absolute --git-common-dir)
commit=$(git -C "$repository" rev-parse HEAD)
mkdir -p "$root/git"
mount --bind "$common" "$root/git"

enter=(env -i HOME=/ LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "JOBS=${JOBS:-$(nproc)}" chroot "$root")

rm -rf "$root/flare"
"${enter[@]}" git clone -q /git /flare
"${enter[@]}" git -C /flare checkout -q "$commit"

# demo NAME LIMIT_S: serves, answers, stops; LIMIT_S is how long it may take to serve.
demo() {
    local log="$root/flare.$1.log" start=$SECONDS pid url='' code=0
    "${enter[@]}" sh -c 'cd /flare && exec ./dev demo' >"$log" 2>&1 </dev/null &
    pid=$!
    while [ -z "$url" ] && kill -0 "$pid" 2>/dev/null && [ $((SECONDS - start)) -lt "$2" ]; do
        sleep 0.1
        url=$(grep -o 'http://[0-9.:]*/' "$log" | head -n 1) || true
    done
    if [ -n "$url" ] && curl -fsS --max-time 5 "$url" >/dev/null; then
        ok "$1 serves $url after $((SECONDS - start)) s (of $2)"
    else
        tail -n 20 "$log"
        bad "$1 does not serve within $2 s"
    fi
    # What Ctrl-C does, but to one process.
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || code=$?
    if [ "$code" -eq 0 ]; then ok "$1 stops with code 0"; else bad "$1 stops with code $code"; fi
}

tests() { # NAME LIMIT_S
    local log="$root/flare.$1.log" start=$SECONDS code=0
    "${enter[@]}" sh -c 'cd /flare && exec ./dev test' >"$log" 2>&1 </dev/null || code=$?
    if [ "$code" -eq 0 ] && [ $((SECONDS - start)) -le "$2" ]; then
        ok "$1: $(tail -n 1 "$log"), in $((SECONDS - start)) s (of $2)"
    else
        tail -n 40 "$log"
        bad "$1: code $code, in $((SECONDS - start)) s (of $2)"
    fi
}

demo "the first demo" 900
demo "the second demo" 5
tests "the first test" 1200
tests "the second test" 300
if grep -qE 'Building|Linking|flarec ' "$root/flare.the second test.log"; then
    bad "the second test compiles"
else
    ok "the second test compiles nothing"
fi
if [ -e "$root/usr/sbin/policy-rc.d" ]; then bad "policy-rc.d was left behind"; else ok "no policy-rc.d is left"; fi
left=0
for process in "$root"/proc/[0-9]*; do
    [ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || left=$((left + 1))
done
if [ "$left" -eq 0 ]; then ok "no process is left"; else bad "$left processes are left"; fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
