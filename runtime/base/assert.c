#include <flare/assert.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void flarei_assert_failed(const char *condition, const char *what, const char *file, int line, int mode)
{
    const int saved_errno = errno;
    char text[512];
    int len = snprintf(text, sizeof text, "flare: %s:%d: %s (not true: %s)\n", file, line, what, condition);

    if (len >= (int)sizeof text) {
        len = (int)sizeof text;
        text[sizeof text - 1] = '\n';
    }
    /* A report that can't be written must not keep the process from stopping. */
    if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
        errno = saved_errno;
    if (mode != FLARE_ASSERT_WARN)
        abort();
    errno = saved_errno;
}
