/* metrics.c - metrics(): what happened to requests, counted by each thread for itself and summed when
 * somebody asks, as Prometheus' text. A thread's counters are one block that only it writes, so counting is
 * plain loads and stores and no cache line is shared. Blocks live as long as the service: counters never go
 * back. A supervisor's processes share theirs, and one that takes another's place counts on in its block. */
#include "base/shared.h"
#include "http/reply.h"

#include <flare/memory.h>
#include <flare/reply.h>

#include <pthread.h>
#include <stdatomic.h>

/* Upper bounds of the histogram's buckets, in nanoseconds, and as Prometheus calls them. */
static const struct {
    int64_t ns;
    const char *text;
} bounds[] = {
    {500000, "0.0005"},  {1000000, "0.001"},  {2500000, "0.0025"}, {5000000, "0.005"},
    {10000000, "0.01"},  {25000000, "0.025"}, {50000000, "0.05"},  {100000000, "0.1"},
    {250000000, "0.25"}, {500000000, "0.5"},  {1000000000, "1"},   {2500000000, "2.5"},
    {5000000000, "5"},   {10000000000, "10"}, {30000000000, "30"}, {INT64_MAX, "+Inf"},
};

enum { BUCKETS = sizeof bounds / sizeof *bounds, STATUSES = 16, LINE_BYTES = 64 };

typedef atomic_uint_least64_t counter;

/* One route's, or what no route got. */
struct row {
    counter buckets[BUCKETS];
    counter total_ns;
    counter errors;
    atomic_uint statuses[STATUSES]; /* those that were met; the last one stands for all further ones */
    counter counts[STATUSES];       /* of each */
};

struct counts {
    char before[LINE_BYTES]; /* what others write is in other cache lines */
    counter began, ended;
    struct row rows[]; /* by route, then the one without */
};

/* Counts that this process knows of. */
struct block {
    struct block *next;
    const flare_service *service;
    struct counts *counts;
};

static _Atomic(struct block *) blocks;
static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER; /* of who adds one */
static _Thread_local struct block *mine;                        /* the one that was asked for last */

static void raise(counter *at, uint64_t more)
{
    atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + more, memory_order_relaxed);
}

