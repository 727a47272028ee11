/* A WebSocket that comes over HTTP/2 and is passed on, where memory ends at any moment, or its upstream does.
 */
#include "../server/h2_client.h"
#include "../server/socket_service.h"
#include "pair.h"

#include <unistd.h>

static struct h2_frame frame;

/* @return the frame's type, or below 0 */
static int next_of(struct h2_client *client, unsigned id)
{
    do
        h2_next(client, &frame);
    while (frame.type >= 0 && (frame.id != id || (frame.type != H2_DATA && frame.type != H2_RST_STREAM &&
                                                  frame.type != H2_HEADERS)));
    return frame.type;
}

static bool opens(struct h2_client *client, unsigned id, const char *path)
{
    h2_request(client, 0, id, "CONNECT", path, ":protocol: websocket\nsec-websocket-version: 13\n");
    h2_send(client);
    return next_of(client, id) == H2_HEADERS && h2_status(&frame) == 200 &&
           (frame.flags & H2_END_STREAM) == 0;
}

/* A text of two letters, masked with zeros, and its echo. */
static bool echoes(struct h2_client *client, unsigned id)
{
    h2_frame(client, H2_DATA, 0, id, "\x81\x82\0\0\0\0hi", 8);
    h2_send(client);
    return next_of(client, id) == H2_DATA && frame.length == 4 && memcmp(frame.payload, "\x81\x02hi", 4) == 0;
}

/* A Close, and what comes then: the end, behind an answer maybe. */
static bool closes(struct h2_client *client, unsigned id)
{
    h2_frame(client, H2_DATA, 0, id, "\x88\x82\0\0\0\0\x03\xe8", 8);
    h2_send(client);
    while (next_of(client, id) == H2_DATA)
        if ((frame.flags & H2_END_STREAM) != 0)
            return true;
    return false;
}

static bool tunnels(const struct pair *pair)
{
    struct h2_client *const client = h2_open(&pair->front);
    const bool good =
        opens(client, 1, "/echo") && echoes(client, 1) && echoes(client, 1) && closes(client, 1);

    h2_hang_up(client);
    return good;
}

static bool refuses(const struct pair *pair)
{
    struct h2_client *const client = h2_open(&pair->front);
    struct h2_answer answer = {.reset = -1};

    h2_request(client, 0, 1, "CONNECT", "/refused", ":protocol: websocket\nsec-websocket-version: 13\n");
    h2_send(client);
    h2_read(client, 1, &answer);
    h2_hang_up(client);
    return answer.status == 403;
}

static unsigned walk(const struct pair *pair)
{
    unsigned good = 0;

    good += tunnels(pair);
    good += refuses(pair);
    return good;
}

TEST(memory_that_ends_costs_one_tunnel)
{
    pair_fail_memory(&socket_service, walk, 2);
}

TEST(an_upstream_that_stops_ends_its_tunnels)
{
    struct pair pair;
    struct h2_client *client;

    CHECK(pair_start(&pair, &socket_service));
    client = h2_open(&pair.front);
    CHECK(opens(client, 1, "/echo"));
    CHECK(echoes(client, 1));
    flare_server_stop(pair.back.server);
    CHECK_INT(next_of(client, 1), H2_DATA);
    CHECK(frame.length == 4 && memcmp(frame.payload, "\x88\x02\x03\xe9", 4) == 0); /* going away */
    CHECK(closes(client, 1));
    harness_join(&pair.back);
    h2_get(client, 3, "/ready");
    CHECK(next_of(client, 3) == H2_HEADERS && h2_status(&frame) == 200);
    h2_request(client, 0, 5, "CONNECT", "/echo", ":protocol: websocket\nsec-websocket-version: 13\n");
    h2_send(client);
    CHECK(next_of(client, 5) == H2_HEADERS && h2_status(&frame) == 502);
    h2_hang_up(client);
    harness_stop(&pair.front);
    CHECK_INT(pair.front.result, FLARE_OK);
}

TEST(a_drain_ends_tunnels)
{
    struct pair pair;
    struct h2_client *client;

    CHECK(pair_start(&pair, &socket_service));
    client = h2_open(&pair.front);
    CHECK(opens(client, 1, "/echo"));
    CHECK(opens(client, 3, "/echo"));
    CHECK(echoes(client, 3));
    flare_server_stop(pair.front.server);
    CHECK_INT(next_of(client, 1), H2_DATA);
    CHECK(frame.length == 0 && (frame.flags & H2_END_STREAM) != 0);
    h2_hang_up(client);
    harness_join(&pair.front);
    CHECK_INT(pair.front.result, FLARE_OK);
    CHECK(socket_ends(2)); /* the upstream's are closed too */
    harness_stop(&pair.back);
}

int main(void)
{
    RUN(memory_that_ends_costs_one_tunnel);
    RUN(an_upstream_that_stops_ends_its_tunnels);
    RUN(a_drain_ends_tunnels);
    return TEST_END();
}
