#!/bin/sh
# stubs.sh PROGRAM CURL: every handler of what `flarec build --stubs` wrote answers 501; refusals and fixed replies are as ever.
program=$1
curl=$2
failed=0
said=$(mktemp) || exit 2
"$program" --listen 127.0.0.1:0 >"$said" 2>/dev/null &
server=$!
trap 'kill $server; rm -f "$said"' EXIT
url=
for _ in 1 2 3 4 5 6 7 8 9 10; do
    url=$(grep -oE 'http://[0-9.]+:[0-9]+' "$said") && break
    sleep 0.2
done
[ -n "$url" ] || { echo "the program says no address"; exit 1; }

# replies STATUS METHOD PATH [CURL FLAG...]
replies()
{
    expected=$1
    method=$2
    path=$3
    shift 3
    got=$("$curl" -s -m 5 -o /dev/null -w '%{http_code}' -X "$method" "$@" "$url$path")
    [ "$got" = "$expected" ] || { echo "$method $path: $got, not $expected"; failed=1; }
}
replies 501 GET /
replies 501 GET '/items?after=3'
replies 501 POST /items --data-binary x
replies 501 PUT /items/a/b
replies 501 DELETE /items/7
replies 400 DELETE /items/seven
replies 404 GET /nothing
replies 405 PUT /
replies 200 GET /fixed
exit $failed