static uint64_t value_of(const counter *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

/* Blocks of this thread, by service: a process has few. */
static _Thread_local struct block *own[8];

static size_t counts_bytes(const flare_service *service)
{
    return sizeof(struct counts) + ((size_t)service->route_count + 1) * sizeof(struct row) + LINE_BYTES;
}

static bool is_known(const struct counts *counts)
{
    const struct block *block = atomic_load(&blocks);

    while (block != NULL && block->counts != counts)
        block = block->next;
    return block != NULL;
}

/* Locked. @return NULL without memory */
static struct block *add(const flare_service *service, struct counts *counts)
{
    struct block *const block = (struct block *)flarei_malloc(sizeof *block);

    if (block == NULL)
        return NULL;
    *block = (struct block){.next = atomic_load(&blocks), .service = service, .counts = counts};
    atomic_store(&blocks, block);
    return block;
}

/* This process's share of a supervisor's memory, which one thread can have. What its predecessor left under
 * way has ended with it. @return NULL: there is none to have */
static struct counts *shared_counts(const flare_service *service)
{
    struct counts *const counts =
        (struct counts *)flarei_shared_make(service, flarei_shared_process(), counts_bytes(service));

    if (counts == NULL || is_known(counts))
        return NULL;
    atomic_store(&counts->ended, atomic_load(&counts->began));
    return counts;
}

static struct block *block_new(const flare_service *service)
{
    struct counts *const shared = shared_counts(service);
    struct counts *const counts = shared != NULL ? shared : flarei_calloc(1, counts_bytes(service));
    struct block *const block = counts != NULL ? add(service, counts) : NULL;

    if (block == NULL && shared == NULL)
        flarei_free(counts);
    return block;
}

static FLARE_NOINLINE_COLD struct block *block_make(const flare_service *service)
{
    size_t at = 0;

    while (at < sizeof own / sizeof *own && own[at] != NULL && own[at]->service != service)
        at++;
    if (at == sizeof own / sizeof *own)
        return NULL;
    if (own[at] == NULL) {
        (void)pthread_mutex_lock(&blocks_lock);
        own[at] = block_new(service);
        (void)pthread_mutex_unlock(&blocks_lock);
    }
    return own[at] != NULL ? mine = own[at] : NULL;
}

/* Those that other processes have made since. */
static void meet_others(const flare_service *service)
{
    (void)pthread_mutex_lock(&blocks_lock);
    for (unsigned i = 0; i < flarei_shared_processes(); i++) {
        struct counts *const counts = (struct counts *)flarei_shared_find(service, i);

        if (counts != NULL && i != flarei_shared_process() && !is_known(counts))
            (void)add(service, counts);
    }
    (void)pthread_mutex_unlock(&blocks_lock);
}

static inline struct block *block_of(const flare_service *service)
{
    return FLARE_LIKELY(mine != NULL && mine->service == service) ? mine : block_make(service);
}

void flarei_use_metrics(flare_request *rq)
{
    struct block *const block = block_of(rq->service);

    if (FLARE_UNLIKELY(block == NULL))
        return;
    rq->marks |= FLAREI_MARK_COUNTED;
    raise(&block->counts->began, 1);
}

static void count_status(struct row *row, unsigned status)
{
    size_t at = 0;

    while (at < STATUSES - 1) {
        const unsigned known = atomic_load_explicit(&row->statuses[at], memory_order_relaxed);

        if (known == status + 1)
            break;
        if (known == 0) {
            atomic_store_explicit(&row->statuses[at], status + 1, memory_order_relaxed);
            break;
        }
        at++;
    }
    raise(&row->counts[at], 1);
}

void flarei_metrics_end(flare_request *rq)
{
    struct block *const block = block_of(rq->service);
    const int64_t ns = rq->start_ns != 0 ? flarei_clock_monotonic() - rq->start_ns : 0;
    size_t bucket = 0;

    if (FLARE_UNLIKELY(block == NULL))
        return;
    struct row *const row =
        &block->counts
             ->rows[rq->route != NULL ? (size_t)(rq->route - rq->service->routes) : rq->service->route_count];
    while (ns > bounds[bucket].ns)
        bucket++;
    raise(&row->buckets[bucket], 1);
    raise(&row->total_ns, ns > 0 ? (uint64_t)ns : 0);
    count_status(row, rq->reply_status);
    if (FLARE_UNLIKELY(rq->reply_status >= 500 || rq->reply_status == 0))
        raise(&row->errors, 1);
    if ((rq->marks & FLAREI_MARK_COUNTED) != 0)
        raise(&block->counts->ended, 1);
}

/* ---- the text ------------------------------------------------------------------------------------------ */

/* A row summed over all blocks. */
struct sums {
    uint64_t buckets[BUCKETS], count, total_ns, errors;
    struct {
        unsigned status;
        uint64_t count;
    } statuses[64];
    size_t statuses_count;
    uint64_t others; /* replies of still other statuses */
};

static void add_status(struct sums *sums, unsigned known, uint64_t count)
{
    size_t at = 0;

    if (known == 0) {
        sums->others += count;
        return;
    }
    while (at < sums->statuses_count && sums->statuses[at].status != known - 1)
        at++;
    if (at == sizeof sums->statuses / sizeof *sums->statuses) {
        sums->others += count;
        return;
    }
    if (at == sums->statuses_count)
        sums->statuses[sums->statuses_count++].count = 0;
    sums->statuses[at].status = known - 1;
    sums->statuses[at].count += count;
}

static void sum_row(const flare_service *service, size_t index, struct sums *sums)
{
    memset(sums, 0, sizeof *sums);
    for (const struct block *block = atomic_load(&blocks); block != NULL; block = block->next) {
        const struct row *const row = &block->counts->rows[index];

        if (block->service != service)
            continue;
        for (size_t i = 0; i < BUCKETS; i++) {
            sums->buckets[i] += value_of(&row->buckets[i]);
            sums->count += value_of(&row->buckets[i]);
        }
        sums->total_ns += value_of(&row->total_ns);
        sums->errors += value_of(&row->errors);
        for (size_t i = 0; i < STATUSES; i++) {
            const uint64_t count = value_of(&row->counts[i]);

            if (count != 0)
                add_status(sums, atomic_load_explicit(&row->statuses[i], memory_order_relaxed), count);
        }
    }
}

static void put_label(flare_buffer *out, const char *name, flare_str value)
{
    flarei_put(out, name, strlen(name));
    FLAREI_PUT(out, "=\"");
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            FLAREI_PUT(out, "\\");
        flarei_put(out, value.ptr + i, 1);
    }
    FLAREI_PUT(out, "\"");
}

static void put_number(flare_buffer *out, uint64_t value)
{
    char digits[FLARE_U64_MAX_BYTES];

    flarei_put(out, digits, flare_u64_format(value, digits));
}

static void put_name(flare_buffer *out, const char *name, const flare_service *service, size_t index)
{
    const bool matched = index < service->route_count;

    flarei_put(out, name, strlen(name));
    FLAREI_PUT(out, "{");
    put_label(out, "method", matched ? service->routes[index].method : FLARE_STR("none"));
    FLAREI_PUT(out, ",");
    put_label(out, "route", matched ? service->routes[index].pattern : FLARE_STR("none"));
}

