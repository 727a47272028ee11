/* http/layer.h - a reply on its way to the wire may pass through layers, each a wire over the wire below: it
 * sees the head and the whole content, and hands on what it makes of them. A service that uses none has none.
 */
#ifndef FLAREI_HTTP_LAYER_H
#define FLAREI_HTTP_LAYER_H

#include "http/reply.h"

/** Heads what a layer remembers of a request; in the request's memory. */
struct flarei_layer {
    const struct flarei_wire *below; /**< NULL: h1 */
    struct flarei_layer *before;
};

/** Puts a layer on top. @param bytes of what it remembers, its head first @return NULL without memory */
static inline void *flarei_layer_push(flare_request *rq, const struct flarei_wire *wire, size_t bytes)
{
    struct flarei_layer *const layer = (struct flarei_layer *)flarei_arena_alloc(rq->arena, bytes);

    if (layer == NULL)
        return NULL;
    layer->below = rq->wire;
    layer->before = rq->layer;
    rq->layer = layer;
    rq->wire = wire;
    return layer;
}

/** Takes the top one off: what is replied from here on goes to what is below. */
static inline void flarei_layer_pop(flare_request *rq)
{
    rq->wire = rq->layer->below;
    rq->layer = rq->layer->before;
}

/** A field of the reply that is to be made: one that was added, else a constant of its head. @return false:
 * it has none */
bool flarei_reply_has(const flare_request *rq, const struct flarei_head *head, flare_str name,
                      flare_str *value);

/** Heads what a layer remembers that waits for a reply's whole content. */
struct flarei_layer_aside {
    struct flarei_layer layer;
    const struct flarei_head *head; /* of a reply that is open */
    flare_buffer *content;          /* the same: the thread's, until its next reply; NULL without memory */
};

/** Opens a reply for the layer on top, a struct flarei_layer_aside, which stays there. @param waits false: it
 * has nothing to do with this reply, which is opened below it */
flare_buffer *flarei_layer_open(flare_request *rq, const struct flarei_head *head, size_t length_hint,
                                bool waits);

/** Was all of the content written? Else flarei_layer_fail() is the reply. */
static inline bool flarei_layer_written(const struct flarei_layer_aside *of)
{
    return of->content != NULL && !of->content->failed;
}
flare_reply flarei_layer_fail(flare_request *rq);

/** Where a layer writes what it makes of a content: the thread's, valid until the next call. @return NULL
 * without memory */
flare_buffer *flarei_layer_made(void);

#endif
