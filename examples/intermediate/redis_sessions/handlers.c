#include "redis_sessions.flare.h"

#include <flare/redis.h>
#include <flare/time.h>

#include <stdlib.h>
#include <time.h>

/* ---- Of each worker: connections, for what is beside the sessions ---- */

struct desk_worker {
    flare_redis *redis;
};

/* Where Redis is, the environment says, for sessions and for this alike: REDIS_URL. */
struct desk_worker *desk_worker_open(void)
{
    struct desk_worker *const worker = calloc(1, sizeof *worker);

    if (worker != NULL && flare_redis_open(&worker->redis, NULL) == FLARE_OK)
        return worker;
    free(worker);
    return NULL;
}

void desk_worker_close(struct desk_worker *worker)
{
    flare_redis_close(worker->redis);
    free(worker);
}

/* ---- Who is signed in ---- */

desk_signed_in_verdict desk_signed_in(flare_request *rq, const desk_signed_in_in *in)
{
    return in->login.has ? desk_signed_in_pass(rq, in->login.value.user) : desk_signed_in_unauthorized(rq);
}

desk_log_in_reply desk_log_in(flare_request *rq, const desk_log_in_in *in)
{
    const desk_login login = {.user = in->body.user, .since = time(NULL) * FLARE_TIME_SECOND};
    flare_err err;

    if (!flare_str_equal(in->body.password, FLARE_STR("sesame")))
        return desk_log_in_unauthorized(rq);
    /* Renewed, not saved: a name that somebody planted in the browser before must not become the user's. */
    err = desk_login_renew(rq, &login);
    if (err == FLARE_OK)
        return desk_log_in_no_content(rq);
    return flare_redis_unavailable(err) ? desk_log_in_no_sessions(rq)
                                        : desk_log_in_fail(rq, flare_err_text(err));
}

/* From here on nobody takes that name, in any process. */
desk_log_out_reply desk_log_out(flare_request *rq)
{
    const flare_err err = desk_login_end(rq);

    if (err == FLARE_OK)
        return desk_log_out_no_content(rq);
    return flare_redis_unavailable(err) ? desk_log_out_no_sessions(rq)
                                        : desk_log_out_fail(rq, flare_err_text(err));
}

desk_me_reply desk_me(flare_request *rq, const desk_me_in *in)
{
    const flare_str user = flare_format(rq, "%llu", (unsigned long long)in->user);
    desk_self self = {.user = in->user};
    flare_redis_reply reply;
    flare_err err =
        flare_redis_ask(desk_worker_of(rq)->redis, &reply,
                        FLARE_REDIS_WORDS(FLARE_STR("HINCRBY"), FLARE_STR("visits"), user, FLARE_STR("1")));

    if (err == FLARE_OK)
        err = flare_redis_get_i64(&reply.value, &self.visits);
    flare_redis_reply_free(&reply);
    if (err == FLARE_OK)
        return desk_me_ok(rq, &self);
    return flare_redis_unavailable(err) ? desk_me_no_sessions(rq) : desk_me_fail(rq, flare_err_text(err));
}

/* ---- A trail of pages, the last three ---- */

desk_visit_reply desk_visit(flare_request *rq, const desk_visit_in *in)
{
    const flare_str_array before = in->trail.value.pages;
    const size_t kept = before.count < 3 ? before.count : 2;
    flare_str pages[3];
    const desk_trail trail = {.pages = {pages, kept + 1}};
    flare_err err;

    for (size_t i = 0; i < kept; i++)
        pages[i] = before.items[before.count - kept + i];
    pages[kept] = in->page;
    err = desk_trail_save(rq, &trail);
    if (err == FLARE_OK)
        return desk_visit_ok(rq, &trail);
    return flare_redis_unavailable(err) ? desk_visit_no_sessions(rq)
                                        : desk_visit_fail(rq, flare_err_text(err));
}
