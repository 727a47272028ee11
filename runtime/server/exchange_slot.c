#include "server/exchange.h"

#include "http/request.h"
#include "server/body.h"
#include "server/crash.h"
#include "server/file.h"
#include "server/stream.h"
#include "server/websocket.h"
#include "server/work.h"
#include "server/worker.h"

#include <flare/memory.h>

/* A request's arena begins with one chunk of this. */
enum { ARENA_FIRST_BYTES = 4096 };

flare_pool_item *flarei_exchange_make(void *site)
{
    const struct flarei_served *served = ((struct flarei_site *)site)->served;
    const size_t fields = served->limits.headers_max;
    struct flarei_exchange *exchange = flarei_calloc(1, sizeof *exchange + fields * sizeof(flare_field));

    if (exchange == NULL)
        return NULL;
    flarei_arena_init(&exchange->arena, ARENA_FIRST_BYTES, served->limits.memory_max_bytes);
    exchange->rq.arena = &exchange->arena;
    exchange->rq.files = &flarei_system_files;
    exchange->rq.worker_state = ((struct flarei_site *)site)->worker_state;
    exchange->rq.websockets = flarei_websockets_carrier(served->service);
    exchange->rq.serving = &((struct flarei_site *)site)->worker->server->serving;
    exchange->head.fields = exchange->fields;
    exchange->head.field_capacity = (uint16_t)fields;
    return &exchange->item;
}

void flarei_exchange_destroy(flare_pool_item *item)
{
    struct flarei_exchange *exchange = FLARE_OWNER(item, struct flarei_exchange, item);

    flarei_crash_forget(&exchange->rq);
    flarei_arena_free(&exchange->arena);
    flarei_free(exchange);
}

void flarei_exchange_give(struct flarei_connection *connection)
{
    if (connection->exchange == NULL)
        return;
    flare_pool_give(&connection->site->exchanges, &connection->exchange->item);
    connection->exchange = NULL;
}

void flarei_exchange_drop(struct flarei_site *site, struct flarei_exchange *exchange)
{
    flarei_request_abandon(&exchange->rq);
    if (exchange->rq.state != FLAREI_REQUEST_FREE && exchange->rq.upload != NULL)
        flarei_upload_close(&exchange->rq);
    if (exchange->rq.state != FLAREI_REQUEST_FREE && exchange->rq.streamed)
        flarei_stream_free(&exchange->rq);
    flarei_arena_reset(&exchange->arena);
    exchange->rq.state = FLAREI_REQUEST_FREE;
    flarei_body_free(exchange);
    flare_pool_give(&site->exchanges, &exchange->item);
}

void flarei_exchange_abandon(struct flarei_connection *connection)
{
    struct flarei_exchange *exchange = connection->exchange;

    if (exchange == NULL)
        return;
    connection->exchange = NULL;
    if (FLARE_LIKELY(exchange->rq.work == NULL)) {
        flarei_exchange_drop(connection->site, exchange);
        return;
    }
    if (exchange->rq.streamed)
        flarei_stream_leave(&exchange->rq, &exchange->stirred);
    flarei_work_leave(&exchange->rq, connection->input);
    connection->input = NULL;
}
