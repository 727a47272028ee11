/* A WebSocket that can't be accepted: its close function runs all the same, where it may wait too. */
#include "../server/meter.h"
#include "harness.h"
#include "talk.h"
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

static struct harness h;

/* The nth call for memory fails. @return how many there were */
static size_t accept_without(const char *way, size_t nth)
{
    char head[256], reply[13];
    size_t calls;

    talk_reset();
    CHECK(harness_start(&h, &talk_service));
    CHECK_INT(client_status(&h, GET("/plain")), 200);
    const int fd = client_dial(&h);
    snprintf(head, sizeof head,
             "GET /%s/long HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
             way);
    meter_fail(nth);
    client_send(fd, head);
    const ssize_t got = recv(fd, reply, sizeof reply, MSG_WAITALL);
    calls = meter_fail(0);
    if (nth > calls)
        CHECK(got == sizeof reply && memcmp(reply, "HTTP/1.1 101 ", sizeof reply) == 0);
    close(fd);
    for (int i = 0; i < 1500 && atomic_load(&talk_open) != 0; i++)
        sleep_ms(2);
    CHECK_INT(atomic_load(&talk_open), 0);
    CHECK_INT(atomic_load(&talk_overlaps), 0);
    harness_stop(&h);
    CHECK_INT(h.result, FLARE_OK);
    return calls;
}

TEST(without_memory_on_a_stack)
{
    size_t calls = 1;

    for (size_t nth = 1; nth <= calls + 1 && nth < 50; nth++)
        calls = accept_without("async", nth);
    CHECK(calls > 2);
}

TEST(without_memory_on_a_thread)
{
    size_t calls = 1;

    for (size_t nth = 1; nth <= calls + 1 && nth < 50; nth++)
        calls = accept_without("blocking", nth);
    CHECK(calls > 2);
}

int main(void)
{
    meter_install();
    RUN(without_memory_on_a_stack);
    RUN(without_memory_on_a_thread);
    return TEST_END();
}
