/* Each kind of input, body and reply through an emitted client, blocking and awaited; what breaks the spec is
 * told here by the rules' names; replies that are not declared are errors of their own. */
#include "asked.client.h"
#include "test.h"
#include "wild.flare.h"

#include <flare/testing.h>

#include <stdlib.h>

static flare_test_server asked, wild;
static flare_remote remote, wrong;

static const flare_uuid id = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xab}};

#define NAME(text) FLARE_STR_INIT(text)

/* "in name pointer rule;" of each failure. */
static flare_str failures_of(const flare_call *call)
{
    static char text[1024];
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < call->failure_count && at < sizeof text - 100; i++) {
        const flare_call_failure *const failure = &call->failures[i];

        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s %.*s%.*s %.*s;", FLARE_STR_ARG(failure->in),
                               FLARE_STR_ARG(failure->name), FLARE_STR_ARG(failure->pointer),
                               FLARE_STR_ARG(failure->rule));
    }
    return flare_str_of(text);
}

#define CHECK_FAILURES(call, want)                                                                           \
    do {                                                                                                     \
        const flare_str told_ = failures_of(call);                                                           \
        CHECK_STR(told_, want);                                                                              \
    } while (0)

/* ---- Inputs ---- */

TEST(absent_inputs_are_not_sent)
{
    const asked_client_get_thing_in in = {.id = id, .name = NAME("a")};
    asked_client_get_thing_out out;

    CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_GET_THING_OK);
    CHECK_STR(out.as.ok.body.text, "ab a 20 0:0  0 1 -1 -1 -  0 -");
    CHECK_INT(out.as.ok.count, 7);
    CHECK(!out.as.ok.day.has && !out.as.ok.body_.has);
    CHECK_INT(out.as.ok.seen, ASKED_COLOR_RED);
    CHECK_INT(out.call.reply->status, 200);
    CHECK(out.call.failure_count == 0 && out.call.why == NULL && out.call.problem.status == 0);
    flare_call_free(&out.call);
    CHECK(out.call.reply == NULL && out.call.kept == NULL);
    flare_call_free(&out.call);
    flare_call_free(NULL);
}

TEST(inputs_of_each_kind_arrive)
{
    static const asked_color colors[] = {ASKED_COLOR_OFF_WHITE, ASKED_COLOR_RED};
    static const flare_str tags[] = {NAME("one"), NAME("two")};
    const asked_client_get_thing_in in = {
        .id = id,
        .name = NAME("a/b ?#%&+\xc3\xa9"),
        .page = {.limit = {true, 5}, .after = {true, UINT64_MAX}},
        .color = {colors, 2},
        .ratio = {true, -0.5},
        .flag = {true, false},
        .ip = {true, {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}}},
        .size = {true, ASKED_SIZE_LARGE},
        .raw = {true, NAME("&=+ ")},
        .body = {true, 255},
        .tags = {tags, 2},
        .day = {true, {2026, 2, 28}},
        .sid = {true, NAME("s1d")},
    };
    asked_client_get_thing_out out;

    CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body.text,
              "ab a/b ?#%&+\xc3\xa9 5 1:18446744073709551615 2,1, -0.5 0 9 2 &=+  one;two; 28 s1d");
    CHECK_INT(out.as.ok.day.value.month, 2);
    CHECK_INT(out.as.ok.seen, ASKED_COLOR_OFF_WHITE);
    flare_call_free(&out.call);
}

TEST(what_breaks_the_spec_is_told_at_once_and_not_sent)
{
    static const asked_color colors[] = {ASKED_COLOR_RED, ASKED_COLOR_RED, (asked_color)0,
                                         ASKED_COLOR_OFF_WHITE};
    static const flare_str tags[] = {NAME(""), NAME("a,b"), NAME(" c")};
    const asked_client_get_thing_in in = {
        .id = id,
        .name = NAME("..."
                     "...................."),
        .page = {.limit = {true, 101}},
        .color = {colors, 4},
        .ratio = {true, 1e300 * 1e300},
        .size = {true, ASKED_SIZE_UNKNOWN},
        .raw = {true, NAME("12345")},
        .tags = {tags, 3},
        .day = {true, {2026, 2, 29}},
        .sid = {true, NAME("a;b")},
    };
    asked_client_get_thing_out out;

    CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK(out.call.reply == NULL && out.call.why != NULL && out.reply == 0);
    CHECK_FAILURES(&out.call, "path name max_length;query limit max;query color max_items;query color unique;"
                              "query color/2 enum;query ratio type;query size enum;query raw max_length;"
                              "header X-Tags/0 min_length;header X-Tags/1 escape;header X-Tags/2 escape;"
                              "header X-Day type;cookie sid escape;");
    flare_call_free(&out.call);
}

