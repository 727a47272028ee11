/* Headers of the PROXY protocol, and lists of proxies: a header means the same however it is cut, what a list
 * says on its right does not depend on what stands left, and reading it comes to an end.
 *
 * Target: runtime/wire/proxy.c runtime/wire/forwarded.c runtime/wire/hop.c
 */
#include "fuzz.h"

#include "wire/forwarded.h"
#include "wire/proxy.h"

typedef bool take_function(flare_str *list, struct flarei_hop *hop);

static bool same(const struct flarei_hop *a, const struct flarei_hop *b)
{
    return a->kind == b->kind && a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static void check_header(flare_str bytes)
{
    struct flarei_hop whole, part;
    const ptrdiff_t length = flarei_proxy_parse(bytes, &whole);

    FUZZ_CHECK(length >= -1 && length <= (ptrdiff_t)bytes.len && length <= FLAREI_PROXY_MAX_BYTES);
    FUZZ_CHECK(length != 0 || bytes.len < FLAREI_PROXY_MAX_BYTES);
    for (size_t cut = 0; length > 0 && cut < (size_t)length; cut++)
        FUZZ_CHECK(flarei_proxy_parse((flare_str){bytes.ptr, cut}, &part) == 0);
    if (length > 0) {
        FUZZ_CHECK(flarei_proxy_parse((flare_str){bytes.ptr, (size_t)length}, &part) == length);
        FUZZ_CHECK(same(&whole, &part));
    }
    /* As if ports had a sign. */
    FUZZ_PLANT(length > 16 && whole.kind == FLAREI_HOP_IPV6 && whole.port > 32767);
}

static void check_list(take_function *take, flare_str list)
{
    struct flarei_hop hop, last;
    flare_str rest = list;
    size_t left = list.len;

    while (take(&rest, &hop)) {
        FUZZ_CHECK(rest.ptr == list.ptr && rest.len < left);
        left = rest.len;
    }
    rest = list;
    if (!take(&rest, &hop) || rest.len == list.len)
        return;
    /* From the comma on, the last entry is the same. */
    list = (flare_str){list.ptr + rest.len, list.len - rest.len};
    FUZZ_CHECK(take(&list, &last) && same(&hop, &last));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const copy = (char *)malloc(size + 1);
    const flare_str bytes = {copy + 1, size};

    if (copy == NULL)
        abort();
    if (size != 0)
        memcpy(copy + 1, data, size);
    check_header(bytes);
    check_list(flarei_forwarded_for_take, bytes);
    check_list(flarei_forwarded_take, bytes);
    free(copy);
    return 0;
}
