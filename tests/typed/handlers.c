/* Handlers that give back what they heard, and one of another service that replies what nobody declared. */
#include "handlers.h"
#include "wild.flare.h"

#include <flare/flow.h>

#include <stdio.h>
#include <stdlib.h>

struct asked_worker {
    flare_client *client;
};

struct asked_worker *asked_worker_open(void)
{
    struct asked_worker *const worker = calloc(1, sizeof *worker);

    if (worker != NULL && flare_client_create(&worker->client, NULL, NULL) == FLARE_OK)
        return worker;
    free(worker);
    return NULL;
}

void asked_worker_close(struct asked_worker *worker)
{
    flare_client_free(worker->client);
    free(worker);
}

flare_client *asked_worker_client(flare_request *rq)
{
    return asked_worker_of(rq)->client;
}

bool asked_is_even(uint32_t value)
{
    return value % 2 == 0;
}

static flare_str texts(flare_request *rq, flare_str_array items)
{
    flare_str all = FLARE_STR("");

    for (size_t i = 0; i < items.count; i++)
        all = flare_format(rq, "%.*s%.*s;", FLARE_STR_ARG(all), FLARE_STR_ARG(items.items[i]));
    return all;
}

asked_get_thing_reply asked_get_thing(flare_request *rq, const asked_get_thing_in *in)
{
    flare_str colors = FLARE_STR("");
    asked_heard heard;

    if (flare_str_equal(in->name, FLARE_STR("nobody")))
        return asked_get_thing_not_found(rq);
    if (flare_str_equal(in->name, FLARE_STR("no-name")))
        return asked_get_thing_no_such_name(rq);
    for (size_t i = 0; i < in->color.count; i++)
        colors = flare_format(rq, "%.*s%d,", FLARE_STR_ARG(colors), (int)in->color.items[i]);
    heard.text = flare_format(
        rq, "%02x %.*s %u %d:%llu %.*s %g %d %d %d %.*s %.*s %d %.*s", in->id.bytes[15],
        FLARE_STR_ARG(in->name), in->page.limit, in->page.after.has, (unsigned long long)in->page.after.value,
        FLARE_STR_ARG(colors), in->ratio.value, in->flag, in->ip.has ? in->ip.value.bytes[15] : -1,
        in->size.has ? (int)in->size.value : -1, FLARE_STR_ARG(in->raw.has ? in->raw.value : FLARE_STR("-")),
        FLARE_STR_ARG(texts(rq, in->tags)), in->day.has ? in->day.value.day : 0,
        FLARE_STR_ARG(in->sid.has ? in->sid.value : FLARE_STR("-")));
    const asked_get_thing_ok_headers headers = {
        .count = 7, .day = in->day, .seen = in->color.count != 0 ? in->color.items[0] : ASKED_COLOR_RED};
    return asked_get_thing_ok(rq, &heard, &headers);
}

asked_make_thing_reply asked_make_thing(flare_request *rq, const asked_make_thing_in *in)
{
    if (flare_str_equal(in->body.name, FLARE_STR("taken")))
        return asked_make_thing_name_taken(rq);
    if (flare_str_equal(in->body.name, FLARE_STR("known")))
        return asked_make_thing_id_taken(rq);
    return asked_make_thing_created(rq, &in->body, FLARE_STR("/things/1"));
}

asked_change_thing_reply asked_change_thing(flare_request *rq, const asked_change_thing_in *in)
{
    return asked_change_thing_ok(rq, &in->body);
}

asked_drop_thing_reply asked_drop_thing(flare_request *rq, const asked_drop_thing_in *in)
{
    return in->id == 0 ? asked_drop_thing_not_found(rq) : asked_drop_thing_no_content(rq);
}

asked_look_at_reply asked_look_at(flare_request *rq, const asked_look_at_in *in)
{
    const asked_heard heard = {FLARE_STR_INIT("not sent")};

    return asked_look_at_ok(rq, &heard, in->id);
}

asked_log_in_reply asked_log_in(flare_request *rq, const asked_log_in_in *in)
{
    const asked_login *const login = &in->body;
    asked_heard heard;

    if (flare_str_equal(login->password, FLARE_STR("wrong & long")))
        return asked_log_in_unauthorized(rq);
    heard.text =
        flare_format(rq, "%.*s %.*s %.*s %d %d %d", FLARE_STR_ARG(login->email),
                     FLARE_STR_ARG(login->password), FLARE_STR_ARG(texts(rq, login->topics)), login->remember,
                     login->born.has ? login->born.value.year : 0, (int)login->color);
    return asked_log_in_ok(rq, &heard);
}

asked_put_note_reply asked_put_note(flare_request *rq, const asked_put_note_in *in)
{
    return in->body.len == 0 ? asked_put_note_no_content(rq) : asked_put_note_ok(rq, in->body);
}

asked_put_blob_reply asked_put_blob(flare_request *rq, const asked_put_blob_in *in)
{
    flare_str type = FLARE_STR("");

    if (flare_request_header(rq, FLARE_STR("content-type"), &type) &&
        flare_str_equal(type, FLARE_STR("image/jpeg")))
        return asked_put_blob_jpeg(rq, in->body);
    return asked_put_blob_png(rq, in->body);
}

