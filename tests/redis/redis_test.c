/* Commands on a real server: replies, errors, pipelines, transactions, places, limits. */
#include "harness.h"

#include "client/certificates.h"

/* ---- Replies ---- */

static void kinds(void *argument)
{
    const flare_str bytes = {"\0\r\n\xff", 4};
    flare_redis_reply reply;
    int64_t number;
    double real;
    flare_str str;

    (void)argument;
    CHECK_ASK(pool, "FLUSHALL", "OK");
    CHECK_ASK(pool, "PING", "PONG");
    CHECK_ASK(pool, "GET none", "(nil)");
    CHECK_ASK(pool, "INCR count", "1");
    CHECK_ASK(pool, "INCRBY count 41", "42");
    CHECK_ASK(pool, "RPUSH list a b c", "3");
    CHECK_ASK(pool, "LRANGE list 0 -1", "[a b c]");
    CHECK_ASK(pool, "LRANGE none 0 -1", "[]");
    CHECK_ASK(pool, "MGET count none", "[42 (nil)]");
    CHECK_ASK(pool, "EVAL return{1,{2,{'x',false}},redis.error_reply('E_e')} 0", "[1 [2 [x (nil)]] (error)]");
    CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("SET"), FLARE_STR("bytes"), bytes)),
              FLARE_OK);
    flare_redis_reply_free(&reply);
    CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("GET"), FLARE_STR("bytes"))),
              FLARE_OK);
    CHECK_INT(flare_redis_get_str(&reply.value, &str), FLARE_OK);
    CHECK(str.len == 4 && memcmp(str.ptr, bytes.ptr, 4) == 0);
    CHECK_INT(flare_redis_get_i64(&reply.value, &number), FLARE_ERR_SYNTAX);
    flare_redis_reply_free(&reply);
    flare_redis_reply_free(&reply);
    CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("GET"), FLARE_STR("count"))),
              FLARE_OK);
    CHECK_INT(flare_redis_get_i64(&reply.value, &number), FLARE_OK);
    CHECK_INT(number, 42);
    CHECK_INT(flare_redis_get_f64(&reply.value, &real), FLARE_OK);
    CHECK(real == 42);
    CHECK_INT(flare_redis_item(&reply.value, 0)->kind, FLARE_REDIS_NIL);
    flare_redis_reply_free(&reply);
    CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("INCR"), FLARE_STR("count"))),
              FLARE_OK);
    CHECK_INT(flare_redis_get_i64(&reply.value, &number), FLARE_OK);
    CHECK_INT(flare_redis_get_f64(&reply.value, &real), FLARE_OK);
    CHECK(number == 43 && real == 43);
    CHECK_INT(flare_redis_get_str(&reply.value, &str), FLARE_ERR_SYNTAX);
    flare_redis_reply_free(&reply);
    CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("GET"), FLARE_STR("none"))),
              FLARE_OK);
    CHECK_INT(flare_redis_get_str(&reply.value, &str), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_redis_get_i64(&reply.value, &number), FLARE_ERR_NOT_FOUND);
    CHECK_INT(flare_redis_get_f64(&reply.value, &real), FLARE_ERR_NOT_FOUND);
    flare_redis_reply_free(&reply);
}

TEST(replies_are_typed)
{
    with_pool(NULL, kinds);
}

/* ---- Errors of commands ---- */

static void errors(void *argument)
{
    flare_redis_reply reply;

    (void)argument;
    CHECK_ASK(pool, "FLUSHALL", "OK");
    CHECK_ASK(pool, "SET text x", "OK");
    CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("INCR"), FLARE_STR("text"))),
              FLARE_ERR_ARGUMENT);
    CHECK(strstr(reply.message, "integer") != NULL);
    CHECK_INT(reply.value.kind, FLARE_REDIS_NIL);
    flare_redis_reply_free(&reply);
    CHECK_FAILS(pool, "LPUSH text a", FLARE_ERR_ARGUMENT);
    CHECK_FAILS(pool, "NOSUCHTHING", FLARE_ERR_ARGUMENT);
    CHECK_FAILS(pool, "EVALSHA ffffffffffffffffffffffffffffffffffffffff 0", FLARE_ERR_NOT_FOUND);
    CHECK_ASK(pool, "CONFIG SET maxmemory 1", "OK");
    CHECK_FAILS(pool, "SET text y", FLARE_ERR_DISK_FULL);
    CHECK_ASK(pool, "CONFIG SET maxmemory 0", "OK");
    CHECK_FAILS(pool, "", FLARE_ERR_ARGUMENT);
    CHECK_FAILS(pool, "SELECT 1", FLARE_ERR_UNSUPPORTED);
    CHECK_FAILS(pool, "blpop list 0", FLARE_ERR_UNSUPPORTED);
    CHECK_FAILS(pool, "MULTI", FLARE_ERR_ARGUMENT);
    CHECK_ASK(pool, "GET text", "x");
    CHECK_INT(flare_redis_connections(pool), 1);
}

