/* fiber/context.h - a place to go on from: a stack and what a call must keep. No scheduling. */
#ifndef FLAREI_FIBER_CONTEXT_H
#define FLAREI_FIBER_CONTEXT_H

#include <flare/str.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLAREI_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FLAREI_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FLAREI_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define FLAREI_TSAN 1
#endif
#ifndef FLAREI_ASAN
#define FLAREI_ASAN 0
#endif
#ifndef FLAREI_TSAN
#define FLAREI_TSAN 0
#endif

/** Zero it for a thread's own stack. */
struct flarei_context {
    void *stack_pointer; /* while it waits; with ucontext, its ucontext_t */
#if FLAREI_UCONTEXT
    void *lowest;
#endif
#if FLAREI_ASAN
    const void *stack;
    size_t stack_bytes;
    void *fake_stack;
#endif
#if FLAREI_TSAN
    void *tsan;
#endif
};

/** Prepares a stack to begin with `entry(argument)`, which must never return.
 *  @param stack its lowest byte @param bytes of it; the end is a multiple of 16 */
void flarei_context_make(struct flarei_context *context, void *stack, size_t bytes,
                         void (*entry)(void *argument), void *argument);

/** What an entry calls first. @param context its own @param from where it was switched from */
void flarei_context_entered(struct flarei_context *context, struct flarei_context *from);

/** Goes on in `to`; returns when somebody switches back. One thread. */
void flarei_context_switch(struct flarei_context *from, struct flarei_context *to);

/** The same for the last time: `from` is never gone back to. */
void flarei_context_leave(struct flarei_context *from, struct flarei_context *to);

/** Below this nothing is in use of the stack of one that waits. */
static inline const void *flarei_context_lowest(const struct flarei_context *context)
{
#if FLAREI_UCONTEXT
    return context->lowest;
#else
    return context->stack_pointer;
#endif
}

/** Forgets a context that was left. */
void flarei_context_drop(struct flarei_context *context);

#endif
