#include <flare/connect.h>
#include <flare/dns.h>
#include <flare/memory.h>

#include <stdio.h>

/* How soon a unix listener whose queue was full is asked again. */
enum { FULL_MS = 20 };

/* One address that is being tried. */
struct trial {
    flare_watch watch;
    struct flare_connect *attempt;
};

struct flare_connect {
    flare_loop *loop;
    flare_connect_function *done;
    void *context;
    flare_dns_lookup *lookup;
    flare_timer deadline;
    flare_timer next; /* when a further address is due, or the end that could not be told at once */
    uint32_t delay_ms;
    flare_err err; /* of the addresses that failed */
    size_t count;
    size_t begun; /* of the addresses */
    size_t open;  /* trials under way */
    flare_address addresses[FLARE_DNS_ADDRESSES_MAX];
    struct trial trials[FLARE_DNS_ADDRESSES_MAX];
};

/* Ends all that is under way. */
static void clear(struct flare_connect *attempt)
{
    flare_dns_cancel(attempt->lookup);
    attempt->lookup = NULL;
    flare_timer_cancel(attempt->loop, &attempt->deadline);
    flare_timer_cancel(attempt->loop, &attempt->next);
    for (size_t i = 0; i < attempt->begun; i++)
        if (flare_watch_active(&attempt->trials[i].watch))
            flare_loop_close(attempt->loop, &attempt->trials[i].watch);
}

static void finish(struct flare_connect *attempt, flare_err err, int fd)
{
    clear(attempt);
    attempt->done(attempt->loop, attempt->context, err, fd);
    flarei_free(attempt);
}

/* ---- The race ---- */

/* That a network is missing says less than what another one answered. */
static void note(struct flare_connect *attempt, flare_err err)
{
    if (err != FLARE_ERR_UNREACHABLE || attempt->err == FLARE_OK)
        attempt->err = err;
}

static void begin_next(struct flare_connect *attempt);

static void trial_ready(flare_loop *loop, flare_watch *watch, unsigned ready)
{
    struct trial *const trial = FLARE_OWNER(watch, struct trial, watch);
    struct flare_connect *const attempt = trial->attempt;
    const flare_err err = flare_socket_error(watch->fd);

    (void)ready;
    if (err == FLARE_OK) {
        const int fd = watch->fd;

        flare_loop_remove(loop, watch);
        finish(attempt, FLARE_OK, fd);
        return;
    }
    note(attempt, err);
    attempt->open--;
    flare_loop_close(loop, watch);
    begin_next(attempt);
}

/* @return FLARE_OK if the address is being tried now */
static flare_err begin(struct flare_connect *attempt, const flare_address *address, struct trial *trial)
{
    const int fd = flare_socket_connect(address);
    flare_err err;

    if (fd < 0)
        return (flare_err)fd;
    trial->attempt = attempt;
    trial->watch = (flare_watch){.callback = trial_ready, .fd = fd, .want = FLARE_WRITE};
    err = flare_loop_add(attempt->loop, &trial->watch);
    if (err != FLARE_OK)
        flare_socket_close(fd);
    return err;
}

/* Tries the next address that can be; without one and with nothing under way the attempt has failed, which
 * the timer tells. */
static void begin_next(struct flare_connect *attempt)
{
    flare_timer_cancel(attempt->loop, &attempt->next);
    while (attempt->begun < attempt->count) {
        const size_t at = attempt->begun;
        const flare_err err = begin(attempt, &attempt->addresses[at], &attempt->trials[at]);

        if (err == FLARE_ERR_AGAIN) {
            flare_timer_set(attempt->loop, &attempt->next, FULL_MS);
            return;
        }
        attempt->begun++;
        if (err == FLARE_OK) {
            attempt->open++;
            if (attempt->begun < attempt->count)
                flare_timer_set(attempt->loop, &attempt->next, attempt->delay_ms);
            return;
        }
        note(attempt, err);
    }
    if (attempt->open == 0)
        flare_timer_set(attempt->loop, &attempt->next, 0);
}

static void next_due(flare_loop *loop, flare_timer *timer)
{
    struct flare_connect *const attempt = FLARE_OWNER(timer, struct flare_connect, next);

    (void)loop;
    if (attempt->begun == attempt->count && attempt->open == 0)
        finish(attempt, attempt->err, -1);
    else
        begin_next(attempt);
}

static void deadline_due(flare_loop *loop, flare_timer *timer)
{
    (void)loop;
    finish(FLARE_OWNER(timer, struct flare_connect, deadline), FLARE_ERR_TIMEOUT, -1);
}

