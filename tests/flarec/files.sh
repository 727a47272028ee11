#!/bin/sh
# files.sh FLAREC: what a build writes: time stamps, the depfile, stubs, parts, and what stays after a failure.
flarec=$1
failed=0
folder=$(mktemp -d) || exit 2
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder" || exit 2

wrong() { echo "$*"; failed=1; }
# build CODE ARGUMENT...
build()
{
    expected=$1
    shift
    "$flarec" build "$@" >out 2>err </dev/null
    code=$?
    [ $code -eq "$expected" ] || { wrong "flarec build $*: exit code $code, not $expected"; cat err; }
}
says() { grep -qF -- "$2" "$1" || { wrong "$1 does not say: $2"; cat "$1"; }; }
# one_line TEXT: all of standard error is one line, with the text in it.
one_line()
{
    [ "$(wc -l <err)" -eq 1 ] || { wrong "not one line"; cat err; }
    says err "$1"
}
no_temporaries() { [ -z "$(find . -name '*.tmp')" ] || wrong "$1: a temporary file stays: $(find . -name '*.tmp')"; }
# old_files: o/ is as keep/ is.
old_files() { diff -r keep o || wrong "$1: the old files are changed"; no_temporaries "$1"; }

printf 'service good;\nGET / -> home;\nGET /hi/:name -> greet { path name: string(1..40); }\n' >good.flare
printf 'service good;\nGET / -> home;\nGET /x -> other;\n' >other.flare
large=large.flare
awk 'BEGIN { print "service large;"; for (i = 0; i < 300; i++) print "GET /r" i "/:id -> r" i " { path id: u64; }" }' >$large
printf 'service bad;\nGET / -> home { query q: strng; }\n' >bad.flare

