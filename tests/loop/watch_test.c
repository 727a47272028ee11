#include "helper.h"

#include <fcntl.h>
#include <sys/epoll.h>

/* One end of a pair, and what its callback saw and should do. */
struct end {
    flare_watch watch;
    int other; /* the descriptor of the other end */
    int calls;
    unsigned seen;    /* bits of the last call */
    struct end *drop; /* removed by the callback */
    bool drain;       /* receive until AGAIN */
    size_t received;
    flare_err ended;
};

static void end_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct end *end = FLARE_OWNER(watch, struct end, watch);
    char buffer[256];
    end->calls++;
    end->seen = ready;
    if (end->drain && (ready & FLARE_READ)) {
        ptrdiff_t got;
        while ((got = flare_socket_receive(watch->fd, buffer, sizeof buffer)) > 0)
            end->received += (size_t)got;
        if (got != FLARE_ERR_AGAIN)
            end->ended = (flare_err)got;
    }
    if (end->drop)
        flare_loop_remove(loop, &end->drop->watch);
}

static void open_end(flare_loop *loop, struct end *end, uint8_t want)
{
    int fds[2];
    open_ends(fds);
    *end = (struct end){
        .watch = {.callback = end_ready, .fd = fds[0], .want = want}, .other = fds[1], .drain = true};
    CHECK_INT(flare_loop_add(loop, &end->watch), FLARE_OK);
}

static void close_end(flare_loop *loop, struct end *end)
{
    flare_loop_close(loop, &end->watch);
    if (end->other >= 0)
        flare_socket_close(end->other);
}

static void say(const struct end *end, const char *text)
{
    CHECK_INT(flare_socket_send(end->other, text, strlen(text)), (ptrdiff_t)strlen(text));
}

TEST(reports_reading)
{
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, FLARE_READ);
    CHECK(flare_watch_active(&end.watch));
    turn(loop);
    CHECK_INT(end.calls, 0);
    say(&end, "hello");
    turn(loop);
    CHECK_INT(end.calls, 1);
    CHECK_INT(end.seen, FLARE_READ);
    CHECK_INT(end.received, 5);
    turn(loop);
    CHECK_INT(end.calls, 1);
    say(&end, "again");
    turn(loop);
    CHECK_INT(end.calls, 2);
    CHECK_INT(end.received, 10);
    close_end(loop, &end);
    CHECK_INT(end.watch.fd, -1);
    CHECK(!flare_watch_active(&end.watch));
    flare_loop_destroy(loop);
}

/* What is not taken is not reported again, until more comes; poll may report it again, and so do `shared`
 * watches. */
TEST(reports_edges)
{
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, FLARE_READ);
    end.drain = false;
    say(&end, "x");
    turn(loop);
    CHECK_INT(end.calls, 1);
    turn(loop);
    turn(loop);
    CHECK_INT(end.calls, backend == FLARE_LOOP_EPOLL ? 1 : 3);
    end.calls = 0;
    say(&end, "y");
    turn(loop);
    CHECK_INT(end.calls, 1);
    close_end(loop, &end);
    flare_loop_destroy(loop);
}

TEST(reports_what_was_there_before)
{
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, FLARE_READ);
    flare_loop_remove(loop, &end.watch);
    say(&end, "early");
    turn(loop);
    CHECK_INT(end.calls, 0);
    CHECK_INT(flare_loop_add(loop, &end.watch), FLARE_OK);
    turn(loop);
    CHECK_INT(end.received, 5);
    close_end(loop, &end);
    flare_loop_destroy(loop);
}

/* Not wanted is not reported and not kept; want is a field, no system call. */
TEST(honours_want)
{
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, 0);
    say(&end, "hidden");
    turn(loop);
    turn(loop);
    CHECK_INT(end.calls, 0);
    end.watch.want = FLARE_READ; /* switched on: the owner tries at once */
    end_ready(loop, &end.watch, FLARE_READ);
    CHECK_INT(end.received, 6);
    say(&end, "seen");
    turn(loop);
    CHECK_INT(end.calls, 2);
    CHECK_INT(end.received, 10);
    end.watch.want = FLARE_WRITE;
    say(&end, "hidden");
    end.calls = 0;
    turn(loop);
    CHECK(end.calls <= 1 && (end.calls == 0 || end.seen == FLARE_WRITE));
    close_end(loop, &end);
    flare_loop_destroy(loop);
}

