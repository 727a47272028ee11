/* What came back: whether it is the reply, leads elsewhere, or is worth another try. */
#include "client/cookies.h"
#include "client/fetch.h"

#include <flare/number.h>
#include <flare/random.h>
#include <flare/text.h>
#include <flare/time.h>

enum { DROPPED_MAX_BYTES = 1 << 16, STEP_BYTES = 16384 };

/* ---- Its head ---- */

static flare_str moved(flare_str text, const char *from, const char *to)
{
    return text.len != 0 ? (flare_str){to + (text.ptr - from), text.len} : text;
}

/* The head's bytes and fields become the fetch's own. */
static flare_err keep_head(flare_fetch *fetch, const struct flarei_h1_response *response, flare_str head)
{
    const size_t count = response->field_count;
    char *const bytes = flarei_arena_alloc(&fetch->arena, head.len);
    flare_field *const fields = flarei_arena_alloc_array(&fetch->arena, count + 1, sizeof *fields);

    if (bytes == NULL || fields == NULL)
        return FLARE_ERR_MEMORY;
    if (head.len != 0)
        memcpy(bytes, head.ptr, head.len);
    for (size_t i = 0; i < count; i++) {
        fields[i].name = moved(response->fields[i].name, head.ptr, bytes);
        fields[i].value = moved(response->fields[i].value, head.ptr, bytes);
    }
    fetch->reply.status = response->status;
    fetch->reply.version = fetch->connection->h2 != NULL ? 20 : response->version_minor != 0 ? 11 : 10;
    fetch->reply.url = fetch->url_text;
    fetch->reply.fields = fields;
    fetch->reply.field_count = count;
    return FLARE_OK;
}

/* The first field of a name. */
static flare_str field_of(const flare_fetch *fetch, const char *name)
{
    return flare_fetch_field(&fetch->reply, flare_str_of(name));
}

