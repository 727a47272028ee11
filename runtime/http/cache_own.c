#include "http/cache_own.h"

#include <flare/memory.h>

#include <pthread.h>

struct owned {
    struct owned *next;
    const struct flarei_cache *settings;
    struct flarei_cache_store *store;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static _Thread_local struct owned *own;

static void end(void *of_thread)
{
    struct owned *owned = (struct owned *)of_thread;

    while (owned != NULL) {
        struct owned *const next = owned->next;

        flarei_cache_store_free(owned->store);
        flarei_free(owned);
        owned = next;
    }
    own = NULL;
}

static void begin(void)
{
    has_key = pthread_key_create(&key, end) == 0;
}

static FLARE_NOINLINE_COLD struct flarei_cache_store *make(const struct flarei_cache *settings)
{
    struct owned *owned;

    (void)pthread_once(&once, begin);
    if (!has_key)
        return NULL;
    owned = (struct owned *)flarei_calloc(1, sizeof *owned);
    if (owned == NULL)
        return NULL;
    owned->settings = settings;
    owned->next = own;
    owned->store = flarei_cache_store_new(settings->memory_bytes);
    if (owned->store != NULL && pthread_setspecific(key, owned) == 0) {
        own = owned;
        return owned->store;
    }
    if (owned->store != NULL)
        flarei_cache_store_free(owned->store);
    flarei_free(owned);
    return NULL;
}

struct flarei_cache_store *flarei_cache_own(const struct flarei_cache *settings)
{
    for (const struct owned *owned = own; owned != NULL; owned = owned->next) {
        if (owned->settings == settings)
            return owned->store;
    }
    return make(settings);
}
