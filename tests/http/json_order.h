/* json_order.h - an order as text, and its reading where the text ends flush against a page that can't be
 * read. */
#ifndef FLARE_TEST_JSON_ORDER_H
#define FLARE_TEST_JSON_ORDER_H

#include "order.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char order_text[] = "{\"id\":918273645,\"customer\":\"Ada "
                                 "Lovelace\",\"email\":\"ada@example.org\",\"priority\":true,\"address\":{"
                                 "\"street\":\"12 St James Square\",\"city\":\"London\",\"zip\":\"SW1Y "
                                 "4JH\",\"country\":\"GB\"},\"items\":[{"
                                 "\"sku\":\"WID-0001\",\"qty\":3,\"price\":19.99},{\"sku\":\"WID-0042\","
                                 "\"qty\":1,\"price\":249.5},{\"sku\":"
                                 "\"CBL-7\",\"qty\":12,\"price\":1.25}],\"note\":null}";

static flare_arena arena;
static struct flarei_json json;
static order_order order;

enum { guarded_bytes = 1 << 16 };

static flare_str guarded(const char *bytes, size_t length)
{
    static char *end;

    if (end == NULL) {
        const size_t page = (size_t)sysconf(_SC_PAGESIZE);
        char *const start =
            mmap(NULL, guarded_bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (start == MAP_FAILED || mprotect(start + guarded_bytes, page, PROT_NONE) != 0) {
            perror("guarded memory");
            exit(1);
        }
        end = start + guarded_bytes;
    }
    return (flare_str){memcpy(end - length, bytes, length), length};
}

static enum flarei_json_verdict decode(flare_str text)
{
    const char *at;

    flarei_arena_reset(&arena);
    at = flarei_json_begin(&json, text, &arena);
    if (at != NULL)
        at = order_read_order(&json, at, NULL, &order);
    return flarei_json_end(&json, at);
}

#endif
