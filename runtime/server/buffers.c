/* buffers.c - what pools of connections make: connections, and the buffers that they borrow. */
#include "server/connection.h"

#include <flare/memory.h>

enum { FREE_MS = 16 };

flare_pool_item *flarei_connection_make(void *site)
{
    struct flarei_connection *connection = flarei_calloc(1, sizeof *connection);

    (void)site;
    return connection ? &connection->item : NULL;
}

flare_pool_item *flarei_in_buffer_make(void *site)
{
    const size_t bytes = ((struct flarei_site *)site)->served->input_bytes;
    struct flarei_in_buffer *input = flarei_malloc(sizeof *input + bytes);

    if (input == NULL)
        return NULL;
    input->start = input->end = input->parsed = 0;
    input->capacity = (uint32_t)bytes;
    return &input->item;
}

static struct flarei_out_buffer *take_large(struct flarei_site *site)
{
    flare_pool_item *const item = site->large_outputs;

    if (item == NULL)
        return NULL;
    site->large_outputs = item->next;
    return FLARE_OWNER(item, struct flarei_out_buffer, item);
}

flare_pool_item *flarei_out_buffer_make(void *site)
{
    struct flarei_out_buffer *output = take_large(site);

    if (output != NULL)
        return &output->item;
    output = flarei_malloc(sizeof *output);
    if (output == NULL)
        return NULL;
    flarei_buffer_init(&output->buffer, FLAREI_OUTPUT_MAX_BYTES);
    if (flarei_buffer_reserve(&output->buffer, FLAREI_OUTPUT_KEEP_BYTES) == NULL) {
        flarei_free(output);
        return NULL;
    }
    return &output->item;
}

void flarei_out_buffer_destroy(flare_pool_item *item)
{
    struct flarei_out_buffer *output = FLARE_OWNER(item, struct flarei_out_buffer, item);

    flarei_buffer_free(&output->buffer);
    flarei_free(output);
}

void flarei_out_buffers_clear(struct flarei_site *site)
{
    struct flarei_out_buffer *output;

    while ((output = take_large(site)) != NULL)
        flarei_out_buffer_destroy(&output->item);
}

void flarei_out_buffer_give_large(struct flarei_site *site, struct flarei_out_buffer *output)
{
    struct flarei_worker *const worker = site->worker;

    if (site->outputs.free_count == 0) {
        flarei_buffer_shrink(&output->buffer, FLAREI_OUTPUT_KEEP_BYTES);
        flare_pool_give(&site->outputs, &output->item);
        return;
    }
    output->item.next = site->large_outputs;
    site->large_outputs = &output->item;
    if (!flare_timer_active(&worker->free_timer))
        flare_timer_set(worker->loop, &worker->free_timer, FREE_MS);
}

void flarei_out_buffer_free_due(flare_loop *loop, flare_timer *timer)
{
    struct flarei_worker *const worker = FLARE_OWNER(timer, struct flarei_worker, free_timer);
    struct flarei_out_buffer *output = NULL;

    for (size_t i = 0; i < worker->site_count; i++) {
        struct flarei_site *const site = &worker->sites[i];

        if (output == NULL && (output = take_large(site)) != NULL)
            flarei_out_buffer_destroy(&output->item);
        if (site->large_outputs != NULL)
            flare_timer_set(loop, timer, FREE_MS);
    }
}

void flarei_in_buffer_give(struct flarei_site *site, struct flarei_in_buffer *input)
{
    input->start = input->end = input->parsed = 0;
    flare_pool_give(&site->inputs, &input->item);
}