TEST(commands_fail_by_themselves)
{
    with_pool(NULL, errors);
}

/* ---- Several at once ---- */

TEST(handlers_share_a_connection)
{
    static struct asker askers[200];
    static bool seen[201];

    open_pool(&(flare_redis_options){.connections_max = 1});
    askers[0] = (struct asker){.line = "DEL shared"};
    start(ask_one, &askers[0], NULL);
    run_all();
    for (int i = 0; i < 200; i++) {
        askers[i] = (struct asker){.line = i % 10 == 9 ? "INCR shared x" : "INCR shared"};
        start(ask_one, &askers[i], NULL);
    }
    run_all();
    for (int i = 0; i < 200; i++) {
        const int number = (int)strtol(askers[i].text, NULL, 10);

        CHECK_INT(askers[i].err, i % 10 == 9 ? FLARE_ERR_ARGUMENT : FLARE_OK);
        if (i % 10 == 9)
            continue;
        CHECK(number > 0 && number <= 180 && !seen[number]);
        seen[number > 0 && number <= 200 ? number : 0] = true;
    }
    CHECK_INT(flare_redis_connections(pool), 1);
    close_pool();
}

static void batch(void *argument)
{
    enum { COUNT = 300 };
    static flare_redis_command commands[COUNT];
    static char numbers[COUNT][16];
    static flare_str words[COUNT][2];

    (void)argument;
    CHECK_INT(flare_redis_ask_all(pool, commands, 0), FLARE_OK);
    for (int i = 0; i < COUNT; i++) {
        words[i][0] = i == 7 ? FLARE_STR("NOSUCHTHING") : FLARE_STR("ECHO");
        words[i][1] = (flare_str){numbers[i], (size_t)snprintf(numbers[i], sizeof numbers[i], "%d", i)};
        commands[i] = (flare_redis_command){.words = words[i], .count = 2};
    }
    CHECK_INT(flare_redis_ask_all(pool, commands, COUNT), FLARE_ERR_ARGUMENT);
    for (int i = 0; i < COUNT; i++) {
        CHECK_INT(commands[i].reply.err, i == 7 ? FLARE_ERR_ARGUMENT : FLARE_OK);
        if (i != 7)
            CHECK_STR(commands[i].reply.value.str, numbers[i]);
        flare_redis_reply_free(&commands[i].reply);
    }
}

TEST(commands_are_answered_in_order)
{
    with_pool(NULL, batch);
}

/* Takes from one account what it gives to the other, with a mistake between. */
static void transfer(void *argument)
{
    const flare_str multi[] = {FLARE_STR("MULTI")}, exec[] = {FLARE_STR("EXEC")};
    const flare_str take[] = {FLARE_STR("DECR"), FLARE_STR("from")};
    const flare_str wrong[] = {FLARE_STR("LLEN"), FLARE_STR("from")};
    const flare_str give[] = {FLARE_STR("INCR"), FLARE_STR("to")};
    flare_redis_command commands[] = {
        {.words = multi, .count = 1}, {.words = take, .count = 2}, {.words = wrong, .count = 2},
        {.words = give, .count = 2},  {.words = exec, .count = 1},
    };

    (void)argument;
    CHECK_INT(flare_redis_ask_all(pool, commands, 5), FLARE_OK);
    CHECK_STR(commands[1].reply.value.str, "QUEUED");
    CHECK_INT(commands[4].reply.value.count, 3);
    CHECK_INT(flare_redis_item(&commands[4].reply.value, 1)->kind, FLARE_REDIS_ERROR);
    CHECK_INT(flare_redis_item(&commands[4].reply.value, 0)->integer +
                  flare_redis_item(&commands[4].reply.value, 2)->integer,
              0);
    for (size_t i = 0; i < 5; i++)
        flare_redis_reply_free(&commands[i].reply);
}

