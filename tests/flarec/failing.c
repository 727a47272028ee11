/* failing.c - linked into a flarec (ld --wrap): the allocation of the number in FLAREC_FAIL_AT fails, and
 * each behind it. */
#include <stddef.h>
#include <stdlib.h>

/* The linker's names. */
void *__real_malloc(size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *memory, size_t size);

static int fails(void)
{
    static long left = -1;

    if (left < 0) {
        const char *const text = getenv("FLAREC_FAIL_AT");

        left = text != NULL ? strtol(text, NULL, 10) : 0;
    }
    /* 0: none fails; 1: all from now on */
    if (left > 1)
        left--;
    else if (left == 1)
        return 1;
    return 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}
