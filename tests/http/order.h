/* order.h - the reader and the writer that flarec emits for an order, which are static there. */
#ifndef FLARE_TEST_ORDER_H
#define FLARE_TEST_ORDER_H

#include <flare/gen_json.h>

#include "order.flare.h"

const char *order_read_order(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                             order_order *out);
void order_write_order(flare_buffer *out, const order_order *value);

#endif