TEST(a_path_holds_no_dots_and_nothing_empty)
{
    static const struct {
        const char *name, *failures;
    } cases[] = {{"..", "path name escape;"},
                 {".", "path name escape;"},
                 {"", "path name min_length;"},
                 {"\xff", "path name utf8;"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const asked_client_get_thing_in in = {.id = id, .name = flare_str_of(cases[i].name)};
        asked_client_get_thing_out out;

        CHECK_INT(asked_client_get_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
        CHECK_FAILURES(&out.call, cases[i].failures);
        flare_call_free(&out.call);
    }
}

TEST(the_rest_of_a_path_keeps_its_slashes)
{
    asked_client_get_file_in in = {.rest = NAME("a b/c?d//e%2F")};
    asked_client_get_file_out out;

    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body, "a b/c?d//e%2F");
    flare_call_free(&out.call);
    in.rest = FLARE_STR("");
    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body, "");
    flare_call_free(&out.call);
    in.rest = FLARE_STR("a/../b");
    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "path * escape;");
    flare_call_free(&out.call);
    in.rest = FLARE_STR("\xc3");
    CHECK_INT(asked_client_get_file(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "path * utf8;");
    flare_call_free(&out.call);
}

TEST(what_a_guard_reads_is_told_or_comes_with_the_remote)
{
    static const flare_field key[] = {{NAME("X-Key"), NAME("good")}};
    flare_remote with_key = remote;
    asked_client_secret_in in = {.token = NAME("abc.def=")};
    asked_client_secret_out out;

    with_key.options.fields = key;
    with_key.options.field_count = 1;
    CHECK_INT(asked_client_secret(&with_key, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_SECRET_OK);
    CHECK_STR(out.as.ok.body, "abc.def=");
    flare_call_free(&out.call);
    in.keyed.key = (flare_str_opt){true, FLARE_STR("none")};
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_SECRET_KEYED_FORBIDDEN);
    flare_call_free(&out.call);
    in.keyed.key.value = FLARE_STR("evil");
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_SECRET_KEYED_WRONG_KEY);
    CHECK_STR(out.call.problem.type, "wrong-key");
    CHECK_STR(out.call.problem.title, "Wrong key");
    flare_call_free(&out.call);
    in.keyed.key.value = FLARE_STR("short");
    in.token = FLARE_STR("no blanks");
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "header Authorization type;header X-Key max_length;");
    flare_call_free(&out.call);
    /* Nobody has the key: what the service says then is not declared. */
    in = (asked_client_secret_in){.token = NAME("abc")};
    CHECK_INT(asked_client_secret(&remote, &in, &out), FLARE_ERR_CONTRACT);
    CHECK_INT(out.call.reply->status, 400);
    flare_call_free(&out.call);
}

/* ---- Bodies ---- */

static asked_thing thing(void)
{
    static const asked_color colors[] = {ASKED_COLOR_OFF_WHITE};
    static const asked_thing inner = {.name = NAME("in"),
                                      .code = NAME("XYZ"),
                                      .shape = {ASKED_SHAPE_CIRCLE, {.circle = {1}}},
                                      .data = NAME("")};
    static flare_str_map_entry labels[] = {{NAME("k\"1"), NAME("v")}, {NAME(""), NAME("")}};

    return (asked_thing){
        .id = id,
        .name = NAME("n\xc3\xa9\"\n"),
        .code = NAME("ABC"),
        .even = 4,
        .at = {true, {-5, 0.25}},
        .shape = asked_shape_square((asked_square){3, NAME("sq")}),
        .colors = {colors, 1},
        .labels = {labels, 2},
        .made = 1500000000,
        .raw = {true, NAME("[1, {\"a\": null}]")},
        .data = NAME("\x00\xff\x01"),
        .inner = &inner,
        .big = UINT64_MAX,
    };
}