/* Fill the socket; its room is reported only when the other end has read. */
TEST(reports_writing_after_a_full_socket)
{
    static char block[65536];
    flare_loop *loop = open_loop();
    struct end end;
    ptrdiff_t sent, got;
    size_t filled = 0, emptied = 0;
    open_end(loop, &end, FLARE_READ);
    turn(loop);
    while ((sent = flare_socket_send(end.watch.fd, block, sizeof block)) > 0)
        filled += (size_t)sent;
    CHECK_INT(sent, FLARE_ERR_AGAIN);
    end.watch.want = FLARE_READ | FLARE_WRITE;
    turn(loop);
    CHECK_INT(end.calls, 0);
    while ((got = flare_socket_receive(end.other, block, sizeof block)) > 0)
        emptied += (size_t)got;
    CHECK_INT(emptied, filled);
    turn(loop);
    CHECK_INT(end.calls, 1);
    CHECK_INT(end.seen, FLARE_WRITE);
    end.watch.want = FLARE_READ;
    turn(loop);
    CHECK_INT(end.calls, 1);
    close_end(loop, &end);
    flare_loop_destroy(loop);
}

TEST(reports_a_half_close)
{
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, FLARE_READ);
    say(&end, "last");
    CHECK_INT(flare_socket_shutdown(end.other), FLARE_OK);
    turn(loop);
    CHECK_INT(end.seen, FLARE_READ | FLARE_HANGUP);
    CHECK_INT(end.received, 4);
    CHECK_INT(end.ended, FLARE_ERR_CLOSED);
    close_end(loop, &end);
    flare_loop_destroy(loop);
}

/* A watch that wants nothing hears of the hang-up once, and the loop sleeps after it. */
TEST(reports_a_hangup_once_to_the_idle)
{
    for (int whole = 0; whole < 2; whole++) {
        flare_loop *loop = open_loop();
        struct end end;
        open_end(loop, &end, 0);
        turn(loop);
        CHECK_INT(end.calls, 0);
        if (whole) {
            flare_socket_close(end.other);
            end.other = -1;
        } else {
            CHECK_INT(flare_socket_shutdown(end.other), FLARE_OK);
        }
        for (int i = 0; i < 3; i++)
            turn(loop);
        CHECK_INT(end.calls, 1);
        CHECK_INT(end.seen, FLARE_HANGUP);
        uint64_t before = flare_loop_now_ns(loop);
        CHECK_INT(flare_loop_run_once(loop, 20), FLARE_OK);
        CHECK(flare_loop_now_ns(loop) - before >= 19000000);
        CHECK_INT(end.calls, 1);
        close_end(loop, &end);
        flare_loop_destroy(loop);
    }
}

/* The peer half-closed and goes on reading: each read is an edge for the system, but no news of the hang-up.
 */
TEST(reports_a_hangup_once_while_the_peer_reads)
{
    static char block[65536];
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, 0);
    while (flare_socket_send(end.watch.fd, block, sizeof block) > 0)
        continue;
    turn(loop);
    CHECK_INT(flare_socket_shutdown(end.other), FLARE_OK);
    turn(loop);
    CHECK_INT(end.calls, 1);
    while (flare_socket_receive(end.other, block, sizeof block) > 0)
        turn(loop);
    turn(loop);
    CHECK_INT(end.calls, 1);
    end.watch.want = FLARE_WRITE;
    CHECK_INT(flare_socket_send(end.watch.fd, block, 1), 1);
    close_end(loop, &end);
    flare_loop_destroy(loop);
}