static void put_line(flare_buffer *out, uint64_t value)
{
    FLAREI_PUT(out, "} ");
    put_number(out, value);
    FLAREI_PUT(out, "\n");
}

static void put_seconds(flare_buffer *out, uint64_t ns)
{
    char digits[10];

    for (size_t i = 9; i > 0; i--, ns /= 10)
        digits[i] = (char)('0' + ns % 10);
    digits[0] = '.';
    put_number(out, ns);
    flarei_put(out, digits, sizeof digits);
}

static void put_requests(flare_buffer *out, const flare_service *service, size_t index,
                         const struct sums *sums)
{
    for (size_t i = 0; i < sums->statuses_count; i++) {
        char digits[FLARE_U64_MAX_BYTES];

        put_name(out, "http_requests_total", service, index);
        FLAREI_PUT(out, ",");
        put_label(out, "code", (flare_str){digits, flare_u64_format(sums->statuses[i].status, digits)});
        put_line(out, sums->statuses[i].count);
    }
    if (sums->others != 0) {
        put_name(out, "http_requests_total", service, index);
        FLAREI_PUT(out, ",code=\"other\"");
        put_line(out, sums->others);
    }
}

static void put_durations(flare_buffer *out, const flare_service *service, size_t index,
                          const struct sums *sums)
{
    uint64_t count = 0;

    for (size_t i = 0; i < BUCKETS; i++) {
        count += sums->buckets[i];
        put_name(out, "http_request_duration_seconds_bucket", service, index);
        FLAREI_PUT(out, ",");
        put_label(out, "le", flare_str_of(bounds[i].text));
        put_line(out, count);
    }
    put_name(out, "http_request_duration_seconds_sum", service, index);
    FLAREI_PUT(out, "} ");
    put_seconds(out, sums->total_ns);
    FLAREI_PUT(out, "\n");
    put_name(out, "http_request_duration_seconds_count", service, index);
    put_line(out, count);
}

static void put_errors(flare_buffer *out, const flare_service *service, size_t index, const struct sums *sums)
{
    put_name(out, "http_request_errors_total", service, index);
    put_line(out, sums->errors);
}

static void put_family(flare_buffer *out, const flare_service *service,
                       void (*put)(flare_buffer *out, const flare_service *service, size_t index,
                                   const struct sums *sums))
{
    struct sums sums;

    for (size_t i = 0; i <= service->route_count; i++) {
        sum_row(service, i, &sums);
        if (sums.count != 0)
            put(out, service, i, &sums);
    }
}

static void put_in_flight(flare_buffer *out, const flare_service *service)
{
    uint64_t began = 0, ended = 0;

    for (const struct block *block = atomic_load(&blocks); block != NULL; block = block->next) {
        if (block->service == service) {
            ended += value_of(&block->counts->ended);
            began += value_of(&block->counts->began);
        }
    }
    put_number(out, began > ended ? began - ended : 0);
}

static void put_all(flare_buffer *out, const flare_service *service)
{
    FLAREI_PUT(out,
               "# HELP http_requests_total Requests that were replied to; code 0: the peer left before.\n"
               "# TYPE http_requests_total counter\n");
    put_family(out, service, put_requests);
    FLAREI_PUT(out, "# HELP http_request_errors_total Requests whose reply was a 5xx, or that got none.\n"
                    "# TYPE http_request_errors_total counter\n");
    put_family(out, service, put_errors);
    FLAREI_PUT(out, "# HELP http_request_duration_seconds From the head being received to the reply being "
                    "made.\n# TYPE http_request_duration_seconds histogram\n");
    put_family(out, service, put_durations);
    FLAREI_PUT(out, "# HELP http_requests_in_flight Requests that are being handled, this one too.\n"
                    "# TYPE http_requests_in_flight gauge\nhttp_requests_in_flight ");
    put_in_flight(out, service);
    FLAREI_PUT(out, "\n# HELP service_info What is running.\n# TYPE service_info gauge\nservice_info{");
    put_label(out, "service", service->name);
    FLAREI_PUT(out, ",");
    put_label(out, "version", service->version);
    FLAREI_PUT(out, "} 1\n");
}

flare_reply flarei_reply_metrics(flare_request *rq)
{
    static const struct flarei_head head =
        FLAREI_HEAD(200, "OK", "text/plain; version=0.0.4; charset=utf-8", "");
    flare_buffer *out;

    if (flarei_reply_field_constant(rq, FLARE_STR("Cache-Control"), FLARE_STR("no-store")) != FLARE_OK)
        return flarei_reply_fail(rq, "no room for Cache-Control");
    (void)block_of(rq->service); /* and what this process's predecessor counted */
    meet_others(rq->service);
    out = flarei_reply_open(rq, &head, 9999);
    if (out != NULL)
        put_all(out, rq->service);
    return flarei_reply_close(rq);
}
