/* What a typed call brings back as events (text/event-stream, HTML section 9.2): one after the other, while
 * the reply goes on. */
#include "client/call.h"

#include <flare/text.h>

#include <string.h>

static flare_arena *arena_of(struct flarei_calling *calling)
{
    return &calling->call->kept->arena;
}

void flarei_call_events_init(struct flarei_call_events *events, uint64_t max)
{
    const size_t most = max > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)max;

    flarei_buffer_init(&events->line, most);
    flarei_buffer_init(&events->data, most);
    flarei_buffer_init(&events->name, most);
    flarei_buffer_init(&events->id, most);
    events->max = most;
}

void flarei_call_events_free(struct flarei_call_events *events)
{
    flarei_buffer_free(&events->line);
    flarei_buffer_free(&events->data);
    flarei_buffer_free(&events->name);
    flarei_buffer_free(&events->id);
}

static flare_err add(struct flarei_call_events *events, flare_buffer *buffer, flare_str text)
{
    if (text.len > events->max - flarei_buffer_len(buffer))
        return FLARE_ERR_LIMIT;
    return flarei_buffer_append_str(buffer, text) ? FLARE_OK : FLARE_ERR_MEMORY;
}

/* ---- Before the first ---- */

/* A reply that is none of events is collected, as other calls do it. */
static flare_err collect(struct flarei_call_kept *kept, const flare_fetch_reply *reply)
{
    struct flarei_call_events *const events = &kept->events;
    flare_str part;
    flare_err err;

    while ((err = flare_fetch_read(kept->fetch, &part)) == FLARE_OK && part.len != 0) {
        err = add(events, &events->data, part);
        if (err != FLARE_OK)
            break;
    }
    kept->reply = *reply;
    kept->reply.content = flarei_buffer_str(&events->data);
    return err;
}

flare_err flarei_call_open(struct flarei_calling *calling, const flare_fetch_options *options,
                           const flare_fetch_reply **reply)
{
    struct flarei_call_kept *const kept = calling->call->kept;
    flare_err err = flare_fetch_open(&kept->fetch, calling->remote->client, options, reply);

    if (err != FLARE_OK)
        return err;
    kept->events.open =
        flare_str_equal_nocase(flarei_call_essence(flare_fetch_field(*reply, FLARE_STR("content-type"))),
                               FLARE_STR("text/event-stream"));
    if (kept->events.open)
        return FLARE_OK;
    err = collect(kept, *reply);
    *reply = &kept->reply;
    return err;
}

/* ---- Lines ---- */

/* The next line, without its end; false where more has to come first. */
static bool take_line(struct flarei_call_events *events, flare_str *line, flare_err *err)
{
    size_t length = 0;

    *err = FLARE_OK;
    if (events->skip && events->part.len != 0) {
        if (*events->part.ptr == '\n')
            events->part = (flare_str){events->part.ptr + 1, events->part.len - 1};
        events->skip = false;
    }
    while (length < events->part.len && events->part.ptr[length] != '\n' && events->part.ptr[length] != '\r')
        length++;
    *line = (flare_str){events->part.ptr, length};
    if (length == events->part.len || flarei_buffer_len(&events->line) != 0) {
        *err = length != 0 ? add(events, &events->line, *line) : FLARE_OK;
        *line = flarei_buffer_str(&events->line);
    }
    if (length == events->part.len) {
        events->part.len = 0;
        return false;
    }
    events->skip = events->part.ptr[length] == '\r';
    events->part = (flare_str){events->part.ptr + length + 1, events->part.len - length - 1};
    return *err == FLARE_OK;
}

static uint32_t number_of(flare_str text, uint32_t otherwise)
{
    uint32_t number = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || number > 100000000)
            return otherwise;
        number = number * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    return text.len != 0 ? number : otherwise;
}