/* ---- Which addresses ---- */

/* The families in turn, each in the order it has, the first one's first (RFC 8305 section 4). */
static void interleave(struct flare_connect *attempt, const flare_address *addresses, size_t count)
{
    size_t at[2] = {0, 0};

    for (size_t turn = 0; attempt->count < count; turn ^= 1) {
        size_t i = at[turn];

        while (i < count && (addresses[i].family == addresses[0].family) != (turn == 0))
            i++;
        if (i < count)
            attempt->addresses[attempt->count++] = addresses[i++];
        at[turn] = i;
    }
}

static void found(flare_loop *loop, void *context, flare_err err, const flare_address *addresses,
                  size_t count)
{
    struct flare_connect *const attempt = context;

    (void)loop;
    attempt->lookup = NULL;
    if (err != FLARE_OK) {
        finish(attempt, err, -1);
        return;
    }
    interleave(attempt, addresses, count);
    begin_next(attempt);
}

/* An address as text needs nobody to look it up. */
static bool read_address(flare_str host, uint16_t port, flare_address *address)
{
    const bool bare = host.len != 0 && memchr(host.ptr, ':', host.len) != NULL && host.ptr[0] != '[';
    char text[FLARE_DNS_NAME_MAX_BYTES + 16];
    int length;

    if (host.len > FLARE_DNS_NAME_MAX_BYTES)
        return false;
    length = snprintf(text, sizeof text, bare ? "[%.*s]:%u" : "%.*s:%u", FLARE_STR_ARG(host), port);
    return flare_address_parse((flare_str){text, (size_t)length}, address, NULL) == FLARE_OK &&
           (address->family == FLARE_ADDRESS_IPV4 || address->family == FLARE_ADDRESS_IPV6);
}

flare_err flare_connect_start(flare_connect **out, flare_loop *loop, const flare_connect_options *options,
                              flare_connect_function *done, void *context)
{
    struct flare_connect *attempt;
    flare_err err = FLARE_OK;

    *out = NULL;
    if (options->address == NULL && (options->host.len == 0 || options->port == 0))
        return FLARE_ERR_ARGUMENT;
    attempt = flarei_calloc(1, sizeof *attempt);
    if (attempt == NULL)
        return FLARE_ERR_MEMORY;
    attempt->loop = loop;
    attempt->done = done;
    attempt->context = context;
    attempt->delay_ms = options->delay_ms != 0 ? options->delay_ms : FLARE_CONNECT_DELAY_MS;
    attempt->deadline.callback = deadline_due;
    attempt->next.callback = next_due;
    if (options->address != NULL) {
        attempt->addresses[0] = *options->address;
        attempt->count = 1;
    } else if (read_address(options->host, options->port, &attempt->addresses[0])) {
        attempt->count = 1;
    } else {
        err = flare_dns_start(&attempt->lookup, loop, options->host, options->port, found, attempt);
    }
    if (err != FLARE_OK) {
        flarei_free(attempt);
        return err;
    }
    flare_loop_update_now(loop);
    flare_timer_set(loop, &attempt->deadline,
                    options->timeout_ms != 0 ? options->timeout_ms : FLARE_CONNECT_TIMEOUT_MS);
    if (attempt->count != 0)
        begin_next(attempt);
    *out = attempt;
    return FLARE_OK;
}

void flare_connect_cancel(flare_connect *attempt)
{
    if (attempt == NULL)
        return;
    clear(attempt);
    flarei_free(attempt);
}

/* ---- For who can wait ---- */

struct waiting {
    flare_err err;
    int fd;
};

static void keep(flare_loop *loop, void *context, flare_err err, int fd)
{
    *(struct waiting *)context = (struct waiting){err, fd};
    flare_loop_stop(loop);
}

flare_err flare_connect_wait(int *fd, const flare_connect_options *options)
{
    struct waiting waiting = {FLARE_ERR_AGAIN, -1};
    flare_connect *attempt;
    flare_loop *loop;
    flare_err err = flare_loop_create(&loop, FLARE_LOOP_DEFAULT);

    *fd = -1;
    if (err != FLARE_OK)
        return err;
    err = flare_connect_start(&attempt, loop, options, keep, &waiting);
    if (err == FLARE_OK) {
        err = flare_loop_run(loop);
        if (waiting.err == FLARE_ERR_AGAIN)
            flare_connect_cancel(attempt);
        (void)flare_loop_run_once(loop, 0); /* an answer to a lookup that was too late */
        err = err == FLARE_OK ? waiting.err : err;
        *fd = waiting.fd;
    }
    flare_loop_destroy(loop);
    return err;
}
