#include "fiber/context.h"

#include <stdint.h>
#include <string.h>

#if FLAREI_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if FLAREI_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* ---- What the sanitizers must know: that another stack is in use ---- */

static void tell_make(struct flarei_context *context, void *stack, size_t bytes)
{
#if FLAREI_ASAN
    /* Whoever ran there before left without returning. */
    __asan_unpoison_memory_region(stack, bytes);
    context->stack = stack;
    context->stack_bytes = bytes;
    context->fake_stack = NULL;
#endif
#if FLAREI_TSAN
    context->tsan = __tsan_create_fiber(0);
#endif
    (void)context, (void)stack, (void)bytes;
}

static inline void tell_start(struct flarei_context *from, const struct flarei_context *to, bool for_ever)
{
#if FLAREI_ASAN
    __sanitizer_start_switch_fiber(for_ever ? NULL : &from->fake_stack, to->stack, to->stack_bytes);
#endif
#if FLAREI_TSAN
    if (from->tsan == NULL)
        from->tsan = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
    (void)from, (void)to, (void)for_ever;
}

static inline void tell_finish(struct flarei_context *context, struct flarei_context *from)
{
#if FLAREI_ASAN
    /* A thread's own stack is not known before. */
    __sanitizer_finish_switch_fiber(context->fake_stack, from != NULL ? &from->stack : NULL,
                                    from != NULL ? &from->stack_bytes : NULL);
#endif
    (void)context, (void)from;
}

void flarei_context_entered(struct flarei_context *context, struct flarei_context *from)
{
    tell_finish(context, from);
}

void flarei_context_drop(struct flarei_context *context)
{
#if FLAREI_TSAN
    __tsan_destroy_fiber(context->tsan);
    context->tsan = NULL;
#endif
    (void)context;
}

#if FLAREI_UCONTEXT

/* ---- By ucontext: two system calls a switch, for the signal mask ---- */

#include <ucontext.h>

/* makecontext() passes ints: a pointer goes in two halves. */
static void begin(unsigned low, unsigned high, unsigned entry_low, unsigned entry_high)
{
    const uintptr_t argument = (uintptr_t)((uint64_t)high << 32 | low);
    const uintptr_t entry = (uintptr_t)((uint64_t)entry_high << 32 | entry_low);

    ((void (*)(void *))entry)((void *)argument);
}

void flarei_context_make(struct flarei_context *context, void *stack, size_t bytes,
                         void (*entry)(void *argument), void *argument)
{
    /* At the stack's upper end, where it is used anyway. */
    const size_t own = (sizeof(ucontext_t) + 15) / 16 * 16;
    ucontext_t *const state = (ucontext_t *)(void *)((char *)stack + bytes - own);
    const uint64_t from = (uint64_t)(uintptr_t)argument, to = (uint64_t)(uintptr_t)entry;

    tell_make(context, stack, bytes);
    (void)getcontext(state);
    state->uc_stack.ss_sp = stack;
    state->uc_stack.ss_size = bytes - own;
    state->uc_link = NULL;
    makecontext(state, (void (*)(void))begin, 4, (unsigned)from, (unsigned)(from >> 32), (unsigned)to,
                (unsigned)(to >> 32));
    context->stack_pointer = state;
}

static inline void jump(struct flarei_context *from, struct flarei_context *to)
{
    ucontext_t own;

    from->lowest = (char *)__builtin_frame_address(0) - 2048; /* what swapcontext() itself may use */
    if (from->stack_pointer == NULL) { /* a thread's own stack: kept here while it waits */
        from->stack_pointer = &own;
        (void)swapcontext(&own, to->stack_pointer);
        from->stack_pointer = NULL;
    } else {
        (void)swapcontext(from->stack_pointer, to->stack_pointer);
    }
}

#else

/* ---- By assembly ---- */

void flarei_context_jump(void **from, void *to);
void flarei_context_begin(void);

/* As flarei_context_jump() leaves a stack behind. */
#if defined(__x86_64__)
struct frame {
    uint32_t mxcsr; /* all exceptions masked, to nearest: what a thread starts with */
    uint16_t x87;
    uint16_t unused;
    uintptr_t r15, r14, r13, r12, rbx, rbp, rip;
};

static void fill(struct frame *frame, uintptr_t entry, uintptr_t argument)
{
    frame->mxcsr = 0x1f80;
    frame->x87 = 0x037f;
    frame->r13 = entry;
    frame->r12 = argument;
    frame->rip = (uintptr_t)flarei_context_begin;
}
#else
struct frame {
    uintptr_t x29, x30, x19, x20, others[8];
    uint64_t d8_to_d15[8];
};

static void fill(struct frame *frame, uintptr_t entry, uintptr_t argument)
{
    frame->x30 = (uintptr_t)flarei_context_begin;
    frame->x19 = argument;
    frame->x20 = entry;
}
#endif

void flarei_context_make(struct flarei_context *context, void *stack, size_t bytes,
                         void (*entry)(void *argument), void *argument)
{
    struct frame *const frame = (struct frame *)(void *)((char *)stack + bytes - sizeof(struct frame));

    tell_make(context, stack, bytes);
    memset(frame, 0, sizeof *frame);
    fill(frame, (uintptr_t)entry, (uintptr_t)argument);
    context->stack_pointer = frame;
}

static inline void jump(struct flarei_context *from, struct flarei_context *to)
{
    flarei_context_jump(&from->stack_pointer, to->stack_pointer);
}

#endif

void flarei_context_switch(struct flarei_context *from, struct flarei_context *to)
{
    tell_start(from, to, false);
    jump(from, to);
    tell_finish(from, NULL);
}

void flarei_context_leave(struct flarei_context *from, struct flarei_context *to)
{
    tell_start(from, to, true);
    jump(from, to);
}
