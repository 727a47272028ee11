/* Requests that fibers of one loop wait for, in straight-line code; and that tools read part by part. */
#include "server.h"

#include "fiber/fiber.h"

#include <flare/async.h>
#include <flare/client.h>

static struct flarei_fibers fibers;
static struct flarei_cancel cancel;
static flare_client *client;
static unsigned ended;

static const char hello[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct job {
    const char *path;
    flare_err err;
    unsigned status;
    size_t bytes, parts, part_max;
    bool right;       /* the content is what the server said */
    uint32_t stop_at; /* parts, then it is given up */
};

static void start(const struct flarei_fiber_calls *calls, void *argument)
{
    enum flarei_fiber_state state;

    CHECK(flarei_fiber_start(&fibers, calls, argument, &cancel, &state) != NULL);
}

static bool run_until_ended(unsigned count)
{
    for (const uint64_t until = now_ms() + 10000; ended < count && now_ms() < until;)
        (void)flare_loop_run_once(loop, 50);
    return ended == count;
}

static void begin(void)
{
    flarei_cancel_init(&cancel);
    ended = 0;
    CHECK_INT(flare_client_create(&client, NULL, NULL), FLARE_OK);
}

static void end(void)
{
    flare_client_free(client);
    run_for(2);
    CHECK_INT(fibers.count, 0);
}

/* ---- The whole reply ---- */

static void ask(void *argument)
{
    struct job *const job = argument;
    const flare_fetch_options options = {.url = url_of(job->path)};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;

    job->err = flare_fetch_wait(&fetch, client, &options, &reply);
    if (reply != NULL) {
        job->status = reply->status;
        job->bytes = reply->content.len;
        job->right = flare_str_equal(reply->content, FLARE_STR("hello"));
    }
    flare_fetch_free(fetch);
    ended++;
}

static const struct flarei_fiber_calls ask_calls = {.run = ask};

TEST(many_fibers_wait_at_a_time)
{
    enum { COUNT = 50 };
    struct job jobs[COUNT];

    begin();
    play((struct script){.reply = hello, .step = 20, .pause_ms = 1});
    for (size_t i = 0; i < COUNT; i++) {
        jobs[i] = (struct job){.path = "/"};
        start(&ask_calls, &jobs[i]);
    }
    CHECK_INT(ended, 0);
    CHECK(run_until_ended(COUNT));
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_INT(jobs[i].err, FLARE_OK);
        CHECK_INT(jobs[i].status, 200);
        CHECK(jobs[i].right);
    }
    CHECK(server.connections <= FLARE_CLIENT_ORIGIN_CONNECTIONS_MAX);
    end();
}

static void ask_for_what_can_not_be(void *argument)
{
    flare_fetch_options options = {.url = FLARE_STR("ftp://127.0.0.1/")};
    const flare_fetch_reply *reply;
    flare_client *other;
    flare_fetch *fetch;

    (void)argument;
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_ERR_ARGUMENT);
    CHECK(fetch == NULL && reply == NULL);
    CHECK_INT(flare_client_create(&other, argument, NULL), FLARE_OK);
    options.url = url_of("/");
    CHECK_INT(flare_fetch_wait(&fetch, other, &options, &reply), FLARE_ERR_STATE);
    CHECK_INT(flare_fetch_open(&fetch, other, &options, &reply), FLARE_ERR_STATE);
    CHECK(fetch == NULL && reply == NULL);
    flare_client_free(other);
    ended++;
}

static const struct flarei_fiber_calls ask_for_what_can_not_be_calls = {.run = ask_for_what_can_not_be};

TEST(a_client_belongs_to_one_loop)
{
    const flare_fetch_options options = {.url = url_of("/")};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    flare_loop *other;

    begin();
    play((struct script){.reply = hello});
    CHECK_INT(flare_loop_create(&other, FLARE_LOOP_DEFAULT), FLARE_OK);
    start(&ask_for_what_can_not_be_calls, other);
    CHECK(run_until_ended(1));
    /* It is the fibers' loop's now. */
    CHECK_INT(flare_fetch_wait(&fetch, client, &options, &reply), FLARE_ERR_STATE);
    CHECK(fetch == NULL);
    end();
    flare_loop_destroy(other);
}

/* ---- Nobody waits any more ---- */

