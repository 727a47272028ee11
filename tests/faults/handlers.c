/* Handlers that take what they are given, and memory of their own. */
#include "faults.flare.h"

unsigned faults_entered, faults_left;

faults_known_verdict faults_known(flare_request *rq, const faults_known_in *in)
{
    const flare_str name = flare_format(rq, "%.*s of %zu", FLARE_STR_ARG(in->sid), in->roles.count);
    const faults_user user = {7, name};

    if (name.ptr == NULL)
        return faults_known_fail(rq, "no memory");
    if (in->roles.count == 0)
        return faults_known_unauthorized(rq, FLARE_STR("no roles"));
    faults_entered++;
    return faults_known_pass(rq, &user);
}

void faults_known_after(flare_request *rq, const faults_known_gives *gives)
{
    (void)rq;
    faults_left += gives->user.id == 7;
}

faults_me_reply faults_me(flare_request *rq, const faults_me_in *in)
{
    const flare_str tag = FLARE_STR("\"v1\""), rest = flare_format(rq, "%0900d", 1);

    if (rest.ptr == NULL)
        return faults_me_fail(rq, "no memory");
    if (in->if_none_match.has && flare_etag_matches_weakly(in->if_none_match.value, tag))
        return faults_me_not_modified(rq, tag);
    return faults_me_ok(rq, &in->user,
                        &(faults_me_ok_headers){.e_tag = tag,
                                                .x_long = rest,
                                                .sid = in->user.name.len > 200 ? tag : FLARE_STR("abc")});
}

faults_add_lines_reply faults_add_lines(flare_request *rq)
{
    size_t lines = 0, tags = 0;
    faults_line line;
    flare_str text;

    while (faults_add_lines_next(rq, &line)) {
        lines++;
        tags += line.tags.count;
    }
    text = flare_format(rq, "%zu %zu", lines, tags);
    return text.ptr != NULL ? faults_add_lines_ok(rq, text) : faults_add_lines_fail(rq, "no memory");
}
