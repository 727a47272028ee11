#include "server/inherited.h"

#include <flare/number.h>

#include <stdlib.h>
#include <unistd.h>

enum { COUNT_MAX = 1024 };

static bool number(const char *text, uint32_t *value)
{
    return text != NULL && flare_u32_parse(flare_str_of(text), value) == FLARE_OK;
}

size_t flarei_inherited_count(char *(*get)(const char *name))
{
    uint32_t process, count;

    if (!number(get("LISTEN_PID"), &process) || process != (uint32_t)getpid())
        return 0;
    return number(get("LISTEN_FDS"), &count) && count <= COUNT_MAX ? count : 0;
}

int flarei_inherited_find(const char *name)
{
    const size_t count = flarei_inherited_count(getenv), length = strlen(name);
    const char *names = getenv("LISTEN_FDNAMES");
    uint32_t fd;

    if (number(name, &fd))
        return fd <= INT32_MAX ? (int)fd : -1;
    for (size_t i = 0; i < count && names != NULL && length != 0; i++) {
        const size_t end = strcspn(names, ":");

        if (end == length && memcmp(names, name, length) == 0)
            return FLAREI_INHERITED_FIRST + (int)i;
        names = names[end] == ':' ? names + end + 1 : NULL;
    }
    return -1;
}
