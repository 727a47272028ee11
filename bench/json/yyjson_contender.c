/* yyjson as a contender of the JSON benchmark: parses, and reads every field by name in the order expected;
 * or writes the parsed document. A pool, so it takes nothing from the heap either. */
#include <stdbool.h>

#include "contender.h"

#include "yyjson.h"

struct string {
    const char *text;
    size_t length;
};

struct item {
    struct string sku;
    uint32_t qty;
    double price;
};

static struct {
    uint64_t id;
    struct string customer, email, street, city, zip, country, note;
    bool priority;
    struct item items[100];
    size_t count;
} order;

static char pool[1 << 22];
static char written_pool[1 << 16];
static yyjson_doc *document;

static struct string string_of(yyjson_val *value)
{
    return (struct string){yyjson_get_str(value), yyjson_get_len(value)};
}

static bool read_items(yyjson_val *items)
{
    yyjson_arr_iter each = yyjson_arr_iter_with(items);
    yyjson_val *item;

    order.count = 0;
    while ((item = yyjson_arr_iter_next(&each)) != NULL && order.count < 100) {
        struct item *const to = &order.items[order.count++];
        yyjson_obj_iter member = yyjson_obj_iter_with(item);

        to->sku = string_of(yyjson_obj_iter_get(&member, "sku"));
        to->qty = (uint32_t)yyjson_get_uint(yyjson_obj_iter_get(&member, "qty"));
        to->price = yyjson_get_num(yyjson_obj_iter_get(&member, "price"));
    }
    return order.count > 0;
}

static bool read_order(yyjson_val *root)
{
    yyjson_obj_iter member = yyjson_obj_iter_with(root), inner;
    bool fine;

    order.id = yyjson_get_uint(yyjson_obj_iter_get(&member, "id"));
    order.customer = string_of(yyjson_obj_iter_get(&member, "customer"));
    order.email = string_of(yyjson_obj_iter_get(&member, "email"));
    order.priority = yyjson_get_bool(yyjson_obj_iter_get(&member, "priority"));
    inner = yyjson_obj_iter_with(yyjson_obj_iter_get(&member, "address"));
    order.street = string_of(yyjson_obj_iter_get(&inner, "street"));
    order.city = string_of(yyjson_obj_iter_get(&inner, "city"));
    order.zip = string_of(yyjson_obj_iter_get(&inner, "zip"));
    order.country = string_of(yyjson_obj_iter_get(&inner, "country"));
    fine = read_items(yyjson_obj_iter_get(&member, "items"));
    order.note = string_of(yyjson_obj_iter_get(&member, "note"));
    return fine;
}

static yyjson_doc *parse(const struct text *text)
{
    yyjson_alc allocator;

    yyjson_alc_pool_init(&allocator, pool, sizeof pool);
    return yyjson_read_opts(text->bytes, text->length, 0, &allocator, NULL);
}

static bool decode(const struct text *text)
{
    yyjson_doc *const parsed = parse(text);
    const bool fine = parsed != NULL && read_order(yyjson_doc_get_root(parsed));

    keep(&order);
    return fine;
}

static bool encode(const struct text *text)
{
    yyjson_alc allocator;
    size_t length;
    char *written;

    (void)text;
    yyjson_alc_pool_init(&allocator, written_pool, sizeof written_pool);
    written = yyjson_write_opts(document, 0, &allocator, &length, NULL);
    keep(written);
    return written != NULL;
}

static uint64_t digest_str(uint64_t digest, struct string value)
{
    return digest_bytes(digest, value.text, value.length);
}

static uint64_t digest_order(void)
{
    uint64_t digest = digest_u64(14695981039346656037u, order.id);

    digest = digest_str(digest_str(digest, order.customer), order.email);
    digest = digest_u64(digest, order.priority);
    digest = digest_str(digest_str(digest, order.street), order.city);
    digest = digest_str(digest_str(digest, order.zip), order.country);
    for (size_t i = 0; i < order.count; i++) {
        digest = digest_u64(digest_str(digest, order.items[i].sku), order.items[i].qty);
        digest = digest_f64(digest, order.items[i].price);
    }
    return digest_str(digest, order.note);
}

int main(int count, char **arguments)
{
    const bool encodes = count == 3 && strcmp(arguments[2], "encode") == 0;
    struct text text;
    uint64_t digest;

    if (count != 3)
        return 2;
    text = text_load(arguments[1]);
    if (!decode(&text)) {
        fprintf(stderr, "the text is refused\n");
        return 1;
    }
    digest = digest_order();
    if (encodes) {
        document = parse(&text);
        const char *const written = yyjson_write(document, 0, NULL);

        digest = digest_bytes(14695981039346656037u, written, strlen(written));
    }
    return contend(&text, encodes ? encode : decode, digest);
}