# ---- time stamps: only what changed is new
build 0 good.flare --output-dir o --main --depfile o/d
touch -t 202001010000 o/*
build 0 good.flare --output-dir o --main --depfile o/d
[ -z "$(find o -type f -newer good.flare)" ] || wrong "an unchanged output is written again"
printf '// more\n' >>good.flare
build 0 good.flare --output-dir o --main --depfile o/d
[ -z "$(find o -type f -newer good.flare)" ] || wrong "a comment changes an output"
sed 's/1\.\.40/1..41/' good.flare >t && mv t good.flare
build 0 good.flare --output-dir o --main --depfile o/d
[ "$(find o -type f -newermt 2021-01-01 | sort | tr '\n' ' ')" = "o/good.flare.c o/good.flare.h " ] ||
    wrong "changed: $(find o -type f -newermt 2021-01-01)"

# ---- a file that is replaced keeps its mode, a link its place
mkdir linked
"$flarec" build good.flare --output-dir linked || failed=1
mv linked/good.flare.c elsewhere.c
echo old >elsewhere.c
chmod 640 elsewhere.c
ln -s ../elsewhere.c linked/good.flare.c
build 0 good.flare --output-dir linked
if ! { [ -L linked/good.flare.c ] && cmp -s elsewhere.c o/good.flare.c; }; then wrong "a link is replaced"; fi
[ "$(find elsewhere.c -perm 640)" ] || wrong "the mode is lost"

# ---- the depfile
# depfile SPEC FOLDER CONTENT
depfile()
{
    mkdir -p "$(dirname "$1")"
    cp other.flare "$1"
    build 0 "$1" --output-dir "$2" --depfile dep
    printf '%s\n' "$3" | diff - dep || wrong "the depfile of $1 in $2"
}
depfile a.flare d1 'd1/a.flare.h d1/a.flare.c: a.flare'
depfile sub/a.flare d1/d2/ 'd1/d2//a.flare.h d1/d2//a.flare.c: sub/a.flare'
depfile "$folder/a.flare" "$folder/d3" "$folder/d3/a.flare.h $folder/d3/a.flare.c: $folder/a.flare"
depfile 'two  words/my spec.flare' 'an output' \
    'an\ output/my\ spec.flare.h an\ output/my\ spec.flare.c: two\ \ words/my\ spec.flare'
# shellcheck disable=SC2016 # the dollars are meant
depfile 'a$b#c\d.flare' 'o\ d' 'o\\\ d/a$$b\#c\d.flare.h o\\\ d/a$$b\#c\d.flare.c: a$$b\#c\d.flare'
depfile 'größe(1)&;%:'\''".flare' d4 "d4/größe(1)&;%:'\".flare.h d4/größe(1)&;%:'\".flare.c: größe(1)&;%:'\".flare"
build 0 good.flare --output-dir d5 --main --parts 2 --stubs d5/stubs.c --depfile dep
[ "$(cat dep)" = 'd5/good.flare.h d5/good.flare.c d5/good.flare.2.c d5/good.flare.main.c: good.flare' ] ||
    wrong "the depfile: $(cat dep)"
build 0 good.flare --output-dir d5 --depfile /dev/stdout
says out 'd5/good.flare.c: good.flare'
cp good.flare 'line
break.flare'
build 2 'line
break.flare' --output-dir d6 --depfile dep
says err 'line break'
[ ! -e d6 ] || wrong "a refused depfile left a folder"

# ---- stubs are never written over
echo mine >stubs.c
build 0 good.flare --output-dir d7 --stubs stubs.c
one_line 'stubs.c is there already'
[ "$(cat stubs.c)" = mine ] || wrong "stubs are written over"
[ -e d7/good.flare.c ] || wrong "with stubs there nothing is written"
: >empty.c
build 0 good.flare --output-dir d7 --stubs empty.c
[ ! -s empty.c ] || wrong "empty stubs are written over"

# ---- parts: N files, as --print-outputs says
for parts in 1 2 7 64; do
    build 0 "$large" --output-dir "p$parts" --parts $parts --main --print-outputs
    sort out >listed
    build 0 "$large" --output-dir "p$parts" --parts $parts --main
    find "p$parts" -type f | sort | diff listed - || wrong "--parts $parts writes other files than it says"
    [ "$(grep -vcE '\.(h|main\.c)$' listed)" -eq $parts ] || wrong "--parts $parts names $(wc -l <listed) files"
done

# ---- two builds are one, byte for byte
mkdir -p there/deeper
cp "$large" there/deeper/
(cd there/deeper && "$flarec" build "$(basename "$large")" --output-dir "$folder/again" --parts 7 --main --stubs "$folder/again/stubs.c") ||
    wrong "no second build"
(cd there && TZ=Asia/Tokyo LC_ALL=C "$flarec" build "deeper/$(basename "$large")" --output-dir once --parts 7 --main --stubs once/stubs.c) ||
    wrong "no third build"
diff -r again there/once || wrong "two builds differ"

# ---- a failure leaves what was there
rm -rf o
cp good.flare spec.flare
build 0 spec.flare --output-dir o --main --parts 2
cp -R o keep
cp bad.flare spec.flare
build 1 spec.flare --output-dir o --main --parts 2
old_files "an error in the spec"
cp other.flare spec.flare
touch file
build 2 spec.flare --output-dir file/o
one_line 'file/o'
build 2 spec.flare --output-dir file
one_line 'file/'
build 2 spec.flare --output-dir o --main --parts 2 --depfile file/d
one_line 'file/d'
old_files "a depfile that can't be written"
build 2 spec.flare --output-dir o --main --parts 2 --stubs /proc/nothing/stubs.c
old_files "a folder that can't be made"
build 2 spec.flare --output-dir o --main --parts 2 --depfile o
one_line 'o: Is a directory'
old_files "a depfile that is a folder"
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w o
    build 2 spec.flare --output-dir o --main --parts 2
    one_line 'Permission denied'
    chmod u+w o
    old_files "a folder that can't be written"
fi
# Root's own device, since a mistake would replace it.
full=/dev/full
if [ "$(id -u)" -eq 0 ]; then
    full=$folder/full
    { mknod "$full" c 1 7 && : >"$full"; } 2>/dev/null || full=
fi
if [ -c "$full" ]; then
    build 2 spec.flare --output-dir o --main --parts 2 --depfile "$full"
    one_line "$full: No space left"
    old_files "a full disk"
    [ -c "$full" ] || wrong "a device is replaced by a file"
    "$flarec" routes spec.flare >"$full" 2>err
    [ $? -eq 2 ] || wrong "a full standard output is no failure"
    one_line 'standard output'
    "$flarec" fmt - <"$large" >"$full" 2>err
    [ $? -eq 2 ] || wrong "a full standard output is no failure"
fi
# A write that fails in the middle of a file: the process may write no more than some blocks to one.
rm -rf o keep
cp "$large" spec.flare
build 0 spec.flare --output-dir o
cp -R o keep
sed 's/^GET/HEAD/' "$large" >spec.flare
(
    trap '' XFSZ
    ulimit -f 8
    exec "$flarec" build spec.flare --output-dir o
) 2>err
[ $? -eq 2 ] || wrong "a write that fails is no failure"
one_line 'File too large'
old_files "a write that fails"

# ---- killed in the middle: each file is all old or all new. The first signal comes for sure while a file is written.
(
    ulimit -f 8
    exec "$flarec" build spec.flare --output-dir o
) 2>err
[ $? -gt 128 ] || wrong "not killed"
[ -n "$(find o -name '*.tmp')" ] || wrong "killed, but not while it wrote"
for file in keep/*; do
    cmp "$file" "o/$(basename "$file")" || wrong "killed: $file is half-written"
done
build 0 spec.flare --output-dir new
build 0 spec.flare --output-dir o
diff -r new o || wrong "what a killed run left is in the way"
for delay in 0.001 0.002 0.004 0.008 0.012 0.016 0.020 0.024 0.028 0.032 0.040 0.050; do
    rm -rf o
    cp -R keep o
    timeout -s KILL $delay "$flarec" build spec.flare --output-dir o
    for file in keep/*; do
        name=$(basename "$file")
        cmp -s "$file" "o/$name" || cmp -s "new/$name" "o/$name" || wrong "killed after $delay s: $name is half-written"
    done
done 2>err
exit $failed