static bool leads_elsewhere(const flare_fetch *fetch, const struct flarei_h1_response *response)
{
    const unsigned status = response->status;

    return !fetch->keep_redirects && response->location != 0 &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

static bool may_try_again(const flare_fetch *fetch)
{
    return fetch->reply.retries < fetch->retries_max && flarei_fetch_is_repeatable(fetch->method) &&
           flarei_upload_may_repeat(&fetch->upload);
}

static bool is_passing(unsigned status)
{
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

/* What there is no memory for is lost, as it would be in a jar that is full. */
static void keep_cookies(flare_fetch *fetch)
{
    for (size_t i = 0; i < fetch->reply.field_count; i++)
        if (flare_str_equal_nocase(fetch->reply.fields[i].name, FLARE_STR("set-cookie")))
            (void)flarei_cookies_keep(fetch->client->cookies, &fetch->url, fetch->reply.fields[i].value,
                                      flarei_clock_wall());
}

static flare_err begin_coding(flare_fetch *fetch, const struct flarei_h1_response *response)
{
    flare_err err;

    if (fetch->keep_coded || response->content_encoding == 0 || response->framing == FLAREI_H1_NO_CONTENT)
        return FLARE_OK;
    err = flarei_coding_begin(&fetch->coding, fetch->reply.fields[response->content_encoding - 1].value,
                              fetch->client->coding);
    if (err == FLARE_ERR_UNSUPPORTED)
        fetch->why = "the content is in a coding that was not asked for";
    return err;
}

flare_err flarei_fetch_head(flare_fetch *fetch, const struct flarei_h1_response *response, flare_str head)
{
    flare_err err = keep_head(fetch, response, head);

    if (err != FLARE_OK)
        return err;
    if (fetch->client->cookies != NULL && response->set_cookie != 0)
        keep_cookies(fetch);
    if (leads_elsewhere(fetch, response)) {
        fetch->next = FLAREI_FETCH_REDIRECT;
        return FLARE_OK;
    }
    if (response->status == 417 && fetch->expect_ms != 0 && flarei_upload_may_repeat(&fetch->upload)) {
        fetch->expect_ms = 0; /* RFC 9110, section 10.1.1: repeated without */
        fetch->next = FLAREI_FETCH_UNASKED;
        return FLARE_OK;
    }
    if (is_passing(response->status) && may_try_again(fetch)) {
        fetch->next = FLAREI_FETCH_RETRY;
        return FLARE_OK;
    }
    err = begin_coding(fetch, response);
    if (err == FLARE_OK && fetch->handler.head != NULL) {
        fetch->told = true;
        fetch->handler.head(fetch, fetch->context, &fetch->reply);
    }
    return err;
}

/* ---- Its content ---- */

static flare_err hand_out(flare_fetch *fetch, flare_str part)
{
    if (part.len == 0)
        return FLARE_OK;
    fetch->content_bytes += part.len;
    if (fetch->counts_content && fetch->content_bytes > fetch->content_max_bytes) {
        fetch->why = "the content is too large";
        return FLARE_ERR_LIMIT;
    }
    if (fetch->handler.content == NULL)
        return flarei_buffer_append_str(&fetch->collected, part) ? FLARE_OK : FLARE_ERR_MEMORY;
    fetch->told = true;
    fetch->handler.content(fetch, fetch->context, part);
    return fetch->over ? FLARE_ERR_CANCELLED : FLARE_OK;
}

static flare_err decode(flare_fetch *fetch, flare_str *input)
{
    char output[STEP_BYTES];
    size_t written = sizeof output;
    flare_err err = FLARE_OK;

    while (err == FLARE_OK && !fetch->paused && (input->len != 0 || written == sizeof output)) {
        err = flarei_coding_step(&fetch->coding, input, output, sizeof output, &written);
        if (err == FLARE_ERR_SYNTAX)
            fetch->why = "the content is not of its coding";
        if (err == FLARE_OK)
            err = hand_out(fetch, (flare_str){output, written});
    }
    return err;
}

flare_err flarei_fetch_take(flare_fetch *fetch, flare_str part)
{
    const bool waited = flarei_buffer_len(&fetch->coded) != 0;
    flare_err err;

    if (fetch->next != FLAREI_FETCH_REPLY) {
        fetch->content_bytes += part.len;
        return fetch->content_bytes <= DROPPED_MAX_BYTES ? FLARE_OK : FLARE_ERR_LIMIT;
    }
    if (fetch->coding.coding == NULL)
        return hand_out(fetch, part);
    if (waited && !flarei_buffer_append_str(&fetch->coded, part))
        return FLARE_ERR_MEMORY;
    if (waited)
        part = flarei_buffer_str(&fetch->coded);
    err = decode(fetch, &part);
    if (err != FLARE_OK)
        return err;
    if (waited)
        flarei_buffer_consume(&fetch->coded, flarei_buffer_len(&fetch->coded) - part.len);
    else if (!flarei_buffer_append_str(&fetch->coded, part))
        return FLARE_ERR_MEMORY;
    return FLARE_OK;
}

/* ---- Elsewhere ---- */

static bool is_one_of(flare_str name, const flare_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (flare_str_equal_nocase(name, names[i]))
            return true;
    return false;
}

static void drop_fields(flare_fetch *fetch, const flare_str *names, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < fetch->field_count; i++)
        if (!is_one_of(fetch->fields[i].name, names, count))
            fetch->fields[kept++] = fetch->fields[i];
    fetch->field_count = kept;
}

/* Who one is stays with the origin that was told (RFC 9110, section 15.4). */
static void drop_credentials(flare_fetch *fetch)
{
    static const flare_str names[] = {FLARE_STR_INIT("authorization"), FLARE_STR_INIT("cookie"),
                                      FLARE_STR_INIT("proxy-authorization")};

    drop_fields(fetch, names, sizeof names / sizeof names[0]);
    fetch->has_cookies = false; /* the jar's are sent again, where they are for */
}

static void drop_content(flare_fetch *fetch)
{
    static const flare_str names[] = {FLARE_STR_INIT("content-encoding"), FLARE_STR_INIT("content-language"),
                                      FLARE_STR_INIT("content-location"), FLARE_STR_INIT("digest"),
                                      FLARE_STR_INIT("last-modified")};

    fetch->method = FLARE_METHOD_GET;
    fetch->method_token = FLARE_STR("GET");
    fetch->content = fetch->content_type = FLARE_STR("");
    fetch->upload.is = false;
    drop_fields(fetch, names, sizeof names / sizeof names[0]);
}

static flare_err follow(flare_fetch *fetch)
{
    const unsigned status = fetch->reply.status;
    const struct flarei_url from = fetch->url;
    flare_str text;
    flare_err err;

    if (fetch->reply.redirects == fetch->redirects_max) {
        fetch->why = "too many redirects";
        return FLARE_ERR_LIMIT;
    }
    fetch->why = "a redirect to what is not followed";
    err = flarei_url_resolve(&fetch->arena, &from, field_of(fetch, "location"), &text);
    if (err != FLARE_OK)
        return err == FLARE_ERR_SYNTAX ? FLARE_ERR_UNSUPPORTED : err;
    (void)flarei_url_read(text, "http", "https", &fetch->url);
    if (from.secure && !fetch->url.secure) {
        fetch->why = "a redirect from https to http";
        return FLARE_ERR_UNSUPPORTED;
    }
    fetch->url_text = text;
    fetch->why = NULL;
    if (!flarei_url_same_origin(&from, &fetch->url))
        drop_credentials(fetch);
    if ((status == 303 && fetch->method != FLARE_METHOD_HEAD) ||
        ((status == 301 || status == 302) && fetch->method == FLARE_METHOD_POST))
        drop_content(fetch);
    fetch->reply.redirects++;
    fetch->stale = 0;
    return flarei_fetch_queue(fetch, false);
}

/* ---- Another try ---- */

/* How long the server wants to be left alone; 0: it does not say. */
static uint64_t retry_after_ms(const flare_fetch *fetch)
{
    const flare_str value = field_of(fetch, "retry-after");
    const flare_time now = flarei_clock_wall();
    uint32_t seconds;
    flare_time at;

    if (value.len == 0)
        return 0;
    if (flare_u32_parse(value, &seconds) == FLARE_OK)
        return (uint64_t)seconds * 1000;
    if (flare_time_http_parse(value, now, &at) == FLARE_OK && at > now)
        return (uint64_t)((at - now) / FLARE_TIME_MILLISECOND);
    return 0;
}

/* A pause that doubles, of which a random half is waited: many that failed at once do not come back at once.
 */
static void try_later(flare_fetch *fetch, uint64_t least_ms)
{
    const unsigned doubled = fetch->reply.retries < 16 ? fetch->reply.retries : 16;
    uint64_t pause_ms = (uint64_t)FLARE_FETCH_RETRY_MS << doubled;
    uint32_t random = 0;

    if (pause_ms > FLARE_FETCH_RETRY_MAX_MS)
        pause_ms = FLARE_FETCH_RETRY_MAX_MS;
    if (!flarei_random_bytes(&random, sizeof random))
        random = 0;
    pause_ms = pause_ms / 2 + random % (pause_ms / 2 + 1);
    if (least_ms > FLARE_FETCH_RETRY_MAX_MS)
        least_ms = FLARE_FETCH_RETRY_MAX_MS;
    fetch->reply.retries++;
    fetch->stale = 0;
    fetch->silent_ms = fetch->held_ms = UINT64_MAX;
    flarei_fetch_leave_queue(fetch);
    flare_loop_update_now(fetch->client->loop);
    fetch->again_ms = flare_loop_now_ms(fetch->client->loop) + (pause_ms > least_ms ? pause_ms : least_ms);
    flarei_fetch_set_timer(fetch);
}

static bool is_lasting(flare_err err)
{
    return err != FLARE_ERR_CLOSED && err != FLARE_ERR_RESET && err != FLARE_ERR_REFUSED &&
           err != FLARE_ERR_UNREACHABLE && err != FLARE_ERR_TIMEOUT;
}

/* ---- Its end ---- */

void flarei_fetch_failed(flare_fetch *fetch, flare_err err, const char *why)
{
    fetch->why = why;
    if (!is_lasting(err) && !fetch->told && may_try_again(fetch))
        try_later(fetch, 0);
    else
        flarei_fetch_tell(fetch, err);
}

void flarei_fetch_ended(flare_fetch *fetch)
{
    flare_err err = FLARE_OK;

    if (fetch->next == FLAREI_FETCH_RETRY) {
        try_later(fetch, retry_after_ms(fetch));
        return;
    }
    if (fetch->next == FLAREI_FETCH_REDIRECT || fetch->next == FLAREI_FETCH_UNASKED) {
        err = fetch->next == FLAREI_FETCH_REDIRECT ? follow(fetch) : flarei_fetch_queue(fetch, false);
        if (err == FLARE_OK)
            return;
    } else if (!flarei_coding_complete(&fetch->coding)) {
        fetch->why = "the content's coding is cut short";
        err = FLARE_ERR_SYNTAX;
    }
    flarei_fetch_tell(fetch, err);
}