TEST(reports_a_reset_peer)
{
    const flare_address loopback = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
    flare_loop *loop = open_loop();
    flare_listener listener;
    struct end end = {.watch = {.callback = end_ready, .want = FLARE_READ}, .drain = true};
    CHECK_INT(flare_listener_open(&listener, &loopback, NULL), FLARE_OK);
    end.other = flare_socket_connect(&listener.address);
    while ((end.watch.fd = flare_listener_accept(&listener, NULL)) == FLARE_ERR_AGAIN)
        continue;
    CHECK(end.watch.fd >= 0);
    CHECK_INT(flare_loop_add(loop, &end.watch), FLARE_OK);
    turn(loop);
    CHECK_INT(flare_socket_abort(end.other), FLARE_OK);
    flare_socket_close(end.other);
    end.other = -1;
    CHECK_INT(flare_loop_run_once(loop, 5000), FLARE_OK);
    CHECK(end.seen & FLARE_HANGUP);
    CHECK_INT(end.ended, FLARE_ERR_RESET);
    close_end(loop, &end);
    flare_listener_close(&listener);
    flare_loop_destroy(loop);
}

/* ---- Removal inside a callback ---- */

TEST(removes_itself)
{
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, FLARE_READ);
    end.drain = false;
    end.drop = &end;
    say(&end, "x");
    turn(loop);
    turn(loop);
    CHECK_INT(end.calls, 1);
    flare_loop_remove(loop, &end.watch); /* again: left alone */
    close_end(loop, &end);
    flare_loop_destroy(loop);
}

TEST(removes_the_other_of_the_batch)
{
    flare_loop *loop = open_loop();
    struct end a, b;
    open_end(loop, &a, FLARE_READ);
    open_end(loop, &b, FLARE_READ);
    a.drop = &b;
    b.drop = &a;
    say(&a, "x");
    say(&b, "x");
    turn(loop);
    turn(loop);
    CHECK_INT(a.calls + b.calls, 1);
    close_end(loop, &a);
    close_end(loop, &b);
    flare_loop_destroy(loop);
}

#define CROWD 300 /* more than one batch of epoll */

static struct end *crowd[CROWD];

static void drop_crowd(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)watch, (void)ready;
    for (size_t i = 0; i < CROWD; i++) {
        close_end(loop, crowd[i]);
        free(crowd[i]); /* a stale callback would touch it */
        crowd[i] = NULL;
    }
}

TEST(removes_and_frees_all)
{
    flare_loop *loop = open_loop();
    for (size_t i = 0; i < CROWD; i++) {
        crowd[i] = malloc(sizeof **crowd);
        if (!crowd[i])
            exit(1);
        open_end(loop, crowd[i], FLARE_READ);
        crowd[i]->watch.callback = drop_crowd;
        say(crowd[i], "x");
    }
    turn(loop);
    CHECK(crowd[0] == NULL);
    turn(loop);
    flare_loop_destroy(loop);
}

/* ---- A descriptor that is closed and reused within one batch ---- */

static struct end first, second, reuser;

static void reuse(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct end *self = FLARE_OWNER(watch, struct end, watch);
    struct end *victim = self == &first ? &second : &first;
    (void)ready;
    self->calls++;
    int number = victim->watch.fd;
    flare_loop_close(loop, &victim->watch);
    open_end(loop, &reuser, FLARE_READ);
    CHECK_INT(reuser.watch.fd, number);
}

TEST(does_not_mistake_a_reused_descriptor)
{
    flare_loop *loop = open_loop();
    open_end(loop, &first, FLARE_READ);
    open_end(loop, &second, FLARE_READ);
    first.watch.callback = second.watch.callback = reuse;
    say(&first, "x");
    say(&second, "x");
    turn(loop); /* the second report of the batch is for a number that is the reuser's now */
    CHECK_INT(first.calls + second.calls, 1);
    CHECK_INT(reuser.calls, 0);
    say(&reuser, "y");
    (first.watch.fd >= 0 ? &first : &second)->watch.callback = end_ready;
    turn(loop);
    CHECK_INT(reuser.received, 1);
    struct end *left = first.watch.fd >= 0 ? &first : &second;
    struct end *gone = left == &first ? &second : &first;
    close_end(loop, left);
    flare_socket_close(gone->other);
    close_end(loop, &reuser);
    flare_loop_destroy(loop);
}