TEST(transactions_have_nothing_between)
{
    struct asker forget = {.line = "DEL from to"}, from = {.line = "GET from"};

    open_pool(&(flare_redis_options){.connections_max = 1});
    start(ask_one, &forget, NULL);
    run_all();
    for (int i = 0; i < 20; i++)
        start(transfer, NULL, NULL);
    run_all();
    start(ask_one, &from, NULL);
    run_all();
    CHECK(strcmp(from.text, "-20") == 0);
    close_pool();
}

/* ---- Places ---- */

/* Larger than what any buffer on the way holds, both ways. */
static void large(void *argument)
{
    const size_t len = (size_t)1 << 20;
    char *const text = malloc(len);
    const flare_str words[] = {FLARE_STR("ECHO"), {text, len}};
    flare_redis_command commands[4];

    (void)argument;
    memset(text, 'x', len);
    for (int i = 0; i < 4; i++)
        commands[i] = (flare_redis_command){.words = words, .count = 2};
    CHECK_INT(flare_redis_ask_all(pool, commands, 4), FLARE_OK);
    for (int i = 0; i < 4; i++) {
        const flare_str got = commands[i].reply.value.str;

        CHECK(got.len == len && memcmp(got.ptr, text, len) == 0);
        flare_redis_reply_free(&commands[i].reply);
    }
    free(text);
}

TEST(large_ones_pass)
{
    char url[64];

    with_pool(NULL, large);
    (void)snprintf(url, sizeof url, "redis://localhost:%d", server.port);
    with_pool(&(flare_redis_options){.url = url}, large);
}

/* With many handlers at once, as TLS is written by the loop alone. */
TEST(tls_is_spoken)
{
    static struct asker askers[20];
    struct server secure;
    char port[16], url[64], files[3][128];
    const int tls_port = free_port();
    const char *const more[] = {"--tls-port",
                                port,
                                "--tls-cert-file",
                                files[0],
                                "--tls-key-file",
                                files[1],
                                "--tls-ca-cert-file",
                                files[2],
                                "--tls-auth-clients",
                                "no",
                                NULL};

    make_certificates();
    (void)snprintf(port, sizeof port, "%d", tls_port);
    (void)snprintf(files[0], sizeof files[0], "%s", certificate_path("good.crt"));
    (void)snprintf(files[1], sizeof files[1], "%s", certificate_path("good.key"));
    (void)snprintf(files[2], sizeof files[2], "%s", certificate_path("ca.crt"));
    give_away(certificate_folder);
    give_away(files[0]);
    give_away(files[1]);
    give_away(files[2]);
    if (server_make(&secure, more)) {
        const flare_tls_connector_options tls = {.ca = files[2]};

        (void)snprintf(url, sizeof url, "rediss://localhost:%d", tls_port);
        with_pool(&(flare_redis_options){.url = url, .tls = &tls}, large);
        open_pool(&(flare_redis_options){.url = url, .tls = &tls, .connections_max = 1});
        for (int i = 0; i < 20; i++) {
            askers[i] = (struct asker){.line = "INCR secure"};
            start(ask_one, &askers[i], NULL);
        }
        run_all();
        for (int i = 0; i < 20; i++)
            CHECK_INT(askers[i].err, FLARE_OK);
        close_pool();
        /* Without that CA nobody is believed. */
        open_pool(&(flare_redis_options){.url = url});
        start(ask_one, &askers[0], NULL);
        run_all();
        CHECK_INT(askers[0].err, FLARE_ERR_REFUSED);
        close_pool();
    }
    server_remove(&secure);
    remove_certificates();
}

static void in_third(void *argument)
{
    (void)argument;
    CHECK_ASK(pool, "SET third 3", "OK");
    CHECK_ASK(pool, "GET first", "(nil)");
}

static void in_first(void *argument)
{
    (void)argument;
    CHECK_ASK(pool, "SET first 1", "OK");
    CHECK_ASK(pool, "GET third", "(nil)");
    CHECK_ASK(pool, "ACL SETUSER anna on >a:b@c/d ~* +@all", "OK");
}

static void as_anna(void *argument)
{
    (void)argument;
    CHECK_ASK(pool, "ACL WHOAMI", "anna");
}

static void needs_password(void *argument)
{
    (void)argument;
    CHECK_FAILS(pool, "PING", FLARE_ERR_REFUSED);
}

static void open_again(void *argument)
{
    flare_redis_reply reply;

    (void)argument;
    CHECK_INT(flare_redis_ask(pool, &reply,
                              FLARE_REDIS_WORDS(FLARE_STR("CONFIG"), FLARE_STR("SET"),
                                                FLARE_STR("requirepass"), FLARE_STR(""))),
              FLARE_OK);
    flare_redis_reply_free(&reply);
}

