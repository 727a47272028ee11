#include "fiber/retry.h"

#include <flare/await.h>
#include <flare/random.h>
#include <flare/retry.h>

enum { TRIES = 3, FIRST_MS = 50, MOST_MS = 2000 };

uint64_t flarei_retry_longest_ms(uint64_t first_ms, uint64_t most_ms, uint32_t failures)
{
    uint64_t longest = first_ms;

    for (uint32_t i = 1; i < failures && longest < most_ms; i++)
        longest *= 2;
    return longest < most_ms ? longest : most_ms;
}

uint64_t flarei_retry_drawn(uint64_t longest)
{
    uint32_t number;

    if (!flarei_random_bytes(&number, sizeof number))
        return longest;
    return (uint64_t)number * (longest + 1) >> 32;
}

bool flare_retry_wait(flare_retry *retry, uint64_t left_ms)
{
    const uint32_t first_ms = retry->first_ms != 0 ? retry->first_ms : FIRST_MS;
    const uint32_t most_ms = retry->most_ms != 0 ? retry->most_ms : MOST_MS;
    uint64_t pause;

    retry->made++;
    if (retry->made >= (retry->tries != 0 ? retry->tries : TRIES))
        return false;
    pause = flarei_retry_drawn(flarei_retry_longest_ms(first_ms, most_ms, retry->made));
    return pause < left_ms && flare_sleep(pause) == FLARE_OK;
}
