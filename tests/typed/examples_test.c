/* What examples declare, through their clients: each reply of typed_json, guards, forms and ws_chat that
 * their handlers can be brought to. */
#include "forms.client.h"
#include "guards.client.h"
#include "test.h"
#include "typed_json.client.h"
#include "ws_chat.client.h"

#include <flare/testing.h>

#include <stdlib.h>

#define NAME(text) FLARE_STR_INIT(text)

static flare_remote tasks, guards, forms, rooms;

/* A call that gets a reply of that number; `checks` look at it. */
#define GETS(function, remote, in, number, checks)                                                           \
    do {                                                                                                     \
        function##_out out;                                                                                  \
                                                                                                             \
        CHECK_INT(function(remote, in, &out), FLARE_OK);                                                     \
        CHECK_INT(out.reply, number);                                                                        \
        if (out.reply == number) {                                                                           \
            checks;                                                                                          \
        }                                                                                                    \
        flare_call_free(&out.call);                                                                          \
    } while (0)

/* A call whose inputs break the spec at one place, which is told and not sent. */
#define REFUSES(function, remote, in, its_place, its_rule)                                                   \
    do {                                                                                                     \
        function##_out out;                                                                                  \
                                                                                                             \
        CHECK_INT(function(remote, in, &out), FLARE_ERR_ARGUMENT);                                           \
        CHECK_INT(out.call.failure_count, 1);                                                                \
        if (out.call.failure_count == 1) {                                                                   \
            CHECK_STR(out.call.failures[0].pointer, its_place);                                              \
            CHECK_STR(out.call.failures[0].rule, its_rule);                                                  \
        }                                                                                                    \
        flare_call_free(&out.call);                                                                          \
    } while (0)

/* ---- typed_json ---- */

static tasks_task task(flare_str title)
{
    return (tasks_task){.title = title, .status = TASKS_STATUS_OPEN, .priority = 3};
}

static tasks_due_opt after(uint64_t id)
{
    return (tasks_due_opt){true, tasks_due_after((tasks_after_task){id})};
}

TEST(tasks_are_added)
{
    static const tasks_step steps[] = {{NAME("hinges"), true}, {NAME("handle"), false}};
    static const flare_str topics[] = {NAME("wood"), NAME("wood")};
    static const flare_str_map_entry labels[] = {{NAME("room"), NAME("hall")}};
    tasks_client_add_task_in in = {.body = task(FLARE_STR("Paint the door"))};
    const tasks_client_list_tasks_in all = {.status = {.has = false}};

    GETS(tasks_client_list_tasks, &tasks, &all, TASKS_CLIENT_LIST_TASKS_OK,
         CHECK_INT(out.as.ok.body.count, 0));
    in.body.due = (tasks_due_opt){true, tasks_due_day((tasks_on_day){{2026, 5, 1}})};
    in.body.labels.has = true;
    in.body.labels.value = (flare_str_map){labels, 1};
    GETS(tasks_client_add_task, &tasks, &in, TASKS_CLIENT_ADD_TASK_CREATED, {
        CHECK_STR(out.as.created.location, "/tasks/1");
        CHECK_INT(out.as.created.body.id, 1);
        CHECK_INT(out.as.created.body.task.due.value.tag, TASKS_DUE_DAY);
        CHECK_INT(out.as.created.body.task.due.value.as.day.date.month, 5);
        CHECK_STR(out.as.created.body.task.labels.value.items[0].value, "hall");
    });
    in.body = task(FLARE_STR("Hang the d\xc3\xb6or"));
    in.body.due = after(1);
    in.body.steps = (tasks_step_array){steps, 2};
    in.body.topics = (flare_str_array){topics, 1};
    GETS(tasks_client_add_task, &tasks, &in, TASKS_CLIENT_ADD_TASK_CREATED, {
        CHECK_INT(out.as.created.body.task.due.value.as.after.id, 1);
        CHECK(out.as.created.body.task.steps.count == 2 && out.as.created.body.task.steps.items[0].done);
    });
    in.body.due = after(9);
    GETS(tasks_client_add_task, &tasks, &in, TASKS_CLIENT_ADD_TASK_NO_SUCH_TASK_BEFORE, {});
    in.body.topics.count = 2;
    REFUSES(tasks_client_add_task, &tasks, &in, "/topics", "unique");
    in.body.topics.count = 1;
    in.body.title = FLARE_STR("");
    REFUSES(tasks_client_add_task, &tasks, &in, "/title", "min_length");
}

