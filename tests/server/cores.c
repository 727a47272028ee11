#include "cores.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

static cpu_set_t allowed;

static void find_allowed(void)
{
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        CPU_ZERO(&allowed);
}

/* The server's core is the first one. */
static void run_on(bool first)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    cpu_set_t chosen;
    size_t at = 0;

    (void)pthread_once(&once, find_allowed);
    if (CPU_COUNT(&allowed) < 2)
        return;
    while (!CPU_ISSET(at, &allowed))
        at++;
    if (first) {
        CPU_ZERO(&chosen);
        CPU_SET(at, &chosen);
    } else {
        chosen = allowed;
        CPU_CLR(at, &chosen);
    }
    (void)sched_setaffinity(0, sizeof chosen, &chosen);
}

/* Where that is allowed, what else the machine does is not measured. */
static void come_before_others(int priority)
{
    const struct sched_param param = {.sched_priority = priority};

    (void)sched_setscheduler(0, SCHED_RR, &param);
}

void cores_for_server(void)
{
    run_on(true);
    come_before_others(1);
}

void cores_for_neighbour(void)
{
    run_on(false);
    come_before_others(2);
}

void cores_for_attacker(void)
{
    run_on(false);
    come_before_others(1);
}