/* A watch that a callback takes out and adds again is a new one: the old report is not its own. */
static void add_again(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct end *self = FLARE_OWNER(watch, struct end, watch);
    struct end *other = self == &first ? &second : &first;
    char byte;
    (void)ready;
    self->calls++;
    CHECK_INT(flare_socket_receive(self->watch.fd, &byte, 1), 1);
    CHECK_INT(flare_socket_receive(other->watch.fd, &byte, 1), 1);
    flare_loop_remove(loop, &other->watch);
    CHECK_INT(flare_loop_add(loop, &other->watch), FLARE_OK);
}

TEST(adds_again_within_a_batch)
{
    flare_loop *loop = open_loop();
    open_end(loop, &first, FLARE_READ);
    open_end(loop, &second, FLARE_READ);
    first.watch.callback = second.watch.callback = add_again;
    say(&first, "x");
    say(&second, "x");
    turn(loop);
    turn(loop);
    CHECK_INT(first.calls + second.calls, 1);
    close_end(loop, &first);
    close_end(loop, &second);
    flare_loop_destroy(loop);
}

/* A child of the process holds the same socket: its registration outlives our close, and must stay mute. */
TEST(forgets_a_socket_that_lives_on_elsewhere)
{
    flare_loop *loop = open_loop();
    struct end end;
    open_end(loop, &end, FLARE_READ);
    int copy = dup(end.watch.fd);
    flare_loop_close(loop, &end.watch);
    say(&end, "x");
    turn(loop);
    CHECK_INT(end.calls, 0);
    open_end(loop, &first, FLARE_READ);
    CHECK_INT(flare_socket_send(end.other, "x", 1), 1);
    turn(loop);
    CHECK_INT(first.calls, 0);
    close(copy);
    flare_socket_close(end.other);
    close_end(loop, &first);
    flare_loop_destroy(loop);
}

/* Adding inside a callback makes the tables grow under the batch. */
static struct end many[200];

static void add_many(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)ready;
    watch->callback = end_ready;
    for (size_t i = 0; i < 200; i++) {
        open_end(loop, &many[i], FLARE_READ);
        say(&many[i], "x");
    }
}

TEST(grows_within_a_batch)
{
    flare_loop *loop = open_loop();
    open_end(loop, &first, FLARE_READ);
    open_end(loop, &second, FLARE_READ);
    first.watch.callback = add_many;
    say(&first, "x");
    say(&second, "x");
    turn(loop);
    CHECK_INT(second.received, 1);
    turn(loop);
    for (size_t i = 0; i < 200; i++) {
        CHECK_INT(many[i].received, 1);
        close_end(loop, &many[i]);
    }
    close_end(loop, &first);
    close_end(loop, &second);
    flare_loop_destroy(loop);
}

/* ---- A listener of several loops ---- */

static void accept_one(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct end *end = FLARE_OWNER(watch, struct end, watch);
    flare_listener listener = {.fd = watch->fd};
    (void)loop;
    CHECK_INT(ready, FLARE_READ);
    int fd = flare_listener_accept(&listener, NULL);
    if (fd >= 0) {
        end->calls++;
        flare_socket_close(fd);
    }
}

TEST(shares_a_listener)
{
    const flare_address loopback = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
    flare_loop *loops[2] = {open_loop(), open_loop()};
    flare_listener listener;
    struct end ends[2];
    int clients[10];
    CHECK_INT(flare_listener_open(&listener, &loopback, NULL), FLARE_OK);
    for (size_t i = 0; i < 2; i++) {
        ends[i] = (struct end){
            .watch = {
                .callback = accept_one, .fd = listener.fd, .want = FLARE_READ, .flags = FLARE_WATCH_SHARED}};
        CHECK_INT(flare_loop_add(loops[i], &ends[i].watch), FLARE_OK);
    }
    for (size_t i = 0; i < 10; i++)
        clients[i] = flare_socket_connect(&listener.address);
    /* One is taken per wake-up, and it is reported again as long as there are more. */
    for (int i = 0; i < 10; i++)
        CHECK_INT(flare_loop_run_once(loops[i % 2], 1000), FLARE_OK);
    CHECK_INT(ends[0].calls, 5);
    CHECK_INT(ends[1].calls, 5);
    for (size_t i = 0; i < 10; i++)
        flare_socket_close(clients[i]);
    for (size_t i = 0; i < 2; i++) {
        flare_loop_remove(loops[i], &ends[i].watch);
        flare_loop_destroy(loops[i]);
    }
    flare_listener_close(&listener);
}

