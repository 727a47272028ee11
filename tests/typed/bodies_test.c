/* Each kind of body and reply through an emitted client; replies that are not declared are errors of their
 * own.
 */
#include "calls.h"

/* ---- Bodies ---- */

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

TEST(a_file_of_any_type)
{
    asked_client_download_out out;

    CHECK_INT(asked_client_download(&remote, &out), FLARE_OK);
    CHECK_STR(out.as.ok.body, "downloaded");
    flare_call_free(&out.call);
}

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

static void all(void)
{
    RUN(a_value_of_json_goes_there_and_back);
    RUN(a_body_that_breaks_its_type_is_not_sent);
    RUN(problems_are_told_apart_by_their_type);
    RUN(patches_tell_absence_from_null);
    RUN(forms_are_written_and_checked);
    RUN(texts_and_bytes_are_sent_as_they_are);
    RUN(files_are_parts);
    RUN(a_file_of_any_type);
    RUN(replies_of_one_status_are_told_apart);
    RUN(statuses_without_content);
    RUN(replies_outside_of_the_contract);
    RUN(what_kept_a_reply_from_coming);
}

int main(void)
{
    return calls_end(all);
}
