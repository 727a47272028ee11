#include "order.h"

#include "order.flare.c"

const char *order_read_order(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                             order_order *out)
{
    return read_order(json, at, path, out);
}

void order_write_order(flare_buffer *out, const order_order *value)
{
    put_order(out, value);
}

order_create_reply order_create(flare_request *rq, const order_create_in *in)
{
    return order_create_ok(rq, &in->body);
}