asked_put_stream_reply asked_put_stream(flare_request *rq)
{
    asked_put_stream_ok_stream *const stream = asked_put_stream_ok_open(rq);
    flare_str piece;

    while (flare_body_read(rq, &piece) && asked_put_stream_ok_send(stream, piece))
        ;
    return asked_put_stream_ok(stream);
}

asked_get_file_reply asked_get_file(flare_request *rq, const asked_get_file_in *in)
{
    return asked_get_file_ok(rq, in->rest);
}

asked_keyed_verdict asked_keyed(flare_request *rq, const asked_keyed_in *in)
{
    if (flare_str_equal(in->key, FLARE_STR("none")))
        return asked_keyed_forbidden(rq);
    if (!flare_str_equal(in->key, FLARE_STR("good")))
        return asked_keyed_wrong_key(rq);
    return asked_keyed_pass(rq);
}

asked_secret_reply asked_secret(flare_request *rq, const asked_secret_in *in)
{
    return asked_secret_ok(rq, in->token);
}

asked_moved_reply asked_moved(flare_request *rq)
{
    return asked_moved_see_other(rq, FLARE_STR("/plain"));
}

flare_reply asked_plain(flare_request *rq)
{
    return flare_text(rq, 418, FLARE_STR("short and stout"));
}

asked_odd_reply asked_odd(flare_request *rq, const asked_odd_in *in)
{
    switch (in->kind) {
    case 0:
        return asked_odd_no_content(rq);
    case 1:
        return asked_odd_words(rq, FLARE_STR("one"), 1);
    case 4:
        return asked_odd_not_found(rq);
    default:
        return asked_odd_ok(rq, in->kind);
    }
}

asked_relay_reply asked_relay(flare_request *rq, const asked_relay_in *in)
{
    const flare_remote other = {.client = asked_worker_of(rq)->client, .options = {.url = in->url}};
    const asked_client_get_thing_in ask = {.id = in->id, .name = FLARE_STR("relayed")};
    asked_client_get_thing_out out;
    const flare_err err = asked_client_get_thing(&other, &ask, &out);
    const asked_relay_reply reply = err == FLARE_OK && out.reply == ASKED_CLIENT_GET_THING_OK
                                        ? asked_relay_ok(rq, out.as.ok.body.text)
                                        : asked_relay_bad_gateway(rq);

    flare_call_free(&out.call);
    return reply;
}

asked_send_all_reply asked_send_all(flare_request *rq, const asked_send_all_in *in)
{
    flare_str text =
        flare_format(rq, "%.*s %.*s %.*s %.*s %.*s ", FLARE_STR_ARG(in->body.title),
                     FLARE_STR_ARG(in->body.cover.filename), FLARE_STR_ARG(in->body.cover.content_type),
                     FLARE_STR_ARG(in->body.cover.bytes),
                     FLARE_STR_ARG(in->body.back.has ? in->body.back.value.bytes : FLARE_STR("-")));

    for (size_t i = 0; i < in->body.pages.count; i++)
        text =
            flare_format(rq, "%.*s%.*s;", FLARE_STR_ARG(text), FLARE_STR_ARG(in->body.pages.items[i].bytes));
    text = flare_format(rq, "%.*s%.*s", FLARE_STR_ARG(text), FLARE_STR_ARG(texts(rq, in->body.notes)));
    return asked_send_all_ok(rq, text);
}

asked_who_reply asked_who(flare_request *rq, const asked_who_in *in)
{
    if (!in->who.has)
        return asked_who_unauthorized(rq);
    return asked_who_ok(rq, flare_format(rq, "%.*s|%.*s", FLARE_STR_ARG(in->who.value.user),
                                         FLARE_STR_ARG(in->who.value.password)));
}

asked_download_reply asked_download(flare_request *rq)
{
    FILE *const file = tmpfile();
    asked_download_reply reply;

    if (file == NULL || fputs("downloaded", file) < 0 || fflush(file) != 0)
        return asked_download_not_found(rq);
    reply = asked_download_ok(rq, &(flare_file_content){.fd = fileno(file), .name = FLARE_STR("a.png")});
    fclose(file);
    return reply;
}

/* What stands behind /odd/ says what the reply is. */
asked_ticks_reply asked_ticks(flare_request *rq, const asked_ticks_in *in)
{
    static const flare_event first = {FLARE_STR_INIT("7"), FLARE_STR_INIT("named"), 1500};
    asked_ticks_ok_stream *stream;

    if (in->kind == 404)
        return asked_ticks_no_ticks(rq);
    if (in->kind == 204)
        return asked_ticks_no_content(rq);
    stream = asked_ticks_ok_open(rq, in->kind);
    for (uint32_t i = 0; i < in->kind; i++) {
        const asked_heard heard = {flare_format(rq, "tick %u", (unsigned)i)};

        /* The second comes by itself, once the first was there. */
        if (!asked_ticks_ok_send_event(stream, &heard, i == 0 ? &first : NULL) ||
            (i == 0 && flare_sleep(20) != FLARE_OK))
            break;
    }
    return asked_ticks_ok(stream);
}

