#include <flare/await.h>
#include <flare/random.h>
#include <flare/retry.h>

enum { TRIES = 3, FIRST_MS = 50, MOST_MS = 2000 };

/* The longest that the next pause may be. */
static uint64_t longest_ms(const flare_retry *retry)
{
    const uint64_t most = retry->most_ms != 0 ? retry->most_ms : MOST_MS;
    uint64_t longest = retry->first_ms != 0 ? retry->first_ms : FIRST_MS;

    for (uint32_t i = 1; i < retry->made && longest < most; i++)
        longest *= 2;
    return longest < most ? longest : most;
}

/* Any from 0 to it. Without randomness the longest. */
static uint64_t drawn(uint64_t longest)
{
    uint32_t number;

    if (!flarei_random_bytes(&number, sizeof number))
        return longest;
    return (uint64_t)number * (longest + 1) >> 32;
}

bool flare_retry_wait(flare_retry *retry, uint64_t left_ms)
{
    uint64_t pause;

    retry->made++;
    if (retry->made >= (retry->tries != 0 ? retry->tries : TRIES))
        return false;
    pause = drawn(longest_ms(retry));
    return pause < left_ms && flare_sleep(pause) == FLARE_OK;
}
