#include <flare/arena.h>
#include <flare/memory.h>

/* The header of a chunk; its bytes follow. Two pointers' worth keep them aligned to 16. */
struct flarei_arena_chunk {
    _Alignas(FLAREI_ARENA_ALIGN) struct flarei_arena_chunk *older;
    size_t bytes;     /* that follow the header */
    size_t used_here; /* once a newer chunk exists */
};

/* Chunks double up to this, so that a large request needs few of them and a small one wastes little. */
#define CHUNK_GROWTH_MAX_BYTES ((size_t)256 * 1024)

static char *chunk_bytes(struct flarei_arena_chunk *chunk)
{
    return (char *)(chunk + 1);
}

static size_t round_up(size_t bytes)
{
    return (bytes + (FLAREI_ARENA_ALIGN - 1)) & ~(size_t)(FLAREI_ARENA_ALIGN - 1);
}

/* Makes `chunk` the newest, with `room` free bytes at its end. */
static void chunk_use(flare_arena *arena, struct flarei_arena_chunk *chunk, size_t room)
{
    arena->chunk = chunk;
    arena->room = room;
    arena->next = chunk ? chunk_bytes(chunk) + (chunk->bytes - room) : NULL;
    if (chunk)
        FLAREI_POISON(arena->next, room);
}

static void chunk_drop_newest(flare_arena *arena)
{
    struct flarei_arena_chunk *const newest = arena->chunk;

    arena->chunk = newest->older;
    arena->held_bytes -= newest->bytes;
    FLAREI_UNPOISON(newest, sizeof *newest + newest->bytes);
    flarei_free(newest);
}

static void peak_note(flare_arena *arena)
{
    const size_t used = flarei_arena_used(arena);

    if (used > arena->peak_bytes)
        arena->peak_bytes = used;
}

void flarei_arena_init(flare_arena *arena, size_t first_bytes, size_t max_bytes)
{
    const size_t most = SIZE_MAX / 2; /* keeps every sum below from overflowing */

    first_bytes = first_bytes == 0 ? FLAREI_ARENA_ALIGN : first_bytes > most ? most : first_bytes;
    max_bytes = max_bytes > most ? most : max_bytes;
    *arena = (flare_arena){.first_bytes = round_up(first_bytes),
                           .max_bytes = max_bytes & ~(size_t)(FLAREI_ARENA_ALIGN - 1)};
}

static void unraise(flare_arena *arena)
{
    arena->max_bytes -= arena->raised_bytes;
    arena->raised_bytes = 0;
}

void flarei_arena_free(flare_arena *arena)
{
    while (arena->chunk)
        chunk_drop_newest(arena);
    unraise(arena);
    flarei_arena_init(arena, arena->first_bytes, arena->max_bytes);
}

void flarei_arena_raise(flare_arena *arena, size_t bytes)
{
    const size_t most = SIZE_MAX / 2 - arena->max_bytes;

    bytes = (bytes > most ? most : bytes) & ~(size_t)(FLAREI_ARENA_ALIGN - 1);
    arena->max_bytes += bytes;
    arena->raised_bytes += bytes;
}

void flarei_arena_bound(flare_arena *arena, size_t bytes)
{
    const size_t used = flarei_arena_used(arena);

    arena->bound_bytes = bytes < SIZE_MAX - used ? used + bytes : SIZE_MAX;
}

/* What another chunk may have. */
static size_t room_left(flare_arena *arena, size_t bytes)
{
    const size_t left = arena->max_bytes - arena->held_bytes;
    size_t used, bound;

    if (arena->bound_bytes == 0 || bytes > left)
        return left;
    used = flarei_arena_used(arena);
    bound = arena->bound_bytes > used ? (arena->bound_bytes - used) & ~(size_t)(FLAREI_ARENA_ALIGN - 1) : 0;
    arena->overran = arena->overran || bytes > bound || bound == 0;
    return bound < left ? bound : left;
}

void *flarei_arena_alloc_slow(flare_arena *arena, size_t bytes)
{
    const size_t left = room_left(arena, bytes);
    struct flarei_arena_chunk *chunk;
    size_t want = arena->first_bytes;

    if (bytes == 0 && arena->room > 0)
        return flarei_arena_alloc(arena, 1);
    if (bytes > left || left == 0)
        return NULL;
    bytes = bytes == 0 ? 1 : bytes;
    if (arena->chunk != NULL) {
        want = arena->chunk->bytes < CHUNK_GROWTH_MAX_BYTES / 2 ? arena->chunk->bytes * 2
                                                                : CHUNK_GROWTH_MAX_BYTES;
    }
    want = want < round_up(bytes) ? round_up(bytes) : want;
    want = want > left ? left : want;

    chunk = (struct flarei_arena_chunk *)flarei_malloc(sizeof *chunk + want);
    if (chunk == NULL) {
        arena->starved = true;
        return NULL;
    }
    peak_note(arena);
    if (arena->chunk)
        arena->chunk->used_here = arena->chunk->bytes - arena->room;
    chunk->older = arena->chunk;
    chunk->bytes = want;
    arena->held_bytes += want;
    chunk_use(arena, chunk, want);
    return flarei_arena_alloc(arena, bytes);
}

bool flarei_arena_copy(flare_arena *arena, flare_str text, flare_str *copy)
{
    char *to;

    if (text.len == 0) {
        *copy = (flare_str){NULL, 0};
        return true;
    }
    to = (char *)flarei_arena_alloc(arena, text.len);
    if (to == NULL)
        return false;
    memcpy(to, text.ptr, text.len);
    *copy = (flare_str){to, text.len};
    return true;
}

/* Gives back all chunks but a first one of the usual size. */
static void keep_first(flare_arena *arena)
{
    if (arena->chunk == NULL)
        return;
    peak_note(arena);
    while (arena->chunk->older)
        chunk_drop_newest(arena);
    if (arena->chunk->bytes > arena->first_bytes)
        chunk_drop_newest(arena);
    chunk_use(arena, arena->chunk, arena->chunk ? arena->chunk->bytes : 0);
}

void flarei_arena_rewind(flare_arena *arena, flarei_arena_mark mark)
{
    peak_note(arena);
    if (mark.chunk == NULL) {
        keep_first(arena);
        return;
    }
    while (arena->chunk != mark.chunk)
        chunk_drop_newest(arena);
    chunk_use(arena, mark.chunk, mark.room);
}

void flarei_arena_reset(flare_arena *arena)
{
    unraise(arena);
    arena->starved = arena->overran = false;
    arena->bound_bytes = 0;
    keep_first(arena);
}

size_t flarei_arena_used(const flare_arena *arena)
{
    size_t used = 0;

    if (arena->chunk == NULL)
        return 0;
    for (const struct flarei_arena_chunk *chunk = arena->chunk->older; chunk; chunk = chunk->older)
        used += chunk->used_here;
    return used + arena->chunk->bytes - arena->room;
}

size_t flarei_arena_peak(const flare_arena *arena)
{
    const size_t used = flarei_arena_used(arena);

    return used > arena->peak_bytes ? used : arena->peak_bytes;
}
