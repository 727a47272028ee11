/* flare/arena.h - memory that is given back all at once.
 *
 *     flare_arena arena;
 *     flarei_arena_init(&arena, 4096, 1 << 20);
 *     char *name = (char *)flarei_arena_alloc(&arena, 64);
 *     flarei_arena_reset(&arena);
 *
 * A bump allocator over chunks from flarei_malloc(). The first chunk is allocated at the first use, so an
 * arena that was never touched costs its struct only; a reset keeps that chunk and gives back the others.
 * The bytes of all chunks together never exceed the maximum. An arena belongs to one thread at a time.
 * Under AddressSanitizer the bytes that nobody was given are poisoned.
 */
#ifndef FLARE_ARENA_H
#define FLARE_ARENA_H

#include <flare/str.h>

#if defined(__SANITIZE_ADDRESS__)
#define FLAREI_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLAREI_ASAN 1
#endif
#endif
#if defined(FLAREI_ASAN) && FLAREI_ASAN
#include <sanitizer/asan_interface.h>
/** Makes bytes unreadable, or readable again, to AddressSanitizer; nothing without it. Any thread. */
#define FLAREI_POISON(ptr, bytes)   __asan_poison_memory_region(ptr, bytes)
#define FLAREI_UNPOISON(ptr, bytes) __asan_unpoison_memory_region(ptr, bytes)
#else
#define FLAREI_POISON(ptr, bytes)   ((void)(ptr), (void)(bytes))
#define FLAREI_UNPOISON(ptr, bytes) ((void)(ptr), (void)(bytes))
#endif

FLARE_BEGIN

/** What every block of an arena is aligned to, in bytes. */
#define FLAREI_ARENA_ALIGN 16u

struct flarei_arena_chunk;

/** A bump arena. Its members are private. */
typedef struct flare_arena {
    char *next;                       /**< first free byte of the newest chunk */
    size_t room;                      /**< free bytes from `next`, a multiple of FLAREI_ARENA_ALIGN */
    struct flarei_arena_chunk *chunk; /**< the newest chunk; NULL if never touched */
    size_t held_bytes;                /**< of all chunks */
    size_t first_bytes;               /**< of the first chunk */
    size_t max_bytes;                 /**< that held_bytes may reach */
    size_t peak_bytes;                /**< of what was in use, up to the last chunk change or reset */
    size_t raised_bytes;              /**< by how much max_bytes is above what init said, until reset */
    size_t bound_bytes;               /**< that may be in use; 0 where nothing says */
    bool starved;                     /**< a block was refused for want of memory, not by the maximum */
    bool overran;                     /**< a block was refused by the bound */
} flare_arena;

/** A place in an arena to go back to. */
typedef struct flarei_arena_mark {
    struct flarei_arena_chunk *chunk;
    size_t room;
} flarei_arena_mark;

/** Prepares an arena; allocates nothing. The owner's thread.
 *  @param arena          to fill; every earlier content is forgotten
 *  @param first_bytes    size of the first chunk, which a reset keeps; rounded up to 16, at least 16
 *  @param max_bytes      bytes that all chunks together may have; rounded down to 16 */
void flarei_arena_init(flare_arena *arena, size_t first_bytes, size_t max_bytes);

/** Lets an arena hold more, until it is reset. The owner's thread; no errors.
 *  @param arena was initialised @param bytes more than now */
void flarei_arena_raise(flare_arena *arena, size_t bytes);

/** Says how much more is going to be in use at most, until it is unbounded or reset. A chunk that is there
 * may be used up; no further one leads past the bound. The owner's thread; no errors.
 *  @param arena was initialised @param bytes more than now, at least 1 */
void flarei_arena_bound(flare_arena *arena, size_t bytes);

/** Takes the bound away. The owner's thread. */
static inline void flarei_arena_unbound(flare_arena *arena)
{
    arena->bound_bytes = 0;
}

