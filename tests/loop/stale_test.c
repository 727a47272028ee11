/* What FLARE_ASSERT=safe catches: descriptors that were closed, or closed and reused, under a watch. Each
 * case runs in a child, which must die by abort() with the contract's words on stderr. */
#include "helper.h"

#include <flare/assert.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void never_called(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    (void)loop, (void)watch, (void)ready;
}

static int an_end(void)
{
    int fds[2];
    open_ends(fds);
    return fds[0];
}

static flare_watch watch_of(int fd)
{
    return (flare_watch){.callback = never_called, .fd = fd, .want = FLARE_READ};
}

static void must_add(flare_loop *loop, flare_watch *watch)
{
    if (flare_loop_add(loop, watch) != FLARE_OK)
        exit(3);
}

static void add_closed(flare_loop *loop)
{
    flare_watch watch = watch_of(an_end());
    close(watch.fd);
    (void)!flare_loop_add(loop, &watch);
}

static void add_twice(flare_loop *loop)
{
    flare_watch watch = watch_of(an_end());
    must_add(loop, &watch);
    (void)!flare_loop_add(loop, &watch);
}

static void add_over_a_stale_one(flare_loop *loop)
{
    flare_watch stale = watch_of(an_end()), fresh;
    must_add(loop, &stale);
    close(stale.fd);
    fresh = watch_of(an_end());
    if (fresh.fd != stale.fd)
        exit(3);
    (void)!flare_loop_add(loop, &fresh);
}

static void remove_closed(flare_loop *loop)
{
    flare_watch watch = watch_of(an_end());
    must_add(loop, &watch);
    close(watch.fd);
    flare_loop_remove(loop, &watch);
}

static void remove_reused(flare_loop *loop)
{
    flare_watch watch = watch_of(an_end());
    must_add(loop, &watch);
    close(watch.fd);
    if (an_end() != watch.fd)
        exit(3);
    flare_loop_remove(loop, &watch);
}

static void close_closed(flare_loop *loop)
{
    flare_watch watch = watch_of(an_end());
    must_add(loop, &watch);
    close(watch.fd);
    flare_loop_close(loop, &watch);
}

static void close_twice(flare_loop *loop)
{
    int fd = an_end();
    (void)loop;
    flare_socket_close(fd);
    flare_socket_close(fd);
}

static void change_while_added(flare_loop *loop)
{
    flare_watch watch = watch_of(an_end());
    must_add(loop, &watch);
    watch.fd = an_end();
    flare_loop_remove(loop, &watch);
}

static void nothing_wrong(flare_loop *loop)
{
    flare_watch watch = watch_of(an_end());
    must_add(loop, &watch);
    flare_loop_remove(loop, &watch);
    close(watch.fd);
    watch.fd = an_end();
    must_add(loop, &watch);
    flare_loop_close(loop, &watch);
    _exit(0);
}

/* Returns the signal that killed the child, 0 if none did; `text` gets what it said. */
static int run_in_child(void (*scenario)(flare_loop *loop), char *text, size_t room)
{
    int pipe_ends[2], status = 0;
    if (pipe(pipe_ends) != 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(pipe_ends[1], 2);
        scenario(open_loop());
        _exit(0);
    }
    close(pipe_ends[1]);
    size_t used = 0;
    ssize_t got;
    while (used + 1 < room && (got = read(pipe_ends[0], text + used, room - used - 1)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(pipe_ends[0]);
    waitpid(child, &status, 0);
    bool could_set_up = !WIFEXITED(status) || WEXITSTATUS(status) != 3;
    CHECK(could_set_up);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(stale_descriptors_are_caught)
{
    static const struct {
        void (*scenario)(flare_loop *loop);
        const char *words;
    } rows[] = {
        {add_closed, "stale descriptor"},
        {add_twice, "added once"},
        {add_over_a_stale_one, "stale descriptor"},
        {remove_closed, "stale descriptor"},
        {remove_reused, "stale descriptor"},
        {close_closed, "descriptor"},
        {close_twice, "closed once"},
        {change_while_added, "stale descriptor"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[4096];
        int by = run_in_child(rows[i].scenario, text, sizeof text);
        if (FLARE_ASSERT_MODE >= FLARE_ASSERT_SAFE) {
            CHECK_INT(by, SIGABRT);
            CHECK(strstr(text, rows[i].words) != NULL);
        } else {
            CHECK_INT(by, 0);
        }
    }
}

TEST(good_use_is_left_alone)
{
    char text[4096];
    CHECK_INT(run_in_child(nothing_wrong, text, sizeof text), 0);
    CHECK(strcmp(text, "") == 0);
}

int main(void)
{
    RUN_BOTH(stale_descriptors_are_caught);
    RUN_BOTH(good_use_is_left_alone);
    return TEST_END();
}