TEST(a_wait_that_is_cancelled_leaves_nothing)
{
    struct job jobs[2] = {{.path = "/"}, {.path = "/"}};
    const flare_client_options one = {.origin_connections_max = 1};

    begin();
    flare_client_free(client);
    CHECK_INT(flare_client_create(&client, NULL, &one), FLARE_OK);
    play((struct script){.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", .after = STALL});
    start(&ask_calls, &jobs[0]);
    start(&ask_calls, &jobs[1]); /* has no connection */
    run_for(30);
    CHECK_INT(ended, 0);
    CHECK_INT(flare_client_connections(client), 1);
    flarei_cancel_flip(&cancel, FLAREI_CANCEL_DRAIN); /* work goes on in a drain */
    run_for(5);
    CHECK_INT(ended, 0);
    flarei_cancel_flip(&cancel, FLAREI_CANCEL_PEER);
    CHECK(run_until_ended(2));
    CHECK_INT(jobs[0].err, FLARE_ERR_CANCELLED);
    CHECK_INT(jobs[1].err, FLARE_ERR_CANCELLED);
    CHECK_INT(flare_client_connections(client), 0);
    start(&ask_calls, &jobs[0]); /* nor does a further one begin */
    CHECK(run_until_ended(3));
    CHECK_INT(jobs[0].err, FLARE_ERR_CANCELLED);
    CHECK_INT(server.requests, 1);
    end();
}

/* ---- Part by part ---- */

enum { LARGE_BYTES = 3 << 20 };

static char byte_at(size_t at)
{
    return (char)('a' + at % 23);
}

static char *large_reply(size_t *bytes)
{
    char *const text = malloc(LARGE_BYTES + 200);
    const int length =
        snprintf(text, 200, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Name: large\r\n\r\n", LARGE_BYTES);

    for (size_t i = 0; i < LARGE_BYTES; i++)
        text[(size_t)length + i] = byte_at(i);
    *bytes = (size_t)length + LARGE_BYTES;
    return text;
}

static void read_all(struct job *job)
{
    const flare_fetch_options options = {.url = url_of(job->path)};
    const flare_fetch_reply *reply;
    flare_fetch *fetch;
    flare_str part;

    job->err = flare_fetch_open(&fetch, client, &options, &reply);
    if (job->err == FLARE_OK) {
        job->status = reply->status;
        CHECK_INT(reply->content.len, 0);
    }
    job->right = true;
    while (job->err == FLARE_OK && (job->err = flare_fetch_read(fetch, &part)) == FLARE_OK && part.len != 0) {
        for (size_t i = 0; i < part.len; i++)
            job->right &= part.ptr[i] == byte_at(job->bytes + i);
        job->bytes += part.len;
        job->part_max = part.len > job->part_max ? part.len : job->part_max;
        if (++job->parts == job->stop_at)
            break;
        if (flarei_fiber_current() != NULL && job->parts % 8 == 0)
            job->err = flare_sleep(1);
    }
    flare_fetch_free(fetch);
}

static void read_on_fiber(void *argument)
{
    read_all(argument);
    ended++;
}

static const struct flarei_fiber_calls read_on_fiber_calls = {.run = read_on_fiber};

static void check_large(const struct job *job)
{
    CHECK_INT(job->err, FLARE_OK);
    CHECK_INT(job->status, 200);
    CHECK_INT(job->bytes, LARGE_BYTES);
    CHECK(job->right);
    CHECK(job->part_max < 131072);
}

TEST(content_is_read_part_by_part)
{
    struct job jobs[3] = {{.path = "/"}, {.path = "/"}, {.path = "/", .stop_at = 2}};
    size_t bytes;
    char *const reply = large_reply(&bytes);

    begin();
    play((struct script){.reply = reply, .reply_bytes = bytes});
    for (size_t i = 0; i < 3; i++)
        start(&read_on_fiber_calls, &jobs[i]);
    CHECK(run_until_ended(3));
    check_large(&jobs[0]);
    check_large(&jobs[1]);
    CHECK_INT(jobs[2].parts, 2);
    CHECK_INT(flare_client_connections(client), 2); /* the one that was given up is gone */
    end();

    begin(); /* a tool's */
    jobs[0] = (struct job){.path = "/"};
    read_all(&jobs[0]);
    check_large(&jobs[0]);
    jobs[0] = (struct job){.path = "/"}; /* over the same connection */
    read_all(&jobs[0]);
    check_large(&jobs[0]);
    CHECK_INT(flare_client_connections(client), 1);
    end();
    free(reply);
}

TEST(content_that_breaks_off)
{
    struct job job = {.path = "/"};

    begin();
    play((struct script){.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcde", .after = CLOSE});
    start(&read_on_fiber_calls, &job);
    CHECK(run_until_ended(1));
    CHECK_INT(job.err, FLARE_ERR_CLOSED);
    CHECK_INT(job.bytes, 5);
    job = (struct job){.path = "/"};
    play((struct script){.reply = "HTTP/1.1 200", .after = CLOSE});
    start(&read_on_fiber_calls, &job);
    CHECK(run_until_ended(2));
    CHECK_INT(job.err, FLARE_ERR_CLOSED);
    CHECK_INT(job.status, 0);
    end();
}

TEST(a_reader_that_is_cancelled)
{
    struct job job = {.path = "/"};

    begin();
    play((struct script){.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcde", .after = STALL});
    start(&read_on_fiber_calls, &job);
    for (const uint64_t until = now_ms() + 10000; job.parts == 0 && now_ms() < until;)
        (void)flare_loop_run_once(loop, 50);
    flarei_cancel_flip(&cancel, FLAREI_CANCEL_DEADLINE);
    CHECK(run_until_ended(1));
    CHECK_INT(job.err, FLARE_ERR_CANCELLED);
    CHECK_INT(job.bytes, 5);
    CHECK_INT(flare_client_connections(client), 0);
    end();
}

int main(void)
{
    open_loop();
    begin_serving();
    flarei_fibers_init(&fibers, loop, FLAREI_FIBER_STACK_BYTES);
    RUN(many_fibers_wait_at_a_time);
    RUN(a_client_belongs_to_one_loop);
    RUN(a_wait_that_is_cancelled_leaves_nothing);
    RUN(content_is_read_part_by_part);
    RUN(content_that_breaks_off);
    RUN(a_reader_that_is_cancelled);
    flarei_fibers_clear(&fibers);
    end_serving();
    flare_loop_destroy(loop);
    return TEST_END();
}
