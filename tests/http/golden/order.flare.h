/* order.flare.h - what flarec is to generate from order.flare: types, and how they are read and written. */
#ifndef ORDER_FLARE_H
#define ORDER_FLARE_H

#include <flare/gen_json.h>

FLARE_BEGIN

typedef struct order_address {
    flare_str street;  /* 1..80 */
    flare_str city;    /* 1..80 */
    flare_str zip;     /* ..12 */
    flare_str country; /* 2 */
} order_address;

typedef struct order_item {
    flare_str sku; /* 1..20 */
    uint32_t qty;  /* 1..1000 */
    double price;  /* 0.0..1000000.0 */
} order_item;
FLARE_ARRAY(order_item_array, order_item);

typedef struct order_order {
    uint64_t id;        /* 1.. */
    flare_str customer; /* 1..80 */
    flare_str email;
    bool priority; /* = false */
    order_address address;
    order_item_array items; /* 1..100 */
    flare_str_opt note;     /* ..500 */
} order_order;

const char *order_read_order(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                             order_order *out) FLARE_MUST_USE;
void order_write_order(flare_buffer *out, const order_order *value);

FLARE_END
#endif
