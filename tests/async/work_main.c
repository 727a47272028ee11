#include "handlers.h"

#include <flare/server.h>

#include <time.h>

/* What the tests' own clock is. */
uint64_t now_ms(void);

uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    return flare_main(argc, argv, &work_service);
}
