/* buffers.c - what pools of connections make: connections, and the buffers that they borrow. */
#include "server/connection.h"

#include <flare/memory.h>

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

flare_pool_item *flarei_out_buffer_make(void *site)
{
    struct flarei_out_buffer *output = flarei_malloc(sizeof *output);

    (void)site;
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

void flarei_in_buffer_give(struct flarei_site *site, struct flarei_in_buffer *input)
{
    input->start = input->end = input->parsed = 0;
    flare_pool_give(&site->inputs, &input->item);
}
