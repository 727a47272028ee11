#include "wire/h2_session.h"

#include <flare/arena.h>
#include <flare/memory.h>

/* Sizes are rounded up to these, so that a block fits the next one that is wanted. */
enum { STEP_BYTES = 64, KEPT_MAX_BYTES = STEP_BYTES * FLAREI_H2_BLOCK_SIZES };

/* In front of each block. Where libnghttp2 runs out of memory it may free a block twice (1.52: an item of
 * DATA that its queue had no room for), so from then on until the session is dropped nothing is given back
 * but marked. */
struct flarei_h2_block {
    struct flarei_h2_block *next;
    uint32_t size; /* in steps; 0: too large to be kept */
    bool marked;
};

static struct flarei_h2_block_list *list_of(struct flarei_h2_session *session, uint32_t size)
{
    return session->blocks != NULL && size != 0 ? &session->blocks->sizes[size - 1] : NULL;
}

static void *allocate(size_t bytes, void *context)
{
    struct flarei_h2_session *const session = context;
    const uint32_t size = bytes <= KEPT_MAX_BYTES ? (uint32_t)((bytes + STEP_BYTES - 1) / STEP_BYTES) : 0;
    const size_t room = size != 0 ? (size_t)size * STEP_BYTES : bytes;
    struct flarei_h2_block_list *const list = list_of(session, size);
    struct flarei_h2_block *block;

    if (list != NULL && list->free != NULL) {
        block = list->free;
        list->free = block->next;
        if (--list->count < list->lowest)
            list->lowest = list->count;
        FLAREI_UNPOISON(block + 1, bytes);
        return block + 1;
    }
    block = room < SIZE_MAX - sizeof *block ? flarei_malloc(sizeof *block + room) : NULL;
    if (block == NULL) {
        session->failed = true;
        return NULL;
    }
    block->size = size;
    block->marked = false;
    FLAREI_POISON((char *)(block + 1) + bytes, room - bytes);
    return block + 1;
}

static void drop(struct flarei_h2_block *block)
{
    FLAREI_UNPOISON(block + 1, (size_t)block->size * STEP_BYTES);
    flarei_free(block);
}

static void release(void *bytes, void *context)
{
    struct flarei_h2_session *const session = context;
    struct flarei_h2_block *const block = bytes ? (struct flarei_h2_block *)bytes - 1 : NULL;
    struct flarei_h2_block_list *list;

    if (block == NULL)
        return;
    list = list_of(session, block->size);
    if (FLARE_UNLIKELY(session->failed)) {
        if (block->marked)
            return;
        block->marked = true;
        block->next = session->released;
        session->released = block;
    } else if (list != NULL) {
        block->next = list->free;
        list->free = block;
        list->count++;
        FLAREI_POISON(block + 1, (size_t)block->size * STEP_BYTES);
    } else {
        drop(block);
    }
}

static void *allocate_zeroed(size_t count, size_t size, void *context)
{
    void *const bytes = size == 0 || count <= SIZE_MAX / size ? allocate(count * size, context) : NULL;

    return bytes ? memset(bytes, 0, count * size) : NULL;
}

static void *reallocate(void *bytes, size_t size, void *context)
{
    struct flarei_h2_session *const session = context;
    struct flarei_h2_block *block = bytes ? (struct flarei_h2_block *)bytes - 1 : NULL;
    void *to;

    if (block == NULL)
        return allocate(size, context);
    if (block->size != 0) {
        const size_t room = (size_t)block->size * STEP_BYTES;

        FLAREI_UNPOISON(bytes, size < room ? size : room);
        if (size <= room)
            return bytes;
        to = allocate(size, context);
        if (to == NULL)
            return NULL;
        FLAREI_UNPOISON(bytes, room);
        memcpy(to, bytes, room);
        release(bytes, context);
        return to;
    }
    block = size < SIZE_MAX - sizeof *block ? flarei_realloc(block, sizeof *block + size) : NULL;
    if (block == NULL) {
        session->failed = true;
        return NULL;
    }
    return block + 1;
}

nghttp2_mem flarei_h2_memory(struct flarei_h2_session *session)
{
    return (nghttp2_mem){session, allocate, release, allocate_zeroed, reallocate};
}

void flarei_h2_memory_end(struct flarei_h2_session *session)
{
    while (session->released != NULL) {
        struct flarei_h2_block *const block = session->released;

        session->released = block->next;
        drop(block);
    }
}

/* ---- What is kept ---- */

static void drop_some(struct flarei_h2_block_list *list, uint32_t count)
{
    while (count-- > 0) {
        struct flarei_h2_block *const block = list->free;

        list->free = block->next;
        list->count--;
        drop(block);
    }
    list->lowest = list->count;
}

bool flarei_h2_blocks_trim(struct flarei_h2_blocks *blocks)
{
    bool trimmed = false;

    for (size_t i = 0; i < FLAREI_H2_BLOCK_SIZES; i++) {
        trimmed |= blocks->sizes[i].lowest > 0;
        drop_some(&blocks->sizes[i], blocks->sizes[i].lowest);
    }
    return trimmed;
}

void flarei_h2_blocks_clear(struct flarei_h2_blocks *blocks)
{
    for (size_t i = 0; i < FLAREI_H2_BLOCK_SIZES; i++)
        drop_some(&blocks->sizes[i], blocks->sizes[i].count);
}
