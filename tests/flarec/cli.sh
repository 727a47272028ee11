#!/bin/sh
# cli.sh FLAREC VERSION: exit codes, options, and what is written when.
flarec=$1
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2

# exits CODE ARGUMENT...
exits()
{
    expected=$1
    shift
    "$flarec" "$@" >out 2>err </dev/null
    code=$?
    [ $code -eq "$expected" ] || { echo "flarec $*: exit code $code, not $expected"; cat out err; failed=1; }
}
says() { grep -q -- "$2" "$1" || { echo "$1 does not say: $2"; cat "$1"; failed=1; }; }
silent() { [ ! -s "$1" ] || { echo "$1 is not silent"; cat "$1"; failed=1; }; }

printf 'service good;\nGET / -> fixed(200, "text/plain", "x");\n' >good.flare
printf 'service bad;\nGET / -> home { query q: strng; }\n' >bad.flare

exits 2
says err '^usage:'
exits 0 --help
says out '^usage:'
exits 0 help
exits 0 help build
says out '--output-dir'
exits 2 help nothing
for command in build client mock check routes openapi breaking fmt explain new lsp; do
    exits 0 $command --help
    says out '^usage: flarec'
done
exits 0 --version
[ "$(cat out)" = "flarec $2" ] || { echo "--version says $(cat out)"; failed=1; }
exits 2 nothing
says err "no command 'nothing'"
exits 2 check
exits 2 check good.flare bad.flare
exits 2 check --main good.flare
says err "no option '--main'"
exits 2 check not-there.flare
says err 'not-there.flare'
exits 2 check .
exits 0 check good.flare
silent out
silent err
exits 1 check bad.flare
says err 'bad.flare:2:26: error\[F0202\]'
exits 1 check -
# A byte order mark and carriage returns are no mistakes.
printf '\357\273\277service s;\r\n/// Doc.\r\nGET / -> home; // x\r\n' >crlf.flare
exits 0 check crlf.flare
silent err
exits 0 fmt crlf.flare
printf 'service s;\n/// Doc.\nGET / -> home;  // x\n' | cmp - crlf.flare || failed=1

exits 0 routes good.flare
says out '^GET  /  fixed()  good.flare:2$'
exits 1 routes bad.flare
exits 2 fmt
exits 2 fmt not-there.flare
exits 0 explain
exits 2 explain nothing

exits 2 build good.flare
says err '--output-dir'
exits 2 build good.txt --output-dir out.d
says err 'end in .flare'
exits 2 build good.flare --output-dir
exits 2 build good.flare --output-dir o --main=yes
for parts in 0 x 1000 -1 1x ''; do
    exits 2 build good.flare --output-dir o --parts "$parts"
done
exits 0 build good.flare --output-dir o --parts 3 --main --stubs s.c --depfile d --print-outputs
[ "$(tr '\n' ' ' <out)" = "o/good.flare.h o/good.flare.c o/good.flare.2.c o/good.flare.3.c o/good.flare.main.c s.c d " ] ||
    { echo "--print-outputs says $(cat out)"; failed=1; }
[ ! -e o ] || { echo "--print-outputs wrote"; failed=1; }
exits 1 build bad.flare --output-dir o
[ ! -e o ] || { echo "a spec with errors left a folder"; failed=1; }

# Documents on standard output, what is said of the specs beside it.
exits 0 openapi good.flare
says out '"openapi": "3.1.0"'
silent err
exits 1 openapi bad.flare --format json
silent out
says err '"code":"F0202"'
exits 2 openapi good.flare bad.flare
for form in --json --dot --memory '--memory --json'; do
    # shellcheck disable=SC2086 # words
    exits 0 routes $form good.flare
    silent err
