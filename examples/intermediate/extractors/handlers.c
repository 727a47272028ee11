#include "extractors.flare.h"

extractors_get_user_reply extractors_get_user(flare_request *rq, const extractors_get_user_in *in)
{
    const extractors_user user = {
        .id = in->id,
        .verbose = in->verbose,
        .trace = in->trace,
        .visits = in->visits,
    };

    return extractors_get_user_ok(rq, &user);
}

flare_reply extractors_get_file(flare_request *rq, const extractors_get_file_in *in)
{
    return flare_textf(rq, 200, "files=%.*s", FLARE_STR_ARG(in->rest));
}

extractors_search_reply extractors_search(flare_request *rq, const extractors_search_in *in)
{
    const extractors_found found = {
        .q = in->q,
        .tags = in->tag,
        .sort = in->sort,
        .limit = in->limit,
        .since = in->since,
    };

    return extractors_search_ok(rq, &found);
}

extractors_whoami_reply extractors_whoami(flare_request *rq, const extractors_whoami_in *in)
{
    char sid[FLARE_UUID_BYTES];
    flare_str session = FLARE_STR("none");

    if (in->sid.has)
        session = (flare_str){sid, flare_uuid_format(in->sid.value, sid)};
    return extractors_whoami_ok(
        rq, flare_format(rq, "token of %zu bytes, session %.*s", in->token.len, FLARE_STR_ARG(session)));
}
