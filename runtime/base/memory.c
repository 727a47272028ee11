#include <flare/memory.h>

#include <stdlib.h>

static void *system_allocate(void *context, size_t bytes)
{
    (void)context;
    return malloc(bytes);
}

static void *system_reallocate(void *context, void *block, size_t bytes)
{
    (void)context;
    return realloc(block, bytes);
}

static void system_release(void *context, void *block)
{
    (void)context;
    free(block);
}

static const flare_allocator system_allocator = {NULL, system_allocate, system_reallocate, system_release};
static flare_allocator current = {NULL, system_allocate, system_reallocate, system_release};

void flare_allocator_set(const flare_allocator *allocator)
{
    current = allocator ? *allocator : system_allocator;
}

void *flarei_malloc(size_t bytes)
{
    return current.allocate(current.context, bytes ? bytes : 1);
}

void *flarei_calloc(size_t count, size_t size)
{
    void *block;

    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    block = flarei_malloc(count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

void *flarei_realloc(void *block, size_t bytes)
{
    return current.reallocate(current.context, block, bytes ? bytes : 1);
}

void flarei_free(void *block)
{
    if (block != NULL)
        current.release(current.context, block);
}
