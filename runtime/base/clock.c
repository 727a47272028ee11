#include <flare/time.h>

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0, 0};

    clock_gettime(id, &now); /* can't fail for these clocks */
    return (int64_t)now.tv_sec * FLARE_TIME_SECOND + now.tv_nsec;
}

static flare_time system_wall(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

static const flarei_clock system_clock = {NULL, system_wall, system_monotonic};
static flarei_clock current = {NULL, system_wall, system_monotonic};

void flarei_clock_set(const flarei_clock *clock)
{
    current = clock ? *clock : system_clock;
}

flare_time flarei_clock_wall(void)
{
    return current.wall(current.context);
}

int64_t flarei_clock_monotonic(void)
{
    return current.monotonic(current.context);
}
