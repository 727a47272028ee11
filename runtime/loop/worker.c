#include <flare/loop.h>
#include <flare/memory.h>

#include "net/sys.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#define NAME_MAX_BYTES 16 /* what Linux keeps, NUL counted */

struct flare_worker {
    pthread_t thread;
    flare_worker_function *run;
    void *context;
    char name[NAME_MAX_BYTES];
};

/* Everything that can wait for the main thread. The rest tells of faults in the thread itself, or profiles
 * it. */
static void fill_blocked(sigset_t *set)
{
    static const int left[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
    sigfillset(set);
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        sigdelset(set, left[i]);
}

static void *worker_main(void *context)
{
    const struct flare_worker *worker = context;
#if defined(__linux__)
    if (worker->name[0])
        (void)pthread_setname_np(pthread_self(), worker->name);
#endif
    worker->run(worker->context);
    return NULL;
}

#if defined(__linux__)
/* The cores of the main thread, which a pinned worker that asks does not narrow. */
static bool allowed_cores(cpu_set_t *cores)
{
    CPU_ZERO(cores);
    return flarei_sys.sched_getaffinity(getpid(), sizeof *cores, cores) == 0 && CPU_COUNT(cores) > 0;
}

static int pin(pthread_attr_t *attributes, unsigned core)
{
    cpu_set_t allowed, one;
    if (!allowed_cores(&allowed))
        return errno;
    unsigned left = core % (unsigned)CPU_COUNT(&allowed);
    unsigned number = 0;
    while (!CPU_ISSET(number, &allowed) || left-- > 0)
        number++;
    CPU_ZERO(&one);
    CPU_SET(number, &one);
    return pthread_attr_setaffinity_np(attributes, sizeof one, &one);
}
#else
static int pin(pthread_attr_t *attributes, unsigned core)
{
    (void)attributes, (void)core;
    return ENOSYS;
}
#endif

unsigned flare_worker_cores(void)
{
#if defined(__linux__)
    cpu_set_t allowed;
    if (allowed_cores(&allowed))
        return (unsigned)CPU_COUNT(&allowed);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

flare_err flare_worker_start(flare_worker **out, const flare_worker_options *options,
                             flare_worker_function *run, void *context)
{
    static const flare_worker_options defaults = {.name = NULL};
    pthread_attr_t attributes;
    sigset_t blocked, before;

    *out = NULL;
    if (!options)
        options = &defaults;
    struct flare_worker *worker = flarei_calloc(1, sizeof *worker);
    if (!worker)
        return FLARE_ERR_MEMORY;
    worker->run = run;
    worker->context = context;
    if (options->name)
        memcpy(worker->name, options->name, strnlen(options->name, sizeof worker->name - 1));

    int number = pthread_attr_init(&attributes);
    if (number == 0) {
        if (options->pin)
            number = pin(&attributes, options->core);
        if (number == 0) {
            /* A thread starts with its maker's mask. */
            fill_blocked(&blocked);
            (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
            number = flarei_sys.pthread_create(&worker->thread, &attributes, worker_main, worker);
            (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        }
        (void)pthread_attr_destroy(&attributes);
    }
    if (number != 0) {
        flarei_free(worker);
        return flarei_err_from_errno(number);
    }
    *out = worker;
    return FLARE_OK;
}

void flare_worker_join(flare_worker *worker)
{
    if (!worker)
        return;
    (void)pthread_join(worker->thread, NULL);
    flarei_free(worker);
}
