#include "fiber/stack.h"

#include "net/sys.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0u
#define VALGRIND_STACK_DEREGISTER(id)       ((void)(id))
#endif

size_t flarei_stack_page_bytes(void)
{
    static size_t bytes; /* two threads would write the same */
    size_t known = __atomic_load_n(&bytes, __ATOMIC_RELAXED);

    if (known == 0) {
        known = (size_t)sysconf(_SC_PAGESIZE);
        __atomic_store_n(&bytes, known, __ATOMIC_RELAXED);
    }
    return known;
}

bool flarei_stack_map(struct flarei_stack *stack, size_t bytes)
{
    const size_t guard = flarei_stack_page_bytes();
    char *const map = flarei_sys.mmap(NULL, bytes + guard, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (map == MAP_FAILED)
        return false;
    if (flarei_sys.mprotect(map, guard, PROT_NONE) != 0) {
        (void)flarei_sys.munmap(map, bytes + guard);
        return false;
    }
    stack->lowest = map + guard;
    stack->bytes = bytes;
    stack->valgrind_id = VALGRIND_STACK_REGISTER(stack->lowest, stack->lowest + bytes);
    return true;
}

void flarei_stack_unmap(const struct flarei_stack *stack)
{
    const size_t guard = flarei_stack_page_bytes();

    VALGRIND_STACK_DEREGISTER(stack->valgrind_id);
    (void)flarei_sys.munmap(stack->lowest - guard, stack->bytes + guard);
}

void flarei_stack_shrink(const struct flarei_stack *stack, const void *used)
{
    const size_t page = flarei_stack_page_bytes();
    const size_t below = (size_t)((const char *)used - stack->lowest) / page * page;

    if (below != 0)
        (void)flarei_sys.madvise(stack->lowest, below, MADV_DONTNEED);
}
