#include "helper.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

struct report {
    int runs;
    char name[32];
    sigset_t mask;
    cpu_set_t cores;
};

static void look_around(void *context)
{
    struct report *report = context;
    report->runs++;
    pthread_getname_np(pthread_self(), report->name, sizeof report->name);
    pthread_sigmask(SIG_SETMASK, NULL, &report->mask);
    sched_getaffinity(0, sizeof report->cores, &report->cores);
}

TEST(runs_once)
{
    struct report report = {.runs = 0};
    flare_worker *worker;
    CHECK_INT(flare_worker_start(&worker, NULL, look_around, &report), FLARE_OK);
    flare_worker_join(worker);
    CHECK_INT(report.runs, 1);
    flare_worker_join(NULL);
}

TEST(has_a_name)
{
    const flare_worker_options longer = {.name = "flare/worker-number-1"}, fits = {.name = "flare/1"};
    struct report report = {.runs = 0};
    flare_worker *worker;
    CHECK_INT(flare_worker_start(&worker, &fits, look_around, &report), FLARE_OK);
    flare_worker_join(worker);
    CHECK(strcmp(report.name, "flare/1") == 0);
    CHECK_INT(flare_worker_start(&worker, &longer, look_around, &report), FLARE_OK);
    flare_worker_join(worker);
    CHECK(strcmp(report.name, "flare/worker-nu") == 0);
}

TEST(leaves_signals_to_the_main_thread)
{
    static const int left[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGPIPE, SIGWINCH};
    static const int its_own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct report report = {.runs = 0};
    flare_worker *worker;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    CHECK_INT(flare_worker_start(&worker, NULL, look_around, &report), FLARE_OK);
    flare_worker_join(worker);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        CHECK_INT(sigismember(&report.mask, left[i]), 1);
        CHECK_INT(sigismember(&after, left[i]), sigismember(&before, left[i]));
    }
    for (size_t i = 0; i < sizeof its_own / sizeof its_own[0]; i++)
        CHECK_INT(sigismember(&report.mask, its_own[i]), 0);
}

TEST(is_pinned_to_an_allowed_core)
{
    cpu_set_t allowed;
    CHECK_INT(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    CHECK_INT(flare_worker_cores(), CPU_COUNT(&allowed));
    for (unsigned core = 0; core <= flare_worker_cores(); core++) {
        const flare_worker_options options = {.pin = true, .core = core};
        struct report report = {.runs = 0};
        flare_worker *worker;
        cpu_set_t both;
        CHECK_INT(flare_worker_start(&worker, &options, look_around, &report), FLARE_OK);
        flare_worker_join(worker);
        CHECK_INT(CPU_COUNT(&report.cores), 1);
        CPU_AND(&both, &report.cores, &allowed);
        CHECK_INT(CPU_COUNT(&both), 1);
    }
}

/* A process that may use cores 5 and 9 only. */
static int two_cores(pid_t process, size_t bytes, void *set)
{
    cpu_set_t *cores = set;
    (void)process, (void)bytes;
    CPU_ZERO(cores);
    CPU_SET(5, cores);
    CPU_SET(9, cores);
    return 0;
}

static int no_affinity(pid_t process, size_t bytes, void *set)
{
    (void)process, (void)bytes, (void)set;
    errno = EINVAL;
    return -1;
}

static int create_error;
static cpu_set_t asked_cores;

static int recording_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                            void *context)
{
    (void)thread, (void)run, (void)context;
    pthread_attr_getaffinity_np(attributes, sizeof asked_cores, &asked_cores);
    return create_error;
}

TEST(counts_within_the_allowed_set)
{
    flare_worker *worker;
    struct report report;
    flarei_sys.sched_getaffinity = two_cores;
    flarei_sys.pthread_create = recording_create;
    create_error = EAGAIN;
    CHECK_INT(flare_worker_cores(), 2);
    for (unsigned core = 0; core < 4; core++) {
        const flare_worker_options options = {.pin = true, .core = core};
        CHECK_INT(flare_worker_start(&worker, &options, look_around, &report), FLARE_ERR_AGAIN);
        CHECK_INT(CPU_COUNT(&asked_cores), 1);
        CHECK(CPU_ISSET(core % 2 ? 9 : 5, &asked_cores));
    }
    flarei_sys_reset();
}

TEST(says_why_it_did_not_start)
{
    const flare_worker_options pinned = {.pin = true};
    flare_worker *worker;
    struct report report;
    flarei_sys.sched_getaffinity = no_affinity;
    CHECK(flare_worker_cores() >= 1);
    CHECK_INT(flare_worker_start(&worker, &pinned, look_around, &report), FLARE_ERR_ARGUMENT);
    CHECK(worker == NULL);
    flarei_sys.pthread_create = recording_create;
    create_error = EAGAIN;
    CHECK_INT(flare_worker_start(&worker, NULL, look_around, &report), FLARE_ERR_AGAIN);
    flarei_sys_reset();
    fail_allocation(0);
    CHECK_INT(flare_worker_start(&worker, NULL, look_around, &report), FLARE_ERR_MEMORY);
    fail_allocation(-1);
    CHECK(worker == NULL);
}

int main(void)
{
    RUN(runs_once);
    RUN(has_a_name);
    RUN(leaves_signals_to_the_main_thread);
    RUN(is_pinned_to_an_allowed_core);
    RUN(counts_within_the_allowed_set);
    RUN(says_why_it_did_not_start);
    return TEST_END();
}