done
exits 1 routes --json --format sarif bad.flare
silent out
says err '"version":"2.1.0"'
printf 'service good;\nGET /new -> fixed(200, "text/plain", "x");\n' >next.flare
exits 0 breaking good.flare good.flare
says out '^0 breaking, 0 compatible'
exits 1 breaking good.flare next.flare
says out 'breaking: GET /: the route was removed'
exits 1 breaking --json good.flare next.flare
says out '"verdict": "breaking"'
exits 1 breaking --format=json good.flare next.flare
says out '"verdict": "breaking"'
exits 1 breaking --format sarif good.flare next.flare
says out '"ruleId":"breaking"'
exits 2 breaking good.flare bad.flare
silent out
exits 2 breaking good.flare
exits 2 breaking --format xml good.flare next.flare
# A client: its files, what it leaves out, names that are taken.
exits 2 client good.flare
says err '--output-dir'
exits 2 client good.txt --output-dir c
exits 1 client bad.flare --output-dir c
[ ! -e c ] || { echo "a spec with errors left a client"; failed=1; }
exits 0 client good.flare --output-dir c --depfile c.d
silent err
[ "$(echo c/*)" = "c/good.client.c c/good.client.h c/good.flare.h" ] || { echo "a client is $(echo c/*)"; failed=1; }
says c.d '^c/good.flare.h c/good.client.h c/good.client.c: good.flare$'
printf 'service odd;\ntype P { x: i32; }\nGET / -> async two { reply 200 sse P; reply 203 sse P; }\nGET /a -> one;\nGET /b -> one;\n' >odd.flare
exits 0 client odd.flare --output-dir c
says err '^flarec client: odd.flare:3: GET / is left out: it has two replies of events$'
says err '^flarec client: odd.flare:5: GET /b is left out: it has the handler of another route$'
says c/odd.client.h 'GET / (odd.flare:3): it has two replies of events'
printf 'service odd;\ntype P { x: i32; }\nWS /lines -> lines { receive json P; send text; }\nANY /any -> any;\n' >odd.flare
exits 0 client odd.flare --output-dir c
silent err
for name in odd_client_lines_open odd_client_lines_send odd_client_lines_next odd_client_any; do
    says c/odd.client.h "^flare_err $name("
done
printf 'service odd;\ntype Client-Point { x: i32; }\nGET / -> home { reply 200 json Client-Point; }\n' >odd.flare
exits 2 client odd.flare --output-dir d
says err "as 'odd_client_point' does"
printf 'service odd;\nGET / -> home { query x: u8; }\nGET /in -> home_out;\n' >odd.flare
exits 2 client odd.flare --output-dir d
says err "two things are one in C, about 'odd_client_home_out'"
printf 'library lib;\ntype Point { x: i32; }\n' >lib.flare
exits 1 client lib.flare --output-dir d
says err "^lib.flare:1:1: error\[F0911\]: 'lib' is a library, and has no routes of its own$"
[ ! -e d ] || { echo "a client that can't be left a folder"; failed=1; }

# A mock: its files, what it tells, and what it can't make up.
exits 2 mock good.flare
says err '--output-dir'
exits 2 mock good.txt --output-dir m
exits 1 mock bad.flare --output-dir m
[ ! -e m ] || { echo "a spec with errors left a mock"; failed=1; }
exits 0 mock good.flare --output-dir m --depfile m.d
silent err
[ "$(echo m/*)" = "m/good.flare.c m/good.flare.h m/good.flare.main.c m/good.mock.c" ] || { echo "a mock is $(echo m/*)"; failed=1; }
says m.d '^m/good.flare.h m/good.flare.c m/good.flare.main.c m/good.mock.c: good.flare$'
printf 'service odd;\nGET / -> home;\nANY /a/* -> proxy("unix:a.sock");\n' >odd.flare
exits 0 mock odd.flare --output-dir m
says err '^flarec mock: odd.flare:2: GET / declares no replies: it answers 501$'
says err '^flarec mock: odd.flare:3: .* goes to its upstream, which is no part of the mock$'
printf 'service odd;\nGET / -> home { reply 200 json email(..5); }\n' >odd.flare
exits 1 mock odd.flare --output-dir n
says err "^odd.flare:2:32: error\[F0910\]: a mock finds no value of 'email(..5)'$"
exits 0 check odd.flare
exits 1 mock odd.flare --output-dir n --format json
says out '"code":"F0910"'
printf 'service odd;\nGET / -> home { reply 200 json [string(/[ab]c/)](3.., unique); }\n' >odd.flare
exits 1 mock odd.flare --output-dir n
says err '^odd.flare:2:32: error\[F0910\]: a mock finds no value of '
exits 1 mock lib.flare --output-dir n
says err "^lib.flare:1:1: error\[F0911\]: 'lib' is a library, and has no routes of its own$"
[ ! -e n ] || { echo "a mock that can't be left a folder"; failed=1; }

exits 1 check --format json bad.flare
silent err
says out '"code":"F0202"'

# Colour only where a terminal wants it.
if grep -q "$(printf '\033')" err; then echo "colour without a terminal"; failed=1; fi
exit $failed
