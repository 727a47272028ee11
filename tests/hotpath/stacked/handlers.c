#include "stacked.flare.h"

flare_reply stacked_plaintext(flare_request *rq)
{
    return flare_bytes(rq, 200, FLARE_STR("text/plain"), FLARE_STR("Hello, World!"));
}

stacked_long_text_reply stacked_long_text(flare_request *rq)
{
    return stacked_long_text_ok(rq, FLARE_STR("a text that comes again, a text that comes again, a text that "
                                              "comes again, a text that comes again\n"));
}
