#include "async_fanout.flare.h"

#include <stdlib.h>
#include <string.h>

/* ---- Side by side ---- */

struct fetch {
    flare_branch branch;
    const char *name;
    uint32_t delay_ms; /* in place of a request to somewhere else */
};

/* Runs on a stack of its own, on the same thread: what it shares with the others needs no lock. */
static flare_err fetch(void *argument)
{
    const struct fetch *const part = argument;

    return flare_sleep(part->delay_ms);
}

fanout_get_page_reply fanout_get_page(flare_request *rq, const fanout_get_page_in *in)
{
    struct fetch fetches[] = {
        {.name = "news", .delay_ms = 60}, {.name = "weather", .delay_ms = 90}, {.name = "mail"}};
    fanout_part parts[3];
    size_t count = 0;

    fetches[2].delay_ms = in->slow_ms;
    for (size_t i = 0; i < 3; i++)
        (void)flare_spawn(&fetches[i].branch, fetch, &fetches[i]);
    for (size_t i = 0; i < 3; i++) {
        if (flare_join(&fetches[i].branch) == FLARE_OK)
            parts[count++] =
                (fanout_part){.name = flare_str_of(fetches[i].name), .text = FLARE_STR("here it is")};
    }
    return fanout_get_page_ok(rq, &(fanout_page){.parts = {parts, count}});
}

/* ---- From one handler to another ---- */

struct fanout_state {
    flare_queue *lines; /* of malloc'ed texts */
};

struct fanout_state *fanout_state_open(void)
{
    struct fanout_state *const state = calloc(1, sizeof *state);

    if (state != NULL && flare_queue_new(&state->lines, 100) == FLARE_OK)
        return state;
    free(state);
    return NULL;
}

void fanout_state_close(struct fanout_state *state)
{
    void *line;

    while (flare_queue_pop(state->lines, &line, 0) == FLARE_OK)
        free(line);
    flare_queue_free(state->lines);
    free(state);
}

fanout_next_reply fanout_next(flare_request *rq)
{
    fanout_next_reply reply;
    void *line;

    if (flare_queue_pop(fanout_state_of(rq)->lines, &line, 5000) != FLARE_OK)
        return fanout_next_no_content(rq);
    reply = fanout_next_ok(rq, flare_str_of(line));
    free(line);
    return reply;
}

/* A plain handler does not wait: a timeout of 0 only looks whether there is room. */
fanout_line_reply fanout_line(flare_request *rq, const fanout_line_in *in)
{
    char *const line = calloc(1, in->body.len + 1);

    if (line == NULL)
        return fanout_line_fail(rq, "no memory");
    memcpy(line, in->body.ptr, in->body.len);
    if (flare_queue_push(fanout_state_of(rq)->lines, line, 0) == FLARE_OK)
        return fanout_line_accepted(rq);
    free(line);
    return fanout_line_too_many_lines(rq);
}