TEST(a_value_of_json_goes_there_and_back)
{
    const asked_client_make_thing_in in = {.body = thing()};
    asked_client_make_thing_out out;
    const asked_thing *const back = &out.as.created.body;

    CHECK_INT(asked_client_make_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_MAKE_THING_CREATED);
    CHECK_STR(out.as.created.location, "/things/1");
    CHECK(memcmp(&back->id, &id, sizeof id) == 0);
    CHECK_STR(back->name, "n\xc3\xa9\"\n");
    CHECK_INT(back->even, 4);
    CHECK(back->at.has && back->at.value.x == -5 && back->at.value.y == 0.25);
    CHECK_INT(back->shape.tag, ASKED_SHAPE_SQUARE);
    CHECK_STR(back->shape.as.square.name, "sq");
    CHECK(back->colors.count == 1 && back->colors.items[0] == ASKED_COLOR_OFF_WHITE);
    CHECK_INT(back->labels.count, 2);
    CHECK_STR(back->labels.items[0].key, "k\"1");
    CHECK_INT(back->made, 1500000000);
    CHECK_STR(back->raw.value, "[1, {\"a\": null}]");
    CHECK(back->data.len == 3 && memcmp(back->data.ptr, "\x00\xff\x01", 3) == 0);
    CHECK(back->inner != NULL && back->inner->inner == NULL);
    CHECK_STR(back->inner->code, "XYZ");
    CHECK(back->big == UINT64_MAX);
    flare_call_free(&out.call);
}

