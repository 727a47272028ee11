/* flare as a contender of the JSON benchmark: decodes and validates into the struct, or writes the struct. */
#include "order.h"

#include "contender.h"

#include "counting.h"

static flare_arena arena;
static flare_buffer out;
static order_order order;

static bool decode(const struct text *text)
{
    struct flarei_json json;
    const char *at;

    flarei_arena_reset(&arena);
    at = flarei_json_begin(&json, (flare_str){text->bytes, text->length}, &arena);
    if (at != NULL)
        at = order_read_order(&json, at, NULL, &order);
    keep(&order);
    return flarei_json_end(&json, at) == FLAREI_JSON_FINE;
}

static bool encode(const struct text *text)
{
    (void)text;
    flarei_buffer_clear(&out);
    order_write_order(&out, &order);
    keep(out.ptr);
    return !out.failed;
}

static uint64_t digest_str(uint64_t digest, flare_str value)
{
    return digest_bytes(digest, value.ptr, value.len);
}

static uint64_t digest_order(void)
{
    uint64_t digest = digest_u64(14695981039346656037u, order.id);

    digest = digest_str(digest_str(digest, order.customer), order.email);
    digest = digest_u64(digest, order.priority);
    digest = digest_str(digest_str(digest, order.address.street), order.address.city);
    digest = digest_str(digest_str(digest, order.address.zip), order.address.country);
    for (size_t i = 0; i < order.items.count; i++) {
        digest = digest_u64(digest_str(digest, order.items.items[i].sku), order.items.items[i].qty);
        digest = digest_f64(digest, order.items.items[i].price);
    }
    return digest_str(digest, order.note.has ? order.note.value : FLARE_STR(""));
}

int main(int count, char **arguments)
{
    const bool encodes = count == 3 && strcmp(arguments[2], "encode") == 0;
    struct text text;
    uint64_t digest;
    long warm;
    int status;

    if (count != 3)
        return 2;
    text = text_load(arguments[1]);
    count_allocations();
    flarei_arena_init(&arena, 64 * 1024, 64u << 20);
    flarei_buffer_init(&out, 64u << 20);
    if (!decode(&text)) {
        fprintf(stderr, "the text is refused\n");
        return 1;
    }
    digest = digest_order();
    if (encodes && encode(&text))
        digest = digest_str(14695981039346656037u, flarei_buffer_str(&out));
    warm = allocations;
    status = contend(&text, encodes ? encode : decode, digest);
    if (allocations != warm) {
        fprintf(stderr, "%ld allocations while timed\n", allocations - warm);
        return 1;
    }
    return status;
}
