/* Handlers of logs.flare. */
#include "logs.flare.h"

#include <flare/log.h>

flare_reply logs_page(flare_request *rq, const flare_problem_info *problem)
{
    (void)rq;
    (void)problem;
    return (flare_reply){0};
}

logs_known_verdict logs_known(flare_request *rq, const logs_known_in *in)
{
    if (flare_str_equal(in->mode, FLARE_STR("forged")))
        return (logs_known_verdict){0};
    return flare_str_equal(in->mode, FLARE_STR("refuse")) ? logs_known_forbidden(rq) : logs_known_pass(rq);
}

logs_quiet_reply logs_quiet(flare_request *rq, const logs_quiet_in *in)
{
    return logs_quiet_ok(rq, in->name);
}

logs_invited_reply logs_invited(flare_request *rq, const logs_invited_in *in)
{
    (void)in;
    return logs_invited_ok(rq, FLARE_STR("come in"));
}

logs_add_note_reply logs_add_note(flare_request *rq, const logs_add_note_in *in)
{
    if (flare_str_equal(in->body.title, FLARE_STR("fail")))
        return logs_add_note_fail(rq, "the disk is on fire");
    return logs_add_note_no_content(rq);
}

logs_wrong_reply logs_wrong(flare_request *rq)
{
    (void)rq;
    return (logs_wrong_reply){0};
}
