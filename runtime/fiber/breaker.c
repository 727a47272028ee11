#include <flare/memory.h>
#include <flare/retry.h>
#include <flare/time.h>

#include <pthread.h>

struct flare_breaker {
    pthread_mutex_t lock;
    uint32_t calls, failures;
    int64_t open_ns;
    uint64_t failed;   /* of the last calls, a bit each, the newest one lowest */
    bool open, probed; /* a probe is under way */
    int64_t since_ns;  /* it opened, or its last probe began */
};

flare_err flare_breaker_new(flare_breaker **breaker, const flare_breaker_options *options)
{
    static const flare_breaker_options defaults = {0};
    const flare_breaker_options *const wanted = options != NULL ? options : &defaults;
    const uint32_t calls = wanted->calls != 0 ? wanted->calls : 20;
    const uint32_t failures = wanted->failures != 0 ? wanted->failures : (calls + 1) / 2;
    flare_breaker *made;

    if (calls > 64 || failures > calls)
        return FLARE_ERR_RANGE;
    made = flarei_calloc(1, sizeof *made);
    if (made == NULL)
        return FLARE_ERR_MEMORY;
    (void)pthread_mutex_init(&made->lock, NULL);
    made->calls = calls;
    made->failures = failures;
    made->open_ns = (int64_t)(wanted->open_ms != 0 ? wanted->open_ms : 5000) * FLARE_TIME_MILLISECOND;
    *breaker = made;
    return FLARE_OK;
}

void flare_breaker_free(flare_breaker *breaker)
{
    if (breaker == NULL)
        return;
    (void)pthread_mutex_destroy(&breaker->lock);
    flarei_free(breaker);
}

/* A probe whose end nobody tells makes room for the next one after as long. */
static bool is_due(const flare_breaker *breaker, int64_t now)
{
    return now - breaker->since_ns >= breaker->open_ns;
}

bool flare_breaker_enter(flare_breaker *breaker)
{
    const int64_t now = flarei_clock_monotonic();
    bool passes;

    (void)pthread_mutex_lock(&breaker->lock);
    passes = !breaker->open;
    if (!passes && is_due(breaker, now)) {
        breaker->since_ns = now;
        breaker->probed = passes = true;
    }
    (void)pthread_mutex_unlock(&breaker->lock);
    return passes;
}

static uint32_t count_failed(const flare_breaker *breaker)
{
    uint64_t bits =
        breaker->failed & (breaker->calls == 64 ? UINT64_MAX : (UINT64_C(1) << breaker->calls) - 1);
    uint32_t count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

void flare_breaker_leave(flare_breaker *breaker, bool good)
{
    const int64_t now = flarei_clock_monotonic();

    (void)pthread_mutex_lock(&breaker->lock);
    if (breaker->open && !breaker->probed) {
        ; /* it began before the others failed: it tells nothing of now */
    } else if (breaker->open) {
        breaker->open = !good;
        breaker->probed = false;
        breaker->since_ns = now;
        breaker->failed = 0;
    } else {
        breaker->failed = breaker->failed << 1 | (good ? 0u : 1u);
        breaker->open = count_failed(breaker) >= breaker->failures;
        breaker->since_ns = now;
    }
    (void)pthread_mutex_unlock(&breaker->lock);
}

flare_breaker_state flare_breaker_look(flare_breaker *breaker, uint32_t *wait_ms)
{
    const int64_t now = flarei_clock_monotonic();
    flare_breaker_state state = FLARE_BREAKER_CLOSED;
    int64_t left = 0;

    (void)pthread_mutex_lock(&breaker->lock);
    if (breaker->open)
        state = breaker->probed || is_due(breaker, now) ? FLARE_BREAKER_PROBING : FLARE_BREAKER_OPEN;
    if (breaker->open && !is_due(breaker, now))
        left = breaker->since_ns + breaker->open_ns - now;
    (void)pthread_mutex_unlock(&breaker->lock);
    if (wait_ms != NULL)
        *wait_ms = (uint32_t)((left + FLARE_TIME_MILLISECOND - 1) / FLARE_TIME_MILLISECOND);
    return state;
}
