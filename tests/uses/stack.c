#include "stack.flare.h"

stack_item_reply stack_item(flare_request *rq, const stack_item_in *in)
{
    if (in->id == 500)
        return stack_item_fail(rq, "as it was asked");
    return in->id > 1000 ? stack_item_not_found(rq) : stack_item_ok(rq, FLARE_STR("an item\n"));
}

stack_slow_reply stack_slow(flare_request *rq, const stack_slow_in *in)
{
    return stack_slow_ok(rq, in->body);
}
