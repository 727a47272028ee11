/* URLs and redirects of a client: what is read has the parts it says, and a reference that resolves gives a
 * URL that reads, has no dot segments, and resolves to itself. Also proxies' URLs and the lists of who is
 * spared. Target: runtime/client/url.c
 */
#include "fuzz.h"

#include "client/proxy.h"

#include <string.h>

static const struct flarei_url base = {.authority = FLARE_STR_INIT("a.test:81"),
                                       .host = FLARE_STR_INIT("a.test"),
                                       .port = 81,
                                       .target = FLARE_STR_INIT("/b/c/d?e/f")};

static bool has_dots(flare_str target)
{
    size_t start = 0;

    for (size_t i = 0; i <= target.len; i++)
        if (i == target.len || target.ptr[i] == '/' || target.ptr[i] == '?') {
            const size_t bytes = i - start;

            if ((bytes == 1 && target.ptr[start] == '.') ||
                (bytes == 2 && target.ptr[start] == '.' && target.ptr[start + 1] == '.'))
                return true;
            if (i < target.len && target.ptr[i] == '?')
                return false;
            start = i + 1;
        }
    return false;
}

static void check_resolved(flare_str reference)
{
    flare_arena arena;
    struct flarei_url url;
    flare_str text, again;

    flarei_arena_init(&arena, 4096, 1 << 20);
    if (flarei_url_resolve(&arena, &base, reference, &text) == FLARE_OK) {
        FUZZ_CHECK(flarei_url_read(text, "http", "https", &url));
        FUZZ_CHECK(memchr(text.ptr, '#', text.len) == NULL && memchr(text.ptr, ' ', text.len) == NULL);
        FUZZ_CHECK(reference.len == 0 || memchr(reference.ptr, ':', reference.len) != NULL ||
                   (reference.len > 1 && reference.ptr[0] == '/' && reference.ptr[1] == '/') ||
                   !has_dots(url.target));
        FUZZ_CHECK(flarei_url_resolve(&arena, &base, text, &again) == FLARE_OK &&
                   flare_str_equal(text, again));
        FUZZ_CHECK(flarei_url_same_origin(&url, &url));
        FUZZ_PLANT(url.secure && url.port == 80); /* as if that port went without saying in any scheme */
    }
    flarei_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flarei_proxy *proxy;
    struct flarei_url url;
    char *copy;

    if (size == 0 || size > 2048)
        return 0;
    copy = malloc(size); /* ends where the text ends */
    memcpy(copy, data, size);
    const flare_str text = {copy, size};
    if (flarei_url_read(text, "http", "https", &url)) {
        FUZZ_CHECK(url.port != 0 && url.host.len != 0 && url.authority.len >= url.host.len);
        FUZZ_CHECK(url.target.len == 0 || url.target.ptr[0] == '/' || url.target.ptr[0] == '?');
        FUZZ_CHECK(url.target.ptr + url.target.len == copy + size);
    }
    check_resolved(text);
    if (flarei_proxy_make(&proxy, text) == FLARE_OK) {
        FUZZ_CHECK(proxy->host[0] != '\0' && proxy->port != 0);
        FUZZ_CHECK(proxy->authorization == NULL || strchr(proxy->authorization, '\r')[1] == '\n');
        flarei_proxy_free(proxy);
    }
    (void)flarei_proxy_spares(text, FLARE_STR("a.test"), 81);
    free(copy);
    return 0;
}
