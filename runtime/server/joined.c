/* joined.c - cache() before handlers that take their time: of requests for the same that is not kept one asks
 * the handler, and the others wait.
 *
 *     (miss) --> LEADS ---- its reply is made --------> those who wait look again, and ask for themselves
 *                  ^   \    or it has ended early        where it was not kept
 *        promoted  |    +-- an error, or it ended early: the first who waits leads the others
 *     (miss) --> WAITS ---> WOKEN: by that, or it waited long enough
 *                  \
 *                   +-----> ENDED: its peer has gone, or its time is over
 *
 * One waits at most once. All of it is of one worker, on its loop's thread, in the memory of requests. */
#include "http/cache.h"
#include "http/request.h"
#include "loop/loop.h"
#include "server/work.h"
#include "server/worker.h"

#include <flare/time.h>

enum state { ALONE, LEADS, WAITS, WOKEN, ENDED };

struct joined {
    struct flarei_joined head;
    struct flarei_work *work;
    const struct flarei_cached *of;
    struct flarei_cache_flights *flights;
    const struct flarei_cache_made *made; /* NULL: its reply is not watched */
    struct flarei_cache_flight flight;    /* of one that leads */
    struct flarei_link waiters;           /* the same */
    struct flarei_link place;             /* of one that waits */
    flare_timer timer;                    /* how long it waits, then that it goes on */
    enum state state;
    bool may_lead;  /* its own reply may be kept */
    unsigned error; /* the leader's, that what was kept before stood in for; or 0 */
};

static flare_loop *loop_of(const struct joined *joined)
{
    return joined->work->site->worker->loop;
}

/* ---- A leader ---- */

/* From here on others wait for it, but for what was found not to be kept. */
static void lead(struct joined *joined)
{
    const int64_t now_ns = flarei_clock_monotonic();

    if (flarei_cache_flight_is_vain(joined->flights, joined->flight.hash, now_ns))
        return;
    joined->state = LEADS;
    flarei_cache_flight_begin(joined->flights, &joined->flight, now_ns);
}

/* It goes on at the end of this turn: whoever wakes it is in the middle of something. */
static void go_on_soon(struct joined *joined, enum state state)
{
    flarei_link_take(&joined->place);
    joined->state = state;
    flare_timer_set(loop_of(joined), &joined->timer, 0);
}

static void wake_all(struct joined *leader, unsigned error)
{
    leader->state = ALONE;
    flarei_cache_flight_end(&leader->flight);
    while (!flarei_link_alone(&leader->waiters)) {
        struct joined *const waiter = FLARE_OWNER(leader->waiters.next, struct joined, place);

        waiter->error = error;
        go_on_soon(waiter, WOKEN);
    }
}

static struct joined *next_to_lead(struct joined *leader)
{
    for (struct flarei_link *at = leader->waiters.next; at != &leader->waiters; at = at->next) {
        struct joined *const waiter = FLARE_OWNER(at, struct joined, place);

        if (waiter->may_lead)
            return waiter;
    }
    return NULL;
}

static void promote(struct joined *leader)
{
    struct joined *const next = next_to_lead(leader);

    if (next != NULL) {
        go_on_soon(next, LEADS);
        flarei_link_move_all(&next->waiters, &leader->waiters);
        lead(next);
    }
    wake_all(leader, 0);
}

/* It was kept, so it is worth it to wait for it. */
static void note_use(const struct joined *joined)
{
    if (joined->made != NULL && joined->made->fate == FLAREI_CACHE_KEPT)
        flarei_cache_flight_of_use(joined->flights, joined->flight.hash);
}

/* What it got says what the others may hope for. */
static void settle(struct joined *leader)
{
    const flare_request *const rq = &leader->work->exchange->rq;
    const struct flarei_cache_made *const made = leader->made;

    if (made == NULL) { /* it was kept meanwhile, or there is no memory to watch it */
        wake_all(leader, 0);
    } else if (made->fate == FLAREI_CACHE_KEPT) {
        note_use(leader);
        wake_all(leader, 0);
    } else if (made->fate == FLAREI_CACHE_INSTEAD) {
        wake_all(leader, made->error);
    } else if (leader->work->connection == NULL || rq->reply_status >= 500) {
        promote(leader);
    } else {
        flarei_cache_flight_in_vain(leader->flights, leader->flight.hash, flarei_clock_monotonic());
        wake_all(leader, 0);
    }
}

/* ---- What a work tells ---- */

static void over(struct flarei_joined *head)
{
    struct joined *const joined = FLARE_OWNER(head, struct joined, head);

    if (joined->state == LEADS)
        settle(joined);
    else
        note_use(joined);
}

static void cancelled(struct flarei_joined *head)
{
    struct joined *const joined = FLARE_OWNER(head, struct joined, head);

    if (joined->state == LEADS)
        promote(joined);
    if (flare_timer_active(&joined->timer)) /* its handler has not begun */
        go_on_soon(joined, ENDED);
}

