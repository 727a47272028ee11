#include <flare/random.h>

#include <errno.h>
#include <sys/random.h>

static bool system_random(void *context, void *bytes, size_t len)
{
    char *to = (char *)bytes;

    (void)context;
    while (len > 0) {
        const int saved_errno = errno;
        const ssize_t got = getrandom(to, len, 0);

        if (got < 0) {
            const bool again = errno == EINTR;

            errno = saved_errno;
            if (!again)
                return false;
            continue;
        }
        to += got;
        len -= (size_t)got;
    }
    return true;
}

static flarei_random_source *current = system_random;
static void *current_context;

void flarei_random_set(flarei_random_source *source, void *context)
{
    current = source ? source : system_random;
    current_context = context;
}

bool flarei_random_bytes(void *bytes, size_t len)
{
    return current(current_context, bytes, len);
}
