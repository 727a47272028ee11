#!/bin/sh
# changed.sh FLAREC ROOT: a spec that changed under its handlers does not compile any more, and the compiler's message names the
# prototype, type or constructor. One row a change; in C by gcc and clang, in C++ by g++, where they are there.
flarec=$1
root=$2
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
wrong() { echo "$*"; failed=1; }

cat >"$folder/spec" <<'END'
service s;
type Item { id: u64; name: string; }
guard known { header X-Key as key: string; gives user: u64; reply 401; }
group / {
    use known;
    GET /items/:id -> get_item { path id: u64; query page: u32 = 1; query sort: string?; reply 200 json Item { header X-A as a: u8; } reply 404; }
    DELETE /items/:id -> drop_item { path id: u64; reply 204; }
}
END
cat >"$folder/handlers" <<'END'
#include "s.flare.h"

s_known_verdict s_known(flare_request *rq, const s_known_in *in)
{
    return in->key.len == 0 ? s_known_unauthorized(rq) : s_known_pass(rq, 7);
}

s_get_item_reply s_get_item(flare_request *rq, const s_get_item_in *in)
{
    const flare_str sort = in->sort.has ? in->sort.value : FLARE_STR("id");
    const s_item item = {in->id + in->page + in->user, sort};

    return in->id == 0 ? s_get_item_not_found(rq) : s_get_item_ok(rq, &item, 1);
}

s_drop_item_reply s_drop_item(flare_request *rq, const s_drop_item_in *in)
{
    return in->id == 0 ? s_drop_item_fail(rq, "none") : s_drop_item_no_content(rq);
}

int main(void)
{
    return s_service.route_count == 0;
}
END

# compile COMPILER FLAG...: a handler that is not called any more has no prototype, which is an error here.
compile()
{
    (cd "$folder" && "$@" -Wall -Wextra -Werror -Werror=return-type -Wmissing-declarations -I"$root/runtime/include" -I. \
        -c "handlers.$extension" -o out.o) >"$folder/said" 2>&1
}

# try NAME MESSAGE: what the compilers say to the spec in $folder/s.flare.
try()
{
    "$flarec" build "$folder/s.flare" --output-dir "$folder" >"$folder/said" 2>&1 || { wrong "$1: the spec is wrong"; cat "$folder/said"; return; }
    for compiler in gcc clang g++; do
        command -v $compiler >/dev/null 2>&1 || continue
        extension=c standard=c11
        [ $compiler = g++ ] && extension=cc standard=c++17
        cp "$folder/handlers" "$folder/handlers.$extension"
        missing=-Wmissing-prototypes
        [ $compiler = g++ ] && missing=
        # shellcheck disable=SC2086 # none or one
        if compile $compiler -std=$standard $missing; then
            [ -z "$2" ] || wrong "$1: $compiler compiles it"
        elif [ -z "$2" ]; then
            wrong "$1: $compiler refuses it"
            cat "$folder/said"
        elif ! grep -qE "$2" "$folder/said"; then
            wrong "$1: $compiler does not say $2"
            cat "$folder/said"
        fi
    done
}

cp "$folder/spec" "$folder/s.flare"
try "as it was" ""
count=0
while IFS='|' read -r name change message; do
    sed "$change" "$folder/spec" >"$folder/s.flare"
    cmp -s "$folder/spec" "$folder/s.flare" && wrong "$name: nothing changed"
    try "$name" "$message"
    count=$((count + 1))
done <<'END'
an input is removed|s/query page: u32 = 1; //|page
an input is renamed|s/query sort:/query order:/|sort
an input is retyped|s/query sort: string?/query sort: date?/|(flare_str|flare_date|incompatible|conditional|convert)
an optional is required|s/sort: string?/sort: string/|has
a path parameter is renamed|s/:id/:item/g;s/path id/path item/g|id
a reply is removed|s/ reply 404;//|s_get_item_not_found
a reply gets another status|s/reply 204/reply 202/|s_drop_item_no_content
a reply's content is retyped|s/200 json Item/200 json [Item]/|(s_item|s_item_array|incompatible|convert)
a reply gets a header|s/as a: u8;/as a: u8; header X-B as b: u8;/|s_get_item_ok
a reply loses its header|s/ { header X-A as a: u8; }/;/|s_get_item_ok
a handler is renamed|s/-> drop_item/-> remove_item/|s_drop_item
all replies are removed|s/reply 204;//|s_drop_item
a guard gives nothing|s/gives user: u64; //|(user|s_known_pass)
a guard gives another type|s/gives user: u64/gives user: string/|(user|s_known_pass|invalid operands|operator|incompatible|convert)
a guard's reply is removed|s/ reply 401;//|s_known_unauthorized
a guard's input is renamed|s/X-Key as key/X-Key as token/|key
a guard is not used any more|s/use known;//|user
a field is removed|s/ name: string;//|(excess|too many)
a field is retyped|s/name: string/name: uuid/|(flare_str|flare_uuid|incompatible|convert|initial)
END
[ $count -ge 19 ] || wrong "$count changes: some are not read"
exit $failed
