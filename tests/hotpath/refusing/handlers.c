/* Whoever is known is known too well. */
#include "refusing.flare.h"

refusing_known_verdict refusing_known(flare_request *rq, const refusing_known_in *in)
{
    (void)in;
    return refusing_known_forbidden(rq);
}

refusing_add_numbers_reply refusing_add_numbers(flare_request *rq, const refusing_add_numbers_in *in)
{
    (void)in;
    return refusing_add_numbers_no_content(rq);
}

refusing_search_reply refusing_search(flare_request *rq, const refusing_search_in *in)
{
    (void)in;
    return refusing_search_no_content(rq);
}

refusing_mine_reply refusing_mine(flare_request *rq)
{
    return refusing_mine_no_content(rq);
}
