/* What the handler calls is async-signal-safe: it formats by itself and writes; the calls are walked by
 * backtrace(), whose library was loaded before. */
#include "server/crash.h"

#include "fiber/fiber.h"
#include "net/sys.h"
#include "server/work.h"
#include "server/worker.h"

#include <flare/memory.h>
#include <flare/number.h>

#include <unistd.h>
#if defined(__GLIBC__)
#include <execinfo.h>
#endif

enum { FRAMES_MAX = 64, STACK_BYTES = 64 * 1024, LINE_MAX_BYTES = 1024 };

static const struct {
    int number;
    const char *name;
} faults[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGFPE, "SIGFPE"}, {SIGABRT, "SIGABRT"},
};

static flare_str service_name;
static _Thread_local struct flarei_worker *current;

/* The fiber that runs on this thread, or NULL. */
static const struct flarei_fiber *fiber_of(void)
{
    return current != NULL && current->fibers != NULL ? current->fibers->current : NULL;
}

/* In the guard below its stack? */
static bool is_full(const struct flarei_fiber *fiber, const void *address)
{
    const uintptr_t below = (uintptr_t)fiber->stack.lowest - (uintptr_t)address;

    return below != 0 && below <= (uintptr_t)getpagesize();
}

struct line {
    size_t length;
    char text[LINE_MAX_BYTES];
};

/* What could end the line or hide in it is shown as a question mark. */
static void add(struct line *line, flare_str text)
{
    for (size_t i = 0; i < text.len && line->length < sizeof line->text - 1; i++) {
        const char c = text.ptr[i];

        line->text[line->length++] = c > ' ' && c < 0x7f ? c : '?';
    }
}

static void add_key(struct line *line, const char *key)
{
    if (line->length < sizeof line->text - 1)
        line->text[line->length++] = ' ';
    add(line, flare_str_of(key));
}

static void add_number(struct line *line, uint64_t value, unsigned base)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    add(line, (flare_str){digits + at, sizeof digits - at});
}

static void end(struct line *line)
{
    line->text[line->length++] = '\n';
    (void)!flarei_sys.write(2, line->text, line->length);
}

static void tell_fault(int number, const siginfo_t *info)
{
    struct line line = {0};
    const char *name = "a signal";

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].number == number)
            name = faults[i].name;
    add(&line, service_name);
    add_key(&line, "crashed");
    add_key(&line, "signal=");
    add(&line, flare_str_of(name));
    add_key(&line, "address=0x");
    add_number(&line, (uint64_t)(uintptr_t)info->si_addr, 16);
    add_key(&line, "process=");
    add_number(&line, (uint64_t)getpid(), 10);
    if (current != NULL) {
        add_key(&line, "worker=");
        add_number(&line, current->index + current->server->first_worker, 10);
    }
    if (fiber_of() != NULL && is_full(fiber_of(), info->si_addr))
        add_key(&line, "stack=full");
    end(&line);
}

/* That of the fiber that runs, or of one of its branches; else the one that the worker went on with last. */
static const flare_request *request_of(void)
{
    const struct flarei_fiber *const fiber = fiber_of();

    if (fiber != NULL && fiber->cancel != NULL)
        return &FLARE_OWNER(fiber->cancel, struct flarei_work, cancel)->exchange->rq;
    return current != NULL ? current->request : NULL;
}

/* If it is under way. */
static void tell_request(void)
{
    const flare_request *rq = request_of();
    struct line line = {0};

    if (rq == NULL || rq->state == FLAREI_REQUEST_FREE)
        return;
    add(&line, service_name);
    add_key(&line, "crashed");
    add_key(&line, "method=");
    add(&line, flare_method_name(rq->method));
    add_key(&line, "route=");
    add(&line, rq->route != NULL ? rq->route->pattern : FLARE_STR("-"));
    add_key(&line, "id=");
    add(&line, rq->id.len != 0 ? rq->id : FLARE_STR("-"));
    end(&line);
}

static void tell_calls(void)
{
#if defined(__GLIBC__)
    void *frames[FRAMES_MAX];

    backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), 2);
#endif
}

/* The action was reset when the handler began: a second fault, and the signal that is raised again, end the
 * process. */
static void fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    tell_fault(number, info);
    tell_request();
    tell_calls();
    (void)raise(number);
}

void flarei_crash_install(flare_str name)
{
    struct sigaction action = {.sa_sigaction = fault,
                               .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER)};
    struct sigaction before;

    service_name = name;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (flarei_sys.sigaction(faults[i].number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            (void)flarei_sys.sigaction(faults[i].number, &action, NULL);
#if defined(__GLIBC__)
    void *frame;

    (void)backtrace(&frame, 1);
#endif
}

void flarei_crash_enter(struct flarei_worker *worker)
{
    stack_t stack = {.ss_size = STACK_BYTES};

    current = worker;
    stack.ss_sp = worker->crash_stack = flarei_malloc(STACK_BYTES);
    if (stack.ss_sp != NULL)
        (void)sigaltstack(&stack, NULL);
}

void flarei_crash_leave(struct flarei_worker *worker)
{
    const stack_t none = {.ss_flags = SS_DISABLE, .ss_size = STACK_BYTES};

    current = NULL;
    (void)sigaltstack(&none, NULL);
    flarei_free(worker->crash_stack);
    worker->crash_stack = NULL;
}

void flarei_crash_forget(const flare_request *rq)
{
    if (current != NULL && current->request == rq)
        current->request = NULL;
}
