#include "http/conditional.h"

#include <flare/etag.h>

static bool tags_match(const flare_request *rq, flare_str name, flare_str etag, bool weakly, bool *match)
{
    bool has = false;

    *match = false;
    for (uint32_t i = 0; i < rq->field_count; i++) {
        if (!flare_str_equal_nocase(rq->fields[i].name, name))
            continue;
        has = true;
        *match |= weakly ? flare_etag_matches_weakly(rq->fields[i].value, etag)
                         : flare_etag_matches(rq->fields[i].value, etag);
    }
    return has;
}

static bool date_of(const flare_request *rq, flare_str name, flare_time *date)
{
    flare_str text;

    return flare_request_header(rq, name, &text) &&
           flare_time_http_parse(text, flarei_clock_wall(), date) == FLARE_OK;
}

enum flarei_condition flarei_condition_judge(const flare_request *rq, const struct flarei_validators *now)
{
    flare_time date;
    bool match;

    if (tags_match(rq, FLARE_STR("If-Match"), now->etag, false, &match)) {
        if (!match)
            return FLAREI_CONDITION_FAILED;
    } else if (now->changed != 0 && date_of(rq, FLARE_STR("If-Unmodified-Since"), &date) &&
               now->changed > date) {
        return FLAREI_CONDITION_FAILED;
    }
    if (tags_match(rq, FLARE_STR("If-None-Match"), now->etag, true, &match))
        return match ? FLAREI_CONDITION_NOT_MODIFIED : FLAREI_CONDITION_HOLDS;
    if (now->changed != 0 && date_of(rq, FLARE_STR("If-Modified-Since"), &date) && now->changed <= date)
        return FLAREI_CONDITION_NOT_MODIFIED;
    return FLAREI_CONDITION_HOLDS;
}

/* By a date only where that is exact, and the file has not changed twice in that second, as far as one can
 * tell: the date must lie a second before the reply's at least (RFC 9110 section 8.8.2.2). */
bool flarei_condition_range(const flare_request *rq, const struct flarei_validators *now)
{
    const flare_time today = flarei_clock_wall();
    flare_str text;
    flare_time date;

    if (!flare_request_header(rq, FLARE_STR("If-Range"), &text))
        return true;
    if (flare_etag_valid(text))
        return flare_etag_matches(text, now->etag);
    return flare_time_http_parse(text, today, &date) == FLARE_OK && now->changed != 0 &&
           date == now->changed && today - now->changed > FLARE_TIME_SECOND;
}
