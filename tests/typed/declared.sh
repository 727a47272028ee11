#!/bin/sh
# declared.sh FLAREC ROOT: each reply that the shop declares is looked for by the tests of its mock, and by those of its service, and each function
# of its typed client is called by both. A reply that the spec gains wants a line in each.
flarec=$1
root=$2
failed=0
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT

"$flarec" client "$root/examples/intermediate/shop/shop.flare" --output-dir "$folder" || exit 1
replies=$(sed -n 's/^    \(SHOP_CLIENT_[A-Z0-9_]*\).*/\1/p' "$folder/shop.client.h")
functions=$(sed -n 's/^flare_err \(shop_client_[a-z0-9_]*\)(.*/\1/p' "$folder/shop.client.h")
[ "$(echo "$replies" | wc -l)" -ge 29 ] || { echo "some replies are not found: $replies"; failed=1; }
[ "$(echo "$functions" | wc -l)" -ge 17 ] || { echo "some functions are not found: $functions"; failed=1; }
for test in mock typed; do
    for name in $replies $functions; do
        # A disk that is full is left to the mock.
        [ "$test $name" != "typed SHOP_CLIENT_PUT_BLOB_INSUFFICIENT_STORAGE" ] || continue
        grep -qw "$name" "$root/tests/$test/shop_test.c" || { echo "$name: tests/$test/shop_test.c does not have it"; failed=1; }
    done
done
exit $failed
