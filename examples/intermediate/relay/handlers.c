#include "relay.flare.h"

#include <flare/async.h>
#include <flare/client.h>

#include <stdio.h>
#include <stdlib.h>

/* ---- Each worker has a client, whose connections its handlers share ---- */

struct relay_worker {
    flare_client *client;
    const char *upstream;
};

struct relay_worker *relay_worker_open(void)
{
    struct relay_worker *const worker = calloc(1, sizeof *worker);
    const char *const upstream = getenv("UPSTREAM");

    if (worker == NULL || flare_client_create(&worker->client, NULL, NULL) != FLARE_OK) {
        free(worker);
        return NULL;
    }
    worker->upstream = upstream != NULL ? upstream : "http://127.0.0.1:8081";
    return worker;
}

void relay_worker_close(struct relay_worker *worker)
{
    flare_client_free(worker->client);
    free(worker);
}

struct url {
    char text[300];
};

static flare_str squares_url(struct url *url, const struct relay_worker *worker, uint64_t count)
{
    (void)snprintf(url->text, sizeof url->text, "%.250s/squares?count=%llu", worker->upstream,
                   (unsigned long long)count);
    return flare_str_of(url->text);
}

/* ---- As it comes ---- */

/* If the caller leaves, a call returns an error, and the fetch that is freed ends the request to the other
 * server. */
relay_squares_reply relay_squares(flare_request *rq, const relay_squares_in *in)
{
    struct relay_worker *const worker = relay_worker_of(rq);
    struct url url;
    const flare_fetch_options options = {.url = squares_url(&url, worker, in->count)};
    const flare_fetch_reply *reply;
    relay_squares_ok_stream *stream;
    flare_fetch *fetch;
    flare_str part;
    flare_err err = flare_fetch_open(&fetch, worker->client, &options, &reply);

    if (err != FLARE_OK || reply->status != 200) {
        flare_fetch_free(fetch);
        return err == FLARE_ERR_CANCELLED ? relay_squares_cancelled(rq) : relay_squares_upstream(rq);
    }
    stream = relay_squares_ok_open(rq);
    while ((err = flare_fetch_read(fetch, &part)) == FLARE_OK && part.len != 0)
        if (!relay_squares_ok_send(stream, part))
            break;
    flare_fetch_free(fetch);
    if (err != FLARE_OK)
        return relay_squares_fail(rq, "the other server broke off");
    return relay_squares_ok(stream);
}

/* ---- Side by side ---- */

struct question {
    flare_branch branch;
    struct relay_worker *worker;
    uint64_t count;
    uint64_t bytes;
};

/* Runs on a stack of its own, on the same thread. */
static flare_err ask(void *argument)
{
    struct question *const question = argument;
    struct url url;
    const flare_fetch_options options = {.url = squares_url(&url, question->worker, question->count)};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    flare_err err = flare_fetch_wait(&fetch, question->worker->client, &options, &reply);

    if (err == FLARE_OK) {
        question->bytes = reply->content.len;
        err = reply->status == 200 ? FLARE_OK : FLARE_ERR_UNSUPPORTED;
    }
    flare_fetch_free(fetch);
    return err;
}

relay_measure_reply relay_measure(flare_request *rq, const relay_measure_in *in)
{
    struct question questions[8];
    uint64_t bytes[8];
    bool all = true;

    for (size_t i = 0; i < in->count.count; i++) {
        questions[i] = (struct question){.worker = relay_worker_of(rq), .count = in->count.items[i]};
        (void)flare_spawn(&questions[i].branch, ask, &questions[i]);
    }
    for (size_t i = 0; i < in->count.count; i++) {
        all &= flare_join(&questions[i].branch) == FLARE_OK;
        bytes[i] = questions[i].bytes;
    }
    if (!all)
        return relay_measure_upstream(rq);
    return relay_measure_ok(rq, &(relay_lengths){.bytes = {bytes, in->count.count}});
}
