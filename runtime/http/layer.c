#include "http/layer.h"

#include <flare/memory.h>

#include <pthread.h>

/* What a thread keeps of the buffers between two replies. */
enum { KEEP_BYTES = 256 * 1024, MOST_BYTES = 64 << 20 };

struct buffers {
    flare_buffer content, made;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static _Thread_local struct buffers *own;

static void end(void *of_thread)
{
    struct buffers *const buffers = (struct buffers *)of_thread;

    flarei_buffer_free(&buffers->content);
    flarei_buffer_free(&buffers->made);
    flarei_free(buffers);
    own = NULL;
}

static void begin(void)
{
    has_key = pthread_key_create(&key, end) == 0;
}

/* At the first use of a thread; they go with it. */
static FLARE_NOINLINE_COLD struct buffers *make(void)
{
    struct buffers *buffers;

    (void)pthread_once(&once, begin);
    if (!has_key)
        return NULL;
    buffers = (struct buffers *)flarei_calloc(1, sizeof *buffers);
    if (buffers == NULL)
        return NULL;
    if (pthread_setspecific(key, buffers) != 0) {
        flarei_free(buffers);
        return NULL;
    }
    flarei_buffer_init(&buffers->content, MOST_BYTES);
    flarei_buffer_init(&buffers->made, MOST_BYTES);
    return own = buffers;
}

static flare_buffer *emptied(flare_buffer *buffer)
{
    flarei_buffer_clear(buffer);
    buffer->failed = false;
    if (FLARE_UNLIKELY(buffer->capacity > KEEP_BYTES))
        flarei_buffer_shrink(buffer, KEEP_BYTES);
    return buffer;
}

flare_buffer *flarei_layer_open(flare_request *rq, const struct flarei_head *head, size_t length_hint,
                                bool waits)
{
    struct flarei_layer_aside *const of = (struct flarei_layer_aside *)(void *)rq->layer;
    struct buffers *buffers;

    if (!waits) {
        flarei_layer_pop(rq);
        return flarei_reply_open(rq, head, length_hint);
    }
    buffers = own != NULL ? own : make();
    of->head = head;
    return of->content = buffers != NULL ? emptied(&buffers->content) : NULL;
}

flare_reply flarei_layer_fail(flare_request *rq)
{
    flarei_layer_pop(rq);
    return flarei_reply_fail(rq, "the reply's content could not be written");
}

flare_buffer *flarei_layer_made(void)
{
    struct buffers *const buffers = own != NULL ? own : make();

    return buffers != NULL ? emptied(&buffers->made) : NULL;
}

static bool find(const flare_field *fields, uint32_t count, flare_str name, flare_str *value)
{
    for (uint32_t i = 0; i < count; i++) {
        if (flare_str_equal_nocase(fields[i].name, name)) {
            *value = fields[i].value;
            return true;
        }
    }
    return false;
}

bool flarei_reply_has(const flare_request *rq, const struct flarei_head *head, flare_str name,
                      flare_str *value)
{
    return (rq->reply_field_count != 0 && find(rq->reply_fields, rq->reply_field_count, name, value)) ||
           find(head->fields, head->field_count, name, value);
}
