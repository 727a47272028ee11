/* fiber/stack.h - stacks, each with a guard page beneath: a fiber that needs more than it has crashes at
 * once, and nothing else is touched. */
#ifndef FLAREI_FIBER_STACK_H
#define FLAREI_FIBER_STACK_H

#include <flare/str.h>

/** A stack's memory; what of it was not used yet is not resident. */
struct flarei_stack {
    char *lowest; /* above the guard */
    size_t bytes;
    unsigned valgrind_id;
};

/** The size of a page, and the guard's. Any thread. */
size_t flarei_stack_page_bytes(void);

/** @param bytes a multiple of pages @return false without memory, or where the system gives no more maps */
bool flarei_stack_map(struct flarei_stack *stack, size_t bytes);

void flarei_stack_unmap(const struct flarei_stack *stack);

/** Gives back what lies wholly below `used`; it reads as zeros from then on. */
void flarei_stack_shrink(const struct flarei_stack *stack, const void *used);

#endif