static void closed(void *argument)
{
    (void)argument;
    CHECK_ASK(pool, "CONFIG SET requirepass secret", "OK");
}

TEST(urls_say_who_and_which)
{
    char url[160];

    with_pool(NULL, in_first);
    (void)snprintf(url, sizeof url, "unix://%s?db=3", server.socket_path);
    with_pool(&(flare_redis_options){.url = url}, in_third);
    (void)snprintf(url, sizeof url, "redis://anna:a%%3Ab%%40c%%2Fd@127.0.0.1:%d/3", server.port);
    with_pool(&(flare_redis_options){.url = url}, as_anna);
    (void)snprintf(url, sizeof url, "redis://anna:wrong@127.0.0.1:%d", server.port);
    with_pool(&(flare_redis_options){.url = url}, needs_password);
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d/9999", server.port);
    with_pool(&(flare_redis_options){.url = url}, needs_password);
    with_pool(NULL, closed);
    with_pool(NULL, needs_password);
    (void)snprintf(url, sizeof url, "unix://:secret@%s", server.socket_path);
    with_pool(&(flare_redis_options){.url = url}, open_again);
    CHECK_INT(setenv("REDIS_URL", server.url, 1), 0);
    with_pool(&(flare_redis_options){.url = NULL}, in_first);
    CHECK_INT(unsetenv("REDIS_URL"), 0);
}

/* ---- Limits ---- */

enum { REPLY_MAX = 100000 };

static flare_err set_large(size_t bytes)
{
    char length[48], text[16];

    (void)snprintf(length, sizeof length, "SETRANGE large %zu x", bytes - 1);
    CHECK_INT(ask(pool, "DEL large", text, sizeof text), FLARE_OK);
    return ask(pool, length, text, sizeof text);
}

static void replies_have_an_end(void *argument)
{
    flare_redis_reply reply;

    (void)argument;
    CHECK_INT(set_large(REPLY_MAX), FLARE_OK);
    CHECK_INT(flare_redis_ask(pool, &reply, FLARE_REDIS_WORDS(FLARE_STR("GET"), FLARE_STR("large"))),
              FLARE_OK);
    CHECK_INT(reply.value.str.len, REPLY_MAX);
    flare_redis_reply_free(&reply);
    CHECK_INT(set_large(REPLY_MAX + 1), FLARE_OK);
    CHECK_FAILS(pool, "GET large", FLARE_ERR_LIMIT);
    /* Far larger: it is given up before all of it is here. */
    CHECK_INT(set_large((size_t)50 << 20), FLARE_OK);
    CHECK_FAILS(pool, "GET large", FLARE_ERR_LIMIT);
    for (size_t items = REPLY_MAX / 64; items <= REPLY_MAX / 64 + 1; items++) {
        const flare_str script =
            FLARE_STR("local t = {} for i = 1, tonumber(ARGV[1]) do t[i] = i end return t");
        char count[16];
        const flare_str words[] = {FLARE_STR("EVAL"),
                                   script,
                                   FLARE_STR("0"),
                                   {count, (size_t)snprintf(count, sizeof count, "%zu", items)}};
        const flare_err err = flare_redis_ask(pool, &reply, words, 4);

        CHECK_INT(err, items == REPLY_MAX / 64 ? FLARE_OK : FLARE_ERR_LIMIT);
        CHECK_INT(reply.value.count, err == FLARE_OK ? items : 0);
        flare_redis_reply_free(&reply);
    }
    CHECK_ASK(pool, "PING", "PONG");
    CHECK_ASK(pool, "DEL large", "1");
}

TEST(replies_are_bounded)
{
    with_pool(&(flare_redis_options){.reply_max_bytes = REPLY_MAX}, replies_have_an_end);
}

int main(void)
{
    flare_log_setup(&(flare_log_options){.mode = FLARE_LOG_OFF});
    if (!server_make(&server, NULL))
        return server_skipped(&server);
    RUN(replies_are_typed);
    RUN(commands_fail_by_themselves);
    RUN(handlers_share_a_connection);
    RUN(commands_are_answered_in_order);
    RUN(transactions_have_nothing_between);
    RUN(large_ones_pass);
    RUN(tls_is_spoken);
    RUN(urls_say_who_and_which);
    RUN(replies_are_bounded);
    server_remove(&server);
    return TEST_END();
}