/* ---- One that waits ---- */

/* One whose wait would end before it has begun is too old. */
static struct joined *find_leader(const struct joined *joined)
{
    const int64_t since_ns =
        flarei_clock_monotonic() - (int64_t)joined->of->cache->join_ms * FLARE_TIME_MILLISECOND;
    struct flarei_cache_flight *const flight =
        flarei_cache_flight_find(joined->flights, joined->flight.hash, since_ns);

    return flight != NULL ? FLARE_OWNER(flight, struct joined, flight) : NULL;
}

/* Its reply is looked for again, and if it is not there, made. */
static void look_again(struct joined *joined)
{
    struct flarei_work *const work = joined->work;
    flare_request *const rq = &work->exchange->rq;
    struct flarei_cache_miss miss;

    flarei_work_resumed(work);
    if ((joined->error != 0 && flarei_cache_instead(rq, joined->of, joined->error, &work->reply)) ||
        flarei_cache_find(rq, joined->of, true, &miss, &work->reply)) {
        flarei_work_finish(work);
        return;
    }
    if (flarei_cache_may_keep(rq, &miss))
        joined->made = flarei_cache_keep(rq, &miss);
    if (joined->state != LEADS && joined->made != NULL && joined->may_lead && find_leader(joined) == NULL)
        lead(joined);
    joined->of->way->go_on(work);
}

static void due(flare_loop *loop, flare_timer *timer)
{
    struct joined *const joined = FLARE_OWNER(timer, struct joined, timer);

    (void)loop;
    flarei_link_take(&joined->place);
    if (joined->state != ENDED) {
        look_again(joined);
        return;
    }
    joined->work->never_ran = true;
    if (joined->work->connection != NULL)
        flarei_work_resumed(joined->work);
    flarei_work_finish(joined->work);
}

/* ---- A request ---- */

static struct joined *joined_new(flare_request *rq, const struct flarei_cache_miss *miss)
{
    struct flarei_cache_flights *const flights =
        miss->store != NULL ? flarei_cache_store_flights(miss->store) : NULL;
    struct joined *const joined = flights != NULL ? flarei_arena_alloc(rq->arena, sizeof *joined) : NULL;

    if (joined == NULL)
        return NULL;
    *joined = (struct joined){.head = {cancelled, over},
                              .of = miss->of,
                              .flights = flights,
                              .flight.hash = flarei_cache_miss_hash(miss),
                              .timer.callback = due,
                              .state = ALONE,
                              .may_lead = flarei_cache_may_lead(rq, miss)};
    flarei_link_init(&joined->waiters);
    flarei_link_init(&joined->place);
    flarei_link_init(&joined->flight.place);
    return joined;
}

/* @return what dispatch returns */
static flare_reply wait_for(struct joined *leader, struct joined *joined, struct flarei_work *work)
{
    const flare_reply begun = flarei_work_begun(work);

    work->joined = &joined->head;
    joined->work = work;
    joined->state = WAITS;
    flarei_link_before(&leader->waiters, &joined->place);
    flare_timer_set(loop_of(joined), &joined->timer, joined->of->cache->join_ms);
    return begun;
}

/* Asks the handler; where that takes its time, others may wait for it. @param joined NULL: they can't */
static flare_reply ask(flare_request *rq, const struct flarei_cached *of, const void *input,
                       struct joined *joined)
{
    const flare_reply reply = of->way->begin(rq, of->work, input);

    if (joined == NULL)
        return reply;
    if (reply.flarei_mark != FLAREI_PARKED_MARK || rq->work == NULL) {
        note_use(joined);
        return reply;
    }
    joined->work = rq->work;
    joined->work->joined = &joined->head;
    if (joined->may_lead && find_leader(joined) == NULL)
        lead(joined);
    return reply;
}

flare_reply flarei_use_cache_joined(flare_request *rq, const struct flarei_cached *of, const void *input)
{
    struct flarei_cache_miss miss;
    struct joined *joined;
    flare_reply kept;

    if (flarei_cache_find(rq, of, false, &miss, &kept))
        return kept;
    joined = joined_new(rq, &miss);
    if (joined != NULL && flarei_cache_may_join(&miss)) {
        struct joined *const leader = find_leader(joined);
        struct flarei_work *const work = leader != NULL ? flarei_work_new(rq, of->work, input) : NULL;

        if (work != NULL)
            return wait_for(leader, joined, work);
    }
    if (flarei_cache_may_keep(rq, &miss)) {
        const struct flarei_cache_made *const made = flarei_cache_keep(rq, &miss);

        if (made == NULL)
            joined = NULL;
        else if (joined != NULL)
            joined->made = made;
    }
    return ask(rq, of, input, joined);
}