TEST(tasks_are_changed)
{
    tasks_client_put_task_in put = {.id = 2, .body = task(FLARE_STR("Hang it"))};
    tasks_client_patch_task_in patch = {.id = 1};
    tasks_client_get_task_in get = {.id = 1};
    tasks_client_remove_task_in drop = {.id = 2};
    const tasks_client_list_tasks_in done = {.page = {.limit = {true, 1}},
                                             .status = {true, TASKS_STATUS_DONE}};

    GETS(tasks_client_put_task, &tasks, &put, TASKS_CLIENT_PUT_TASK_OK, CHECK(!out.as.ok.body.task.due.has));
    put.body.due = after(9);
    GETS(tasks_client_put_task, &tasks, &put, TASKS_CLIENT_PUT_TASK_NO_SUCH_TASK_BEFORE, {});
    put.id = 9;
    GETS(tasks_client_put_task, &tasks, &put, TASKS_CLIENT_PUT_TASK_NOT_FOUND, {});

    patch.body.status.has = true;
    patch.body.status.value = TASKS_STATUS_DONE;
    GETS(tasks_client_patch_task, &tasks, &patch, TASKS_CLIENT_PATCH_TASK_OK, {
        CHECK_INT(out.as.ok.body.task.status, TASKS_STATUS_DONE);
        CHECK(out.as.ok.body.task.due.has);
    });
    patch.body = (tasks_task_patch){.due = {.clear = true}};
    GETS(tasks_client_patch_task, &tasks, &patch, TASKS_CLIENT_PATCH_TASK_OK,
         CHECK(!out.as.ok.body.task.due.has));
    patch.body = (tasks_task_patch){.due = {.has = true, .value = after(1).value}};
    GETS(tasks_client_patch_task, &tasks, &patch, TASKS_CLIENT_PATCH_TASK_NO_SUCH_TASK_BEFORE, {});
    patch.id = 9;
    GETS(tasks_client_patch_task, &tasks, &patch, TASKS_CLIENT_PATCH_TASK_NOT_FOUND, {});

    GETS(tasks_client_list_tasks, &tasks, &done, TASKS_CLIENT_LIST_TASKS_OK, {
        CHECK_INT(out.as.ok.body.count, 1);
        CHECK_STR(out.as.ok.body.items[0].task.title, "Paint the door");
    });
    GETS(tasks_client_get_task, &tasks, &get, TASKS_CLIENT_GET_TASK_OK, {});
    GETS(tasks_client_remove_task, &tasks, &drop, TASKS_CLIENT_REMOVE_TASK_NO_CONTENT, {});
    GETS(tasks_client_remove_task, &tasks, &drop, TASKS_CLIENT_REMOVE_TASK_NOT_FOUND, {});
    get.id = 2;
    GETS(tasks_client_get_task, &tasks, &get, TASKS_CLIENT_GET_TASK_NOT_FOUND, {});
    get.id = 0;
    REFUSES(tasks_client_get_task, &tasks, &get, "", "min");
}

/* ---- guards ---- */

#define TOKEN(text)                                                                                          \
    {                                                                                                        \
        .token = { true, NAME(text) }                                                                        \
    }

TEST(guards_judge)
{
    guards_client_me_in me = {.team = NAME("engines"), .signed_in = TOKEN("bob-2")};
    guards_client_report_in report = {.keeper = {.login = {true, {NAME("keeper"), NAME("sesame:9")}}}};

    GETS(guards_client_me, &guards, &me, GUARDS_CLIENT_ME_OK, {
        CHECK_STR(out.as.ok.body.name, "bob");
        CHECK(!out.as.ok.body.admin);
    });
    me.team = FLARE_STR("poems");
    GETS(guards_client_me, &guards, &me, GUARDS_CLIENT_ME_MEMBER_NOT_FOUND, {});
    me.signed_in.token.value = FLARE_STR("nobody");
    GETS(guards_client_me, &guards, &me, GUARDS_CLIENT_ME_SIGNED_IN_UNAUTHORIZED, {});
    me.signed_in.token.has = false;
    GETS(guards_client_me, &guards, &me, GUARDS_CLIENT_ME_SIGNED_IN_UNAUTHORIZED, {});
    me.team = FLARE_STR("NO");
    REFUSES(guards_client_me, &guards, &me, "", "pattern");

    GETS(guards_client_report, &guards, &report, GUARDS_CLIENT_REPORT_OK,
         CHECK_STR(out.as.ok.body, "2 users\n"));
    report.keeper.login.value.password = FLARE_STR("sesame:8");
    GETS(guards_client_report, &guards, &report, GUARDS_CLIENT_REPORT_KEEPER_UNAUTHORIZED, {});
}

