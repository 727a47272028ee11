/* arena.h - memory that lives as long as a compilation. */
#ifndef FLAREC_ARENA_H
#define FLAREC_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

/* Start with {0}. */
struct arena {
    struct arena_block *blocks;
};

/* Zeroed memory, aligned for any type. Never NULL: without memory the program says so and exits with 2. */
void *arena_alloc(struct arena *arena, size_t size);
/* `count` items of `size` bytes. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy of `length` bytes with a NUL behind it. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list arguments);
/* Says that there is no memory, and exits with 2. */
_Noreturn void arena_exhausted(void);
/* Frees all of it. */
void arena_free(struct arena *arena);

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

#endif