/* ---- Failures ---- */

static int ctl_error;

static int failing_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    (void)epoll, (void)operation, (void)fd, (void)event;
    errno = ctl_error;
    return -1;
}

TEST(add_says_why_not)
{
    flare_loop *loop;
    struct end end = {.watch = {.callback = end_ready, .want = FLARE_READ}};
    int fds[2];
    backend = FLARE_LOOP_EPOLL;
    loop = open_loop();
    open_ends(fds);
    end.watch.fd = fds[0];
    flarei_sys.epoll_ctl = failing_ctl;
    ctl_error = ENOSPC;
    CHECK_INT(flare_loop_add(loop, &end.watch), FLARE_ERR_LIMIT);
    ctl_error = ENOMEM;
    CHECK_INT(flare_loop_add(loop, &end.watch), FLARE_ERR_MEMORY);
    flarei_sys_reset();
    CHECK(!flare_watch_active(&end.watch));
    CHECK_INT(flare_loop_add(loop, &end.watch), FLARE_OK);
    flare_loop_close(loop, &end.watch);
    close(fds[1]);

    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    end.watch.fd = file;
    CHECK_INT(flare_loop_add(loop, &end.watch), FLARE_ERR_PERMISSION);
    close(file);
    flare_loop_destroy(loop);
}

TEST(add_without_memory)
{
    flare_loop *loop = open_loop();
    int ends[300][2], failures = 0;
    static flare_watch watches[300];
    for (size_t i = 0; i < 300; i++) {
        open_ends(ends[i]);
        watches[i] = (flare_watch){.callback = end_ready, .fd = ends[i][0], .want = FLARE_READ};
        flare_err err = FLARE_ERR_MEMORY;
        for (int nth = 0; err != FLARE_OK; nth++) {
            fail_allocation(nth);
            err = flare_loop_add(loop, &watches[i]);
            fail_allocation(-1);
            CHECK(err == FLARE_OK || err == FLARE_ERR_MEMORY);
            CHECK_INT(flare_watch_active(&watches[i]), err == FLARE_OK);
            failures += err != FLARE_OK;
        }
    }
    CHECK(failures >= 3);
    turn(loop);
    for (size_t i = 0; i < 300; i++) {
        flare_loop_close(loop, &watches[i]);
        close(ends[i][1]);
    }
    flare_loop_destroy(loop);
}

int main(void)
{
    RUN_BOTH(reports_reading);
    RUN_BOTH(reports_edges);
    RUN_BOTH(reports_what_was_there_before);
    RUN_BOTH(honours_want);
    RUN_BOTH(reports_writing_after_a_full_socket);
    RUN_BOTH(reports_a_half_close);
    RUN_BOTH(reports_a_hangup_once_to_the_idle);
    RUN_BOTH(reports_a_hangup_once_while_the_peer_reads);
    RUN_BOTH(reports_a_reset_peer);
    RUN_BOTH(removes_itself);
    RUN_BOTH(removes_the_other_of_the_batch);
    RUN_BOTH(removes_and_frees_all);
    RUN_BOTH(does_not_mistake_a_reused_descriptor);
    RUN_BOTH(adds_again_within_a_batch);
    RUN_BOTH(forgets_a_socket_that_lives_on_elsewhere);
    RUN_BOTH(grows_within_a_batch);
    RUN_BOTH(shares_a_listener);
    RUN(add_says_why_not);
    RUN_BOTH(add_without_memory);
    return TEST_END();
}