TEST(members_write)
{
    const guards_client_list_pages_in list = {.team = NAME("engines"),
                                              .page = {.limit = {true, 5}, .after = {true, NAME("x")}},
                                              .signed_in = TOKEN("bob-2")};
    guards_client_add_page_in add = {
        .team = NAME("engines"), .body = {NAME("Plans")}, .signed_in = TOKEN("ada-1")};
    guards_client_put_page_in put = {.team = NAME("engines"),
                                     .id = 1,
                                     .if_match = {true, NAME("\"v0\", \"v1\"")},
                                     .body = NAME("new text"),
                                     .signed_in = TOKEN("bob-2")};
    guards_client_login_in login = {.user = NAME("ada")};

    GETS(guards_client_list_pages, &guards, &list, GUARDS_CLIENT_LIST_PAGES_OK,
         CHECK_STR(out.as.ok.body, "5 pages of engines after x"));
    GETS(guards_client_add_page, &guards, &add, GUARDS_CLIENT_ADD_PAGE_CREATED,
         CHECK_STR(out.as.created.body, "Plans by ada"));
    add.signed_in.token.value = FLARE_STR("bob-2");
    GETS(guards_client_add_page, &guards, &add, GUARDS_CLIENT_ADD_PAGE_ADMIN_NOT_AN_ADMIN,
         CHECK_STR(out.call.problem.type, "not-an-admin"));
    GETS(guards_client_put_page, &guards, &put, GUARDS_CLIENT_PUT_PAGE_NO_CONTENT,
         CHECK_STR(out.as.no_content.e_tag, "\"v2\""));
    put.if_match.value = FLARE_STR("W/\"v1\"");
    GETS(guards_client_put_page, &guards, &put, GUARDS_CLIENT_PUT_PAGE_PRECONDITION_FAILED, {});
    put.if_match.value = FLARE_STR("v1");
    REFUSES(guards_client_put_page, &guards, &put, "", "type");
    GETS(guards_client_login, &guards, &login, GUARDS_CLIENT_LOGIN_NO_CONTENT, {
        CHECK_STR(out.as.no_content.sid, "ada-1");
        CHECK_STR(out.as.no_content.theme.value, "dark");
    });
    login.user = FLARE_STR("eve");
    GETS(guards_client_login, &guards, &login, GUARDS_CLIENT_LOGIN_UNAUTHORIZED, {});
}

TEST(logs_out)
{
    guards_client_logout_out out;

    CHECK_INT(guards_client_logout(&guards, &out), FLARE_OK);
    CHECK_INT(out.reply, GUARDS_CLIENT_LOGOUT_NO_CONTENT);
    flare_call_free(&out.call);
}

/* ---- forms ---- */

TEST(forms_are_sent)
{
    static const forms_topic topics[] = {FORMS_TOPIC_NEWS, FORMS_TOPIC_JOBS};
    forms_client_log_in_in in = {.body = {NAME("ada@example.org"), NAME("correct horse"), true, {topics, 2}}};
    const forms_client_page_in page = {.welcome = {true, NAME("<b>")}};

    GETS(forms_client_log_in, &forms, &in, FORMS_CLIENT_LOG_IN_SEE_OTHER,
         CHECK_STR(out.as.see_other.location, "/?welcome=ada%40example.org"));
    in.body.password = FLARE_STR("battery staple");
    GETS(forms_client_log_in, &forms, &in, FORMS_CLIENT_LOG_IN_WRONG_PASSWORD, {});
    in.body.password = FLARE_STR("short");
    REFUSES(forms_client_log_in, &forms, &in, "", "min_length");
    GETS(forms_client_page, &forms, &page, FORMS_CLIENT_PAGE_OK,
         CHECK(out.as.ok.body.len != 0 &&
               memmem(out.as.ok.body.ptr, out.as.ok.body.len, "&lt;b&gt;", 9) != NULL));
}

/* ---- ws_chat ---- */

/* What is next is that, in `heard`. */
#define HEARS(out, who, what, how_many)                                                                      \
    do {                                                                                                     \
        CHECK_INT(ws_chat_client_room_next(out, &heard, FLARE_FOREVER), FLARE_OK);                           \
        CHECK_STR(heard.from, who);                                                                          \
        CHECK_STR(heard.text, what);                                                                         \
        CHECK_INT(heard.present, how_many);                                                                  \
    } while (0)