/** @return was a block refused by the bound, since init, reset or free? The owner's thread. */
static inline bool flarei_arena_overran(const flare_arena *arena)
{
    return arena->overran;
}

/** Gives all memory back. The arena is then as after init and may be used again. The owner's thread. */
void flarei_arena_free(flare_arena *arena);

/** The way of flarei_arena_alloc() when the newest chunk has too little room. Not for direct use. */
void *flarei_arena_alloc_slow(flare_arena *arena, size_t bytes) FLARE_MUST_USE;

/** Takes a block, aligned to 16, not zeroed. The owner's thread.
 *  @param arena an initialised arena
 *  @param bytes any number; 0 counts as 1
 *  @return a block that lives until the arena is reset, freed or rewound to before it; NULL if the arena
 *          would grow over its maximum or there is no memory */
FLARE_MUST_USE static inline void *flarei_arena_alloc(flare_arena *arena, size_t bytes)
{
    if (FLARE_LIKELY(bytes - 1 < arena->room)) {
        char *const block = arena->next;
        const size_t taken = (bytes + (FLAREI_ARENA_ALIGN - 1)) & ~(size_t)(FLAREI_ARENA_ALIGN - 1);

        arena->next = block + taken;
        arena->room -= taken;
        FLAREI_UNPOISON(block, bytes);
        return block;
    }
    return flarei_arena_alloc_slow(arena, bytes);
}

/** Takes a block for `count` things of `size` bytes, safe against overflow. The owner's thread.
 *  @return as flarei_arena_alloc() */
FLARE_MUST_USE static inline void *flarei_arena_alloc_array(flare_arena *arena, size_t count, size_t size)
{
    if (FLARE_UNLIKELY(size != 0 && count > SIZE_MAX / size))
        return NULL;
    return flarei_arena_alloc(arena, count * size);
}

/** Gives back the end of the newest block. The owner's thread; no errors.
 *  @param arena whose last alloc returned `block` @param block the block
 *  @param bytes to keep of it, at most what was taken; 0 gives all of it back */
static inline void flarei_arena_trim(flare_arena *arena, char *block, size_t bytes)
{
    char *const next = block + ((bytes + (FLAREI_ARENA_ALIGN - 1)) & ~(size_t)(FLAREI_ARENA_ALIGN - 1));

    arena->room += (size_t)(arena->next - next);
    arena->next = next;
    FLAREI_POISON(block + bytes, arena->room + (size_t)(next - block) - bytes);
}

/** Copies bytes into the arena. The owner's thread.
 *  @param arena an initialised arena @param text the bytes; not kept
 *  @param copy  on success a slice of the arena's memory (an empty text gives the empty slice)
 *  @return false, and `copy` untouched, where flarei_arena_alloc() would return NULL */
FLARE_MUST_USE bool flarei_arena_copy(flare_arena *arena, flare_str text, flare_str *copy);

/** Remembers how much is in use. The owner's thread; no errors. */
static inline flarei_arena_mark flarei_arena_mark_get(const flare_arena *arena)
{
    return FLARE_LIT(flarei_arena_mark){arena->chunk, arena->room};
}

/** Gives back every block taken after the mark. The owner's thread; no errors.
 *  @param mark of this arena, and not from before a reset, a free or a rewind to an older mark */
void flarei_arena_rewind(flare_arena *arena, flarei_arena_mark mark);

/** Gives back every block; keeps the first chunk if it is no larger than init asked for. The owner's thread.
 */
void flarei_arena_reset(flare_arena *arena);

/** @return was a block refused because the system had no memory, since init, reset or free? If not, a NULL
 * was the maximum's. The owner's thread. */
static inline bool flarei_arena_starved(const flare_arena *arena)
{
    return arena->starved;
}

/** @return bytes in use, each block rounded up to 16. The owner's thread. */
size_t flarei_arena_used(const flare_arena *arena);

/** @return the most bytes that were ever in use at once since init or free. The owner's thread. */
size_t flarei_arena_peak(const flare_arena *arena);

FLARE_END
#endif
