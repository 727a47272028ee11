#include "brotli.flare.h"

#define LINES                                                                                                \
    "Water, water, every where,\nAnd all the boards did shrink;\n"                                           \
    "Water, water, every where,\nNor any drop to drink.\n\n"

brotli_poem_reply brotli_poem(flare_request *rq)
{
    return brotli_poem_ok(rq,
                          FLARE_STR(LINES LINES LINES LINES LINES LINES LINES LINES LINES LINES LINES LINES));
}

brotli_echo_reply brotli_echo(flare_request *rq, const brotli_echo_in *in)
{
    return brotli_echo_ok(rq, in->body);
}