TEST(a_body_that_breaks_its_type_is_not_sent)
{
    static const asked_color alike[] = {ASKED_COLOR_RED, ASKED_COLOR_RED};
    asked_client_make_thing_in in = {.body = thing()};
    asked_client_make_thing_out out;

    in.body.name = FLARE_STR("");
    in.body.code = FLARE_STR("abc");
    in.body.even = 3;
    in.body.at.value.x = 101;
    in.body.shape.as.square.side = 0;
    in.body.colors = (asked_color_array){alike, 2};
    in.body.data = FLARE_STR("12345");
    CHECK_INT(asked_client_make_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body /name min_length;body /code pattern;body /even check;body /at/x max;"
                              "body /shape/side min;body /colors unique;body /data max_length;");
    flare_call_free(&out.call);
    /* Nobody set the shape, so there is nothing to write. */
    in.body = thing();
    in.body.shape.tag = (asked_shape_tag)0;
    CHECK_INT(asked_client_make_thing(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body  type;");
    flare_call_free(&out.call);
}

TEST(problems_are_told_apart_by_their_type)
{
    asked_client_make_thing_in in = {.body = thing()};
    asked_client_make_thing_out out;
    asked_client_get_thing_in get = {.id = id, .name = NAME("nobody")};
    asked_client_get_thing_out got;

    in.body.name = FLARE_STR("taken");
    CHECK_INT(asked_client_make_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_MAKE_THING_NAME_TAKEN);
    flare_call_free(&out.call);
    in.body.name = FLARE_STR("known");
    CHECK_INT(asked_client_make_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_MAKE_THING_ID_TAKEN);
    CHECK_INT(out.call.problem.status, 409);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_get_thing(&remote, &get, &got), FLARE_OK);
    CHECK_INT(got.reply, ASKED_CLIENT_GET_THING_NOT_FOUND);
    flare_call_free(&got.call);
    get.name = FLARE_STR("no-name");
    CHECK_INT(asked_client_get_thing(&remote, &get, &got), FLARE_OK);
    CHECK_INT(got.reply, ASKED_CLIENT_GET_THING_NO_SUCH_NAME);
    flare_call_free(&got.call);
}

TEST(patches_tell_absence_from_null)
{
    asked_client_change_thing_in in = {.id = 1, .body = {.at = {.clear = true}}};
    asked_client_change_thing_out out;

    CHECK_INT(asked_client_change_thing(&remote, &in, &out), FLARE_OK);
    CHECK(!out.as.ok.body.name.has && !out.as.ok.body.at.has && out.as.ok.body.at.clear);
    flare_call_free(&out.call);
    in.body = (asked_change){.name = {true, NAME("x")}};
    CHECK_INT(asked_client_change_thing(&remote, &in, &out), FLARE_OK);
    CHECK(out.as.ok.body.name.has && !out.as.ok.body.at.has && !out.as.ok.body.at.clear);
    flare_call_free(&out.call);
}

TEST(forms_are_written_and_checked)
{
    static const flare_str topics[] = {NAME("a&b=c"), NAME("d e")};
    asked_client_log_in_in in = {.body = {.email = NAME("a@b.example"),
                                          .password = NAME("100% +plus"),
                                          .topics = {topics, 2},
                                          .remember = true,
                                          .born = {true, {1999, 12, 31}},
                                          .color = ASKED_COLOR_OFF_WHITE}};
    asked_client_log_in_out out;

    CHECK_INT(asked_client_log_in(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_LOG_IN_OK);
    CHECK_STR(out.as.ok.body.text, "a@b.example 100% +plus a&b=c;d e; 1 1999 2");
    flare_call_free(&out.call);
    in.body.password = FLARE_STR("wrong & long");
    CHECK_INT(asked_client_log_in(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_LOG_IN_UNAUTHORIZED);
    flare_call_free(&out.call);
    in.body = (asked_login){.email = NAME("a"), .password = NAME("short")};
    CHECK_INT(asked_client_log_in(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call,
                   "body email type;body password min_length;body topics min_items;body color enum;");
    flare_call_free(&out.call);
}

TEST(texts_and_bytes_are_sent_as_they_are)
{
    asked_client_put_note_in note = {.body = NAME("h\xc3\xa9llo")};
    asked_client_put_note_out noted;
    asked_client_put_blob_in blob = {.body = {"\0\1\2", 3}, .body_type = NAME("image/jpeg")};
    asked_client_put_blob_out put;
    const asked_client_put_stream_in stream = {.body = NAME("a,b\n")};
    asked_client_put_stream_out streamed;

    CHECK_INT(asked_client_put_note(&remote, &note, &noted), FLARE_OK);
    CHECK_INT(noted.reply, ASKED_CLIENT_PUT_NOTE_OK);
    CHECK_STR(noted.as.ok.body, "h\xc3\xa9llo");
    flare_call_free(&noted.call);
    note.body = FLARE_STR("");
    CHECK_INT(asked_client_put_note(&remote, &note, &noted), FLARE_OK);
    CHECK_INT(noted.reply, ASKED_CLIENT_PUT_NOTE_NO_CONTENT);
    flare_call_free(&noted.call);
    note.body = FLARE_STR("\xff");
    CHECK_INT(asked_client_put_note(&remote, &note, &noted), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&noted.call, "body  utf8;");
    flare_call_free(&noted.call);
    CHECK_INT(asked_client_put_blob(&remote, &blob, &put), FLARE_OK);
    CHECK_INT(put.reply, ASKED_CLIENT_PUT_BLOB_JPEG);
    CHECK(put.as.jpeg.body.len == 3 && memcmp(put.as.jpeg.body.ptr, "\0\1\2", 3) == 0);
    flare_call_free(&put.call);
    blob.body_type = FLARE_STR("image/png");
    CHECK_INT(asked_client_put_blob(&remote, &blob, &put), FLARE_OK);
    CHECK_INT(put.reply, ASKED_CLIENT_PUT_BLOB_PNG);
    flare_call_free(&put.call);
    CHECK_INT(asked_client_put_stream(&remote, &stream, &streamed), FLARE_OK);
    CHECK_STR(streamed.as.ok.body, "a,b\n");
    flare_call_free(&streamed.call);
}

TEST(files_are_parts)
{
    static const flare_file pages[] = {{.filename = NAME("1"), .bytes = NAME("one")},
                                       {.filename = NAME("2"), .bytes = NAME("")}};
    static const flare_str notes[] = {NAME("n1"), NAME("n2")};
    FILE *const file = tmpfile();
    asked_client_send_all_in in = {.body = {.title = NAME("t"),
                                            .cover = {.filename = NAME("c\"\xc3\xa9.png"),
                                                      .content_type = NAME("image/png"),
                                                      .bytes = NAME("png")},
                                            .pages = {pages, 2},
                                            .notes = {notes, 2}}};
    asked_client_send_all_out out;

    CHECK(file != NULL && fputs("from disk", file) >= 0 && fflush(file) == 0);
    in.body.back = (flare_file_opt){true, {.filename = NAME("b"), .size = 9, .fd = fileno(file)}};
    CHECK_INT(asked_client_send_all(&remote, &in, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body, "t c\"\xc3\xa9.png image/png png from disk one;;n1;n2;");
    flare_call_free(&out.call);
    fclose(file);
    in.body =
        (asked_sent){.cover = {.filename = NAME("c"), .content_type = NAME("text/plain"), .bytes = NAME("p")},
                     .back = {true, {.size = 0}}};
    CHECK_INT(asked_client_send_all(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call,
                   "body title min_length;body cover media_type;body back required;body pages min_items;");
    flare_call_free(&out.call);
    in.body.title = FLARE_STR("t");
    in.body.back.has = false;
    in.body.pages = (flare_file_array){pages, 1};
    in.body.cover.content_type = FLARE_STR("image/jpeg");
    CHECK_INT(asked_client_send_all(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body cover min_length;");
    flare_call_free(&out.call);
    in.body.cover.bytes = FLARE_STR("01234567890");
    CHECK_INT(asked_client_send_all(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body cover max_length;");
    flare_call_free(&out.call);
    in.body.cover.bytes = FLARE_STR("0123456789");
    in.body.cover.content_type = FLARE_STR("image/a\r\nb");
    CHECK_INT(asked_client_send_all(&remote, &in, &out), FLARE_ERR_ARGUMENT);
    CHECK_FAILURES(&out.call, "body cover media_type;");
    flare_call_free(&out.call);
}

/* ---- Replies ---- */

TEST(replies_of_one_status_are_told_apart)
{
    static const asked_client_odd_reply want[] = {ASKED_CLIENT_ODD_NO_CONTENT, ASKED_CLIENT_ODD_WORDS,
                                                  ASKED_CLIENT_ODD_OK, ASKED_CLIENT_ODD_OK,
                                                  ASKED_CLIENT_ODD_NOT_FOUND};

    for (uint32_t kind = 0; kind < 5; kind++) {
        const asked_client_odd_in in = {.kind = kind};
        asked_client_odd_out out;

        CHECK_INT(asked_client_odd(&remote, &in, &out), FLARE_OK);
        CHECK_INT(out.reply, want[kind]);
        if (out.reply == ASKED_CLIENT_ODD_OK)
            CHECK_INT(out.as.ok.body, kind);
        flare_call_free(&out.call);
    }
}

TEST(statuses_without_content)
{
    asked_client_drop_thing_in in = {.id = 1};
    asked_client_drop_thing_out out;
    const asked_client_look_at_in look = {.id = 12};
    asked_client_look_at_out looked;
    asked_client_moved_out moved;
    asked_client_plain_out plain;

    CHECK_INT(asked_client_drop_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_DROP_THING_NO_CONTENT);
    flare_call_free(&out.call);
    in.id = 0;
    CHECK_INT(asked_client_drop_thing(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_DROP_THING_NOT_FOUND);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_look_at(&remote, &look, &looked), FLARE_OK);
    CHECK_INT(looked.as.ok.count, 12);
    flare_call_free(&looked.call);
    /* A redirect that is declared is a reply, and not followed. */
    CHECK_INT(asked_client_moved(&remote, &moved), FLARE_OK);
    CHECK_STR(moved.as.see_other.location, "/plain");
    flare_call_free(&moved.call);
    /* A route that declares nothing may reply anything. */
    CHECK_INT(asked_client_plain(&remote, &plain), FLARE_OK);
    CHECK_INT(plain.call.reply->status, 418);
    CHECK_STR(plain.call.reply->content, "short and stout");
    flare_call_free(&plain.call);
}

TEST(replies_outside_of_the_contract)
{
    static const struct {
        unsigned kind, status;
        const char *failures;
    } cases[] = {{1, 500, ""},
                 {2, 200, ""},
                 {3, 200, "body  max;"},
                 {4, 200, "body  type;"},
                 {5, 200, "header X-Count required;"},
                 {8, 429, ""}};
    const asked_client_make_thing_in make = {.body = thing()};
    asked_client_make_thing_out made;
    asked_client_odd_in in;
    asked_client_odd_out out;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        in.kind = cases[i].kind;
        CHECK_INT(asked_client_odd(&wrong, &in, &out), FLARE_ERR_CONTRACT);
        CHECK_INT(out.reply, 0);
        CHECK_INT(out.call.reply->status, cases[i].status);
        CHECK(out.call.why != NULL);
        CHECK_FAILURES(&out.call, cases[i].failures);
        if (in.kind == 8) {
            CHECK_STR(out.call.problem.type, "slow-down");
            CHECK_STR(out.call.problem.title, "Slow");
            CHECK_STR(out.call.problem.detail, "later");
        }
        flare_call_free(&out.call);
    }
    /* Of an error the status is enough, of JSON any type that is some. */
    in.kind = 6;
    CHECK_INT(asked_client_odd(&wrong, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_ODD_NOT_FOUND);
    flare_call_free(&out.call);
    in.kind = 7;
    CHECK_INT(asked_client_odd(&wrong, &in, &out), FLARE_OK);
    CHECK_INT(out.as.ok.body, 7);
    flare_call_free(&out.call);
    CHECK_INT(asked_client_make_thing(&wrong, &make, &made), FLARE_ERR_CONTRACT);
    CHECK_FAILURES(&made.call,
                   "body /id type;body /colors/0 enum;body /name min_length;body /code required;"
                   "body /even required;body /shape required;body /labels required;body /made required;"
                   "body /data required;body /big required;header Location required;");
    flare_call_free(&made.call);
}

TEST(what_kept_a_reply_from_coming)
{
    flare_remote other = remote;
    asked_client_plain_out out;

    other.options.url = FLARE_STR("ftp://example.com");
    CHECK_INT(asked_client_plain(&other, &out), FLARE_ERR_ARGUMENT);
    CHECK(out.call.reply == NULL && out.call.failure_count == 0);
    flare_call_free(&out.call);
    other.options.url = FLARE_STR("http://127.0.0.1/?a=b");
    CHECK_INT(asked_client_plain(&other, &out), FLARE_ERR_ARGUMENT);
    CHECK(out.call.why != NULL);
    flare_call_free(&out.call);
    other.options.url = FLARE_STR("http://127.0.0.1:1/");
    CHECK_INT(asked_client_plain(&other, &out), FLARE_ERR_REFUSED);
    CHECK(out.call.reply == NULL);
    flare_call_free(&out.call);
}

/* ---- Awaited ---- */

TEST(a_handler_awaits_a_call)
{
    asked_client_relay_in in = {.id = id, .url = flare_str_of(asked.url)};
    asked_client_relay_out out;

    CHECK_INT(asked_client_relay(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_RELAY_OK);
    CHECK_STR(out.as.ok.body, "ab relayed 20 0:0  0 1 -1 -1 -  0 -");
    flare_call_free(&out.call);
    in.url = flare_str_of(wild.url);
    CHECK_INT(asked_client_relay(&remote, &in, &out), FLARE_OK);
    CHECK_INT(out.reply, ASKED_CLIENT_RELAY_BAD_GATEWAY);
    flare_call_free(&out.call);
}

int main(void)
{
    flare_client *client;

    if (flare_test_server_start(&asked, &asked_service, NULL, NULL) != FLARE_OK ||
        flare_test_server_start(&wild, &wild_service, NULL, NULL) != FLARE_OK ||
        flare_client_create(&client, NULL, NULL) != FLARE_OK)
        return EXIT_FAILURE;
    remote = (flare_remote){client, {.url = flare_str_of(asked.url)}};
    wrong = (flare_remote){client, {.url = flare_str_of(wild.url)}};
    RUN(absent_inputs_are_not_sent);
    RUN(inputs_of_each_kind_arrive);
    RUN(what_breaks_the_spec_is_told_at_once_and_not_sent);
    RUN(a_path_holds_no_dots_and_nothing_empty);
    RUN(the_rest_of_a_path_keeps_its_slashes);
    RUN(what_a_guard_reads_is_told_or_comes_with_the_remote);
    RUN(a_value_of_json_goes_there_and_back);
    RUN(a_body_that_breaks_its_type_is_not_sent);
    RUN(problems_are_told_apart_by_their_type);
    RUN(patches_tell_absence_from_null);
    RUN(forms_are_written_and_checked);
    RUN(texts_and_bytes_are_sent_as_they_are);
    RUN(files_are_parts);
    RUN(replies_of_one_status_are_told_apart);
    RUN(statuses_without_content);
    RUN(replies_outside_of_the_contract);
    RUN(what_kept_a_reply_from_coming);
    RUN(a_handler_awaits_a_call);
    flare_client_free(client);
    if (flare_test_server_stop(&asked) != FLARE_OK || flare_test_server_stop(&wild) != FLARE_OK)
        return EXIT_FAILURE;
    return TEST_END();
}