asked_lines_reply asked_lines(flare_request *rq)
{
    asked_line line;
    uint32_t sum = 0;

    while (asked_lines_next(rq, &line))
        sum += line.n;
    return sum == 0 ? asked_lines_conflict(rq) : asked_lines_ok(rq, sum);
}

asked_stored_reply asked_stored(flare_request *rq)
{
    asked_line line;
    flare_str all = FLARE_STR("");

    while (asked_stored_next(rq, &line))
        all = flare_format(rq, "%.*s%.*s;", FLARE_STR_ARG(all), FLARE_STR_ARG(line.raw));
    return asked_stored_ok(rq, all);
}

/* Events as others write them. */
static flare_reply wild_ticks(flare_request *rq, flare_str kind)
{
    static const flare_str type = FLARE_STR_INIT("text/event-stream; charset=utf-8");
    static char large[5000];

    if (flare_reply_header(rq, FLARE_STR("X-Count"), FLARE_STR("1")) != FLARE_OK)
        return flare_fail(rq, FLARE_ERR_MEMORY, "no room for a field");
    if (flare_str_equal(kind, FLARE_STR("1")))
        return flare_bytes(
            rq, 200, type,
            FLARE_STR("\xef\xbb\xbf: hello\r\n\r\nevent: lost\r\rretry: 250\nretry: soon\nid: a\n"
                      "data:{\"text\":\ndata: \"one\"}\nother\n\nid\ndata: {\"text\":\"two\"}\r\n\r\n"
                      "event: e\ndata: {\"text\":\"three\"}\r\rdata: {\"text\":\"no end\"}\n"));
    if (flare_str_equal(kind, FLARE_STR("2")))
        return flare_bytes(
            rq, 200, type,
            FLARE_STR("data: {\"text\":1}\n\ndata: [\n\ndata\n\ndata: {\"text\":\"good\"}\n\n"));
    memset(large, 'x', sizeof large);
    return flare_bytes(rq, 200, type, (flare_str){large, sizeof large});
}

/* Events in pieces of one byte. */
wild_pieces_reply wild_pieces(flare_request *rq)
{
    static const char text[] =
        "\xef\xbb\xbfid: 9\r\ndata: {\"text\":\r\ndata: \"one\"}\r\n\r\ndata:{\"text\":\"two\"}\r\r";
    wild_pieces_ok_stream *const stream = wild_pieces_ok_open(rq);

    for (size_t i = 0; i + 1 < sizeof text; i++) {
        if (!wild_pieces_ok_send(stream, (flare_str){text + i, 1}) || flare_sleep(1) != FLARE_OK)
            break;
    }
    return wild_pieces_ok(stream);
}

flare_reply wild_wild(flare_request *rq, const wild_wild_in *in)
{
    static const flare_str json = FLARE_STR_INIT("application/json");

    if (flare_str_equal(in->rest, FLARE_STR("odd/1")))
        return flare_text(rq, 500, FLARE_STR("broken"));
    if (flare_str_equal(in->rest, FLARE_STR("odd/2")))
        return flare_bytes(rq, 200, FLARE_STR("image/png"), FLARE_STR("png"));
    if (flare_str_equal(in->rest, FLARE_STR("odd/3")))
        return flare_bytes(rq, 200, json, FLARE_STR("11"));
    if (flare_str_equal(in->rest, FLARE_STR("odd/4")))
        return flare_bytes(rq, 200, json, FLARE_STR("[1"));
    if (flare_str_equal(in->rest, FLARE_STR("odd/5")))
        return flare_text(rq, 200, FLARE_STR("without its count"));
    if (flare_str_equal(in->rest, FLARE_STR("odd/6")))
        return flare_bytes(rq, 404, FLARE_STR("text/html"), FLARE_STR("<p>A page of a proxy</p>"));
    if (flare_str_equal(in->rest, FLARE_STR("odd/7")))
        return flare_bytes(rq, 200, FLARE_STR("application/vnd.odd+json; v=1"), FLARE_STR("7"));
    if (flare_str_equal(in->rest, FLARE_STR("odd/8")))
        return flare_bytes(
            rq, 429, FLARE_STR("application/problem+json"),
            FLARE_STR("{\"detail\":\"l\\u0061ter\",\"title\":\"Slow\",\"type\":\"slow-down\"}"));
    if (flare_str_equal(in->rest, FLARE_STR("things")))
        return flare_bytes(rq, 201, json, FLARE_STR("{\"id\":1,\"colors\":[\"blue\"],\"name\":\"\"}"));
    if (in->rest.len == 7 && memcmp(in->rest.ptr, "ticks/", 6) == 0)
        return wild_ticks(rq, (flare_str){in->rest.ptr + 6, 1});
    return flare_bytes(rq, 409, FLARE_STR("application/problem+json"), FLARE_STR("[]"));
}