TEST(rooms_hear_what_is_said)
{
    ws_chat_client_room_in in = {.room = NAME("cellar")};
    ws_chat_client_room_out ada, other;
    ws_chat_client_page_out page;
    ws_chat_heard heard;

    CHECK_INT(ws_chat_client_page(&rooms, &page), FLARE_OK);
    CHECK_INT(page.reply, WS_CHAT_CLIENT_PAGE_OK);
    flare_call_free(&page.call);
    CHECK_INT(ws_chat_client_room_open(&rooms, &in, &ada), FLARE_OK);
    CHECK_INT(ada.reply, WS_CHAT_CLIENT_ROOM_NO_ROOM);
    flare_call_free(&ada.call);
    in = (ws_chat_client_room_in){.room = NAME("lobby"), .name = {true, NAME("ada")}};
    CHECK_INT(ws_chat_client_room_open(&rooms, &in, &ada), FLARE_OK);
    CHECK_INT(ada.reply, WS_CHAT_CLIENT_ROOM_OPEN);
    HEARS(&ada, "ada", "came in", 1);
    in.name.has = false;
    CHECK_INT(ws_chat_client_room_open(&rooms, &in, &other), FLARE_OK);
    HEARS(&other, "somebody", "came in", 2);
    HEARS(&ada, "somebody", "came in", 2);
    CHECK_INT(ws_chat_client_room_send(&ada, &(ws_chat_said){NAME("h\xc3\xb6r mal")}), FLARE_OK);
    HEARS(&other, "ada", "h\xc3\xb6r mal", 2);
    HEARS(&ada, "ada", "h\xc3\xb6r mal", 2);
    CHECK_INT(flare_call_close(&other.call, FLARE_WS_GOING_AWAY, FLARE_STR("lunch")), FLARE_OK);
    flare_call_free(&other.call);
    HEARS(&ada, "somebody", "left", 1);
    CHECK_INT(ws_chat_client_room_next(&ada, &heard, 0), FLARE_ERR_TIMEOUT);
    flare_call_free(&ada.call);
}

/* ---- Without a port ---- */

TEST(in_the_same_process)
{
    const tasks_client_list_tasks_in all = {.status = {.has = false}};
    const tasks_client_add_task_in in = {.body = task(FLARE_STR("Oil the hinges"))};
    flare_client *client;
    flare_test *test;

    CHECK_INT(flare_test_open(&test, &tasks_service, NULL), FLARE_OK);
    CHECK_INT(flare_test_client(&client, test, NULL), FLARE_OK);
    const flare_remote here = {client, {.url = FLARE_STR("http://tasks")}};
    GETS(tasks_client_list_tasks, &here, &all, TASKS_CLIENT_LIST_TASKS_OK,
         CHECK_INT(out.as.ok.body.count, 0)); /* a state of its own */
    GETS(tasks_client_add_task, &here, &in, TASKS_CLIENT_ADD_TASK_CREATED,
         CHECK_STR(out.as.created.location, "/tasks/1"));
    flare_client_free(client);
    flare_test_close(test);
    /* Sockets have no way there. */
    const ws_chat_client_room_in lobby = {.room = NAME("lobby")};
    ws_chat_client_room_out room;

    CHECK_INT(flare_test_open(&test, &ws_chat_service, NULL), FLARE_OK);
    CHECK_INT(flare_test_client(&client, test, NULL), FLARE_OK);
    const flare_remote inside = {client, {.url = FLARE_STR("http://rooms")}};
    CHECK_INT(ws_chat_client_room_open(&inside, &lobby, &room), FLARE_ERR_UNSUPPORTED);
    CHECK(room.call.why != NULL);
    flare_call_free(&room.call);
    flare_client_free(client);
    flare_test_close(test);
}

int main(void)
{
    const flare_service *const services[] = {&tasks_service, &guards_service, &forms_service,
                                             &ws_chat_service};
    flare_remote *const remotes[] = {&tasks, &guards, &forms, &rooms};
    flare_test_server servers[4];
    flare_client *client;

    if (flare_client_create(&client, NULL, NULL) != FLARE_OK)
        return EXIT_FAILURE;
    for (size_t i = 0; i < 4; i++) {
        if (flare_test_server_start(&servers[i], services[i], NULL, NULL) != FLARE_OK)
            return EXIT_FAILURE;
        *remotes[i] = (flare_remote){client, {.url = flare_str_of(servers[i].url)}};
    }
    RUN(tasks_are_added);
    RUN(tasks_are_changed);
    RUN(guards_judge);
    RUN(members_write);
    RUN(logs_out);
    RUN(forms_are_sent);
    RUN(rooms_hear_what_is_said);
    RUN(in_the_same_process);
    flare_client_free(client);
    for (size_t i = 0; i < 4; i++) {
        if (flare_test_server_stop(&servers[i]) != FLARE_OK)
            return EXIT_FAILURE;
    }
    return TEST_END();
}