/* What a line says of the event that is on its way; other names, and comments, say nothing. */
static flare_err take_field(struct flarei_call_events *events, flare_str line)
{
    const char *const colon = memchr(line.ptr, ':', line.len);
    const flare_str name = {line.ptr, colon != NULL ? (size_t)(colon - line.ptr) : line.len};
    flare_str value = {line.ptr + name.len, line.len - name.len};

    if (value.len != 0)
        value = (flare_str){value.ptr + 1, value.len - 1};
    if (value.len != 0 && *value.ptr == ' ')
        value = (flare_str){value.ptr + 1, value.len - 1};
    if (flare_str_equal(name, FLARE_STR("data"))) {
        const flare_err err = value.len != 0 ? add(events, &events->data, value) : FLARE_OK;

        return err == FLARE_OK ? add(events, &events->data, FLARE_STR("\n")) : err;
    }
    if (flare_str_equal(name, FLARE_STR("retry"))) {
        events->retry_ms = number_of(value, events->retry_ms);
    } else if (flare_str_equal(name, FLARE_STR("event"))) {
        flarei_buffer_clear(&events->name);
        return value.len != 0 ? add(events, &events->name, value) : FLARE_OK;
    } else if (flare_str_equal(name, FLARE_STR("id")) &&
               (value.len == 0 || memchr(value.ptr, '\0', value.len) == NULL)) {
        flarei_buffer_clear(&events->id);
        return value.len != 0 ? add(events, &events->id, value) : FLARE_OK;
    }
    return FLARE_OK;
}

/* Takes lines until one ends an event that has data. */
static flare_err take_event(struct flarei_call_kept *kept)
{
    struct flarei_call_events *const events = &kept->events;
    flare_str line;
    flare_err err;

    for (;;) {
        while (take_line(events, &line, &err)) {
            if (!events->begun && line.len >= 3 && memcmp(line.ptr, "\xef\xbb\xbf", 3) == 0)
                line = (flare_str){line.ptr + 3, line.len - 3};
            events->begun = true;
            if (line.len != 0)
                err = take_field(events, line);
            flarei_buffer_clear(&events->line);
            if (err != FLARE_OK)
                return err;
            if (line.len == 0 && flarei_buffer_len(&events->data) != 0)
                return FLARE_OK;
            if (line.len == 0)
                flarei_buffer_clear(&events->name);
        }
        if (err != FLARE_OK)
            return err;
        err = flare_fetch_read(kept->fetch, &events->part);
        if (err != FLARE_OK || events->part.len == 0)
            return err != FLARE_OK ? err : FLARE_ERR_CLOSED;
    }
}

/* ---- Events ---- */

flare_err flarei_call_event(struct flarei_calling *calling, flare_call *call, flare_event *event)
{
    struct flarei_call_kept *const kept = call->kept;
    struct flarei_call_events *const events = kept != NULL ? &kept->events : NULL;
    flare_err err;

    *calling = (struct flarei_calling){.call = call};
    if (kept == NULL || !events->open)
        return FLARE_ERR_STATE;
    /* What the last one took. */
    if (events->marked)
        flarei_arena_rewind(&kept->arena, events->mark);
    events->mark = flarei_arena_mark_get(&kept->arena);
    events->marked = true;
    call->failure_count = 0;
    call->why = NULL;
    flarei_buffer_clear(&events->data);
    flarei_buffer_clear(&events->name);
    events->retry_ms = 0;
    err = take_event(kept);
    if (err != FLARE_OK) {
        if (err != FLARE_ERR_CLOSED)
            call->why = flare_fetch_why(kept->fetch);
        events->open = false;
        return err;
    }
    if (event != NULL)
        *event =
            (flare_event){flarei_buffer_str(&events->id), flarei_buffer_str(&events->name), events->retry_ms};
    return FLARE_OK;
}

const char *flarei_call_event_read(struct flarei_calling *calling, struct flarei_json *json)
{
    const flare_str data = flarei_buffer_str(&calling->call->kept->events.data);

    /* The line end behind the last line of the data is none of it. */
    return flarei_json_begin(json, (flare_str){data.ptr, data.len - 1}, arena_of(calling));
}

flare_err flarei_call_event_checked(struct flarei_calling *calling, struct flarei_json *json, const char *at)
{
    return flarei_call_judge(calling, json, at, "the event is not as the spec says: see the failures");
}
