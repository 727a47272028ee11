/* Without a server: URLs, what may be sent, and replies in every way that bytes may come. */
#include "redis/command.h"
#include "redis/place.h"
#include "redis/reply.h"
#include "test.h"

#include <stdlib.h>

/* ---- URLs ---- */

TEST(urls_are_read)
{
    static const struct {
        const char *url, *host, *user, *password;
        unsigned port, database;
    } good[] = {
        {"redis://db", "db", "", NULL, 6379, 0},
        {"REDIS://db:1/", "db", "", NULL, 1, 0},
        {"redis://:p%40ss@db:65535/15", "db", "", "p@ss", 65535, 15},
        {"redis://u:a:b@[::1]:7/2147483647", "::1", "u", "a:b", 7, 2147483647},
        {"redis://u:@p@h", "h", "u", "@p", 6379, 0},
        {"redis://u:@[fe80::1]", "fe80::1", "u", "", 6379, 0},
        {"redis:///2", "127.0.0.1", "", NULL, 6379, 2},
        {"rediss://db", "db", "", NULL, 6379, 0},
    };
    struct flarei_redis_place place;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(flarei_redis_place_read(&place, good[i].url), FLARE_OK);
        CHECK_STR(place.host, good[i].host);
        CHECK_STR(place.user, good[i].user);
        CHECK_INT(place.has_password, good[i].password != NULL);
        CHECK_STR(place.password, good[i].password != NULL ? good[i].password : "");
        CHECK_INT(place.port, good[i].port);
        CHECK_INT(place.database, good[i].database);
        CHECK_INT(place.secure, strncmp(good[i].url, "rediss", 6) == 0);
        CHECK_INT(place.address.family, FLARE_ADDRESS_NONE);
        flarei_redis_place_clear(&place);
    }
}

TEST(unix_urls_are_read)
{
    char longest[200] = "unix:///";
    struct flarei_redis_place place;

    CHECK_INT(flarei_redis_place_read(&place, "unix://u:p@/run/a%20b?db=4"), FLARE_OK);
    CHECK_INT(place.address.family, FLARE_ADDRESS_UNIX);
    CHECK(strcmp(place.address.path, "/run/a b") == 0);
    CHECK_STR(place.user, "u");
    CHECK_STR(place.password, "p");
    CHECK_INT(place.database, 4);
    flarei_redis_place_clear(&place);
    memset(longest + 8, 'x', FLARE_ADDRESS_PATH_MAX_BYTES - 1);
    CHECK_INT(flarei_redis_place_read(&place, longest), FLARE_OK);
    flarei_redis_place_clear(&place);
    longest[7 + FLARE_ADDRESS_PATH_MAX_BYTES] = 'x';
    CHECK_INT(flarei_redis_place_read(&place, longest), FLARE_ERR_SYNTAX);
}

TEST(other_urls_are_refused)
{
    static const char *const bad[] = {"",
                                      "db",
                                      "http://db",
                                      "redis:",
                                      "redis://user@db",
                                      "redis://db:0",
                                      "redis://db:65536",
                                      "redis://db:x",
                                      "redis://db:",
                                      "redis://db/x",
                                      "redis://db/-1",
                                      "redis://db/2147483648",
                                      "redis://db/1/2",
                                      "redis://db?db=1",
                                      "redis://db#1",
                                      "redis://[::1",
                                      "redis://[]",
                                      "redis://[::1]x",
                                      "redis://:a%4@db",
                                      "redis://:a%00@db",
                                      "unix://run",
                                      "unix://host/run",
                                      "unix:///run?db=x",
                                      "unix:///run?password=x"};
    struct flarei_redis_place place;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (flarei_redis_place_read(&place, bad[i]) != FLARE_ERR_SYNTAX)
            fprintf(stderr, "%s is read\n", bad[i]), test_ok = false;
        CHECK(place.text == NULL);
    }
}

/* ---- What may be sent ---- */

static flare_err check_words(const flare_str *words, size_t count)
{
    const flare_redis_command command = {.words = words, .count = count};

    return flarei_redis_commands_check(&command, 1);
}

TEST(what_others_would_notice_is_refused)
{
    static const char *const refused[] = {"AUTH",  "hello",     "Select",     "RESET",   "QUIT",
                                          "WATCH", "SUBSCRIBE", "PSUBSCRIBE", "MONITOR", "SYNC",
                                          "WAIT",  "BLPOP",     "bzmpop"};
    const flare_str client[] = {FLARE_STR("CLIENT"), FLARE_STR("reply"), FLARE_STR("OFF")};
    const flare_str list[] = {FLARE_STR("CLIENT"), FLARE_STR("LIST")};
    const flare_str xread[] = {FLARE_STR("XREAD"), FLARE_STR("COUNT"), FLARE_STR("1"), FLARE_STR("block")};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const flare_str word = {refused[i], strlen(refused[i])};

        CHECK_INT(check_words(&word, 1), FLARE_ERR_UNSUPPORTED);
    }
    CHECK_INT(check_words(client, 3), FLARE_ERR_UNSUPPORTED);
    CHECK_INT(check_words(list, 2), FLARE_OK);
    CHECK_INT(check_words(xread, 4), FLARE_ERR_UNSUPPORTED);
    CHECK_INT(check_words(xread, 3), FLARE_OK);
    CHECK_INT(check_words(NULL, 0), FLARE_ERR_ARGUMENT);
    CHECK_INT(check_words(&FLARE_STR(""), 1), FLARE_ERR_ARGUMENT);
}

TEST(transactions_end)
{
    const flare_str multi = FLARE_STR("multi"), exec = FLARE_STR("EXEC"), discard = FLARE_STR("DISCARD");
    flare_redis_command commands[] = {{.words = &multi, .count = 1}, {.words = &exec, .count = 1}};

    CHECK_INT(flarei_redis_commands_check(commands, 1), FLARE_ERR_ARGUMENT);
    CHECK_INT(flarei_redis_commands_check(commands, 2), FLARE_OK);
    commands[1].words = &discard;
    CHECK_INT(flarei_redis_commands_check(commands, 2), FLARE_OK);
    commands[1].words = &multi;
    CHECK_INT(flarei_redis_commands_check(commands, 2), FLARE_ERR_ARGUMENT);
}

/* Only lengths are looked at. */
TEST(commands_are_bounded)
{
    flare_str words[] = {FLARE_STR("SET"), FLARE_STR("k"), {"", 0}};

    words[2].len = FLARE_REDIS_ASK_MAX_BYTES - 3 * 32 - 4;
    CHECK_INT(check_words(words, 3), FLARE_OK);
    words[2].len++;
    CHECK_INT(check_words(words, 3), FLARE_ERR_LIMIT);
    words[2].len = SIZE_MAX;
    CHECK_INT(check_words(words, 3), FLARE_ERR_LIMIT);
}

TEST(commands_are_written)
{
    const flare_str words[] = {FLARE_STR("SET"), FLARE_STR(""), {"a\r\n\0b", 5}};
    static const char want[] = "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\na\r\n\0b\r\n";
    char storage[64];
    flare_buffer out;

    flarei_buffer_over(&out, storage, sizeof storage);
    CHECK(flarei_redis_command_write(&out, words, 3));
    CHECK(flarei_buffer_len(&out) == sizeof want - 1 && memcmp(storage, want, sizeof want - 1) == 0);
    flarei_buffer_over(&out, storage, sizeof want - 2);
    CHECK(!flarei_redis_command_write(&out, words, 3));
}

/* ---- Replies ---- */

/* Feeds a text in pieces of so many bytes. @return what the reader says at its end, or before */
static flare_err feed(struct flarei_redis_replies *replies, const char *text, size_t piece)
{
    const size_t len = strlen(text);

    for (size_t at = 0; at < len; at += piece) {
        flare_err err;

        CHECK_INT(flarei_redis_replies_feed(replies, text + at, len - at < piece ? len - at : piece),
                  FLARE_OK);
        err = flarei_redis_replies_next(replies);
        if (err != FLARE_ERR_AGAIN)
            return err;
    }
    return FLARE_ERR_AGAIN;
}

TEST(replies_come_in_pieces)
{
    static const char text[] = "*4\r\n:-7\r\n*2\r\n$3\r\na\r\n\r\n$-1\r\n+fine\r\n-ERR no\r\n";

    for (size_t piece = 1; piece <= sizeof text; piece++) {
        struct flarei_redis_replies replies;
        flare_redis_reply reply;
        flare_str str;

        CHECK(flarei_redis_replies_init(&replies, 1000));
        CHECK_INT(feed(&replies, text, piece), FLARE_OK);
        flarei_redis_replies_take(&replies, &reply);
        flarei_redis_replies_clear(&replies);
        CHECK_INT(reply.err, FLARE_OK);
        CHECK_INT(reply.value.count, 4);
        CHECK_INT(flare_redis_item(&reply.value, 0)->integer, -7);
        str = flare_redis_item(flare_redis_item(&reply.value, 1), 0)->str;
        CHECK_STR(str, "a\r\n");
        CHECK_INT(flare_redis_item(flare_redis_item(&reply.value, 1), 1)->kind, FLARE_REDIS_NIL);
        str = flare_redis_item(&reply.value, 2)->str;
        CHECK_STR(str, "fine");
        CHECK_INT(flare_redis_item(&reply.value, 3)->kind, FLARE_REDIS_ERROR);
        flare_redis_reply_free(&reply);
    }
}

TEST(replies_that_are_none)
{
    static const char *const bad[] = {"?\r\n",   "$x\r\n",
                                      "*-2\r\n", ":1x\r\n",
                                      "$-2\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n?"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct flarei_redis_replies replies;

        CHECK(flarei_redis_replies_init(&replies, 1000));
        CHECK_INT(feed(&replies, bad[i], 1000), FLARE_ERR_SYNTAX);
        flarei_redis_replies_clear(&replies);
    }
}

TEST(replies_are_bounded_before_they_are_there)
{
    static const char *const large[] = {"*16\r\n", "*2000000000\r\n", "$961\r\n", "$2000000000\r\n"};
    char text[2000];

    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        struct flarei_redis_replies replies;

        (void)snprintf(text, sizeof text, "%s%0*d", large[i], 1500, 0);
        CHECK(flarei_redis_replies_init(&replies, 960));
        CHECK_INT(feed(&replies, i < 2 ? large[i] : text, 7), FLARE_ERR_LIMIT);
        flarei_redis_replies_clear(&replies);
        (void)snprintf(text, sizeof text, "$960\r\n%0*d\r\n", 960, 0);
        CHECK(flarei_redis_replies_init(&replies, 960));
        CHECK_INT(feed(&replies, text, 7), FLARE_OK);
        flarei_redis_replies_clear(&replies);
    }
}

TEST(errors_are_known_by_their_first_word)
{
    CHECK_INT(flarei_redis_error_of(FLARE_STR("LOADING Redis is loading the dataset")), FLARE_ERR_REFUSED);
    CHECK_INT(flarei_redis_error_of(FLARE_STR("LOADINGS")), FLARE_ERR_ARGUMENT);
    CHECK_INT(flarei_redis_error_of(FLARE_STR("NOPERM x")), FLARE_ERR_PERMISSION);
    CHECK_INT(flarei_redis_error_of(FLARE_STR("MISCONF x")), FLARE_ERR_DISK_FULL);
    CHECK_INT(flarei_redis_error_of(FLARE_STR("TRYAGAIN x")), FLARE_ERR_AGAIN);
    CHECK_INT(flarei_redis_error_of(FLARE_STR("ERR max number of clients reached")), FLARE_ERR_REFUSED);
    CHECK_INT(flarei_redis_error_of(FLARE_STR("ERR unknown command")), FLARE_ERR_ARGUMENT);
    CHECK_INT(flarei_redis_error_of(FLARE_STR("")), FLARE_ERR_ARGUMENT);
}

int main(void)
{
    RUN(urls_are_read);
    RUN(unix_urls_are_read);
    RUN(other_urls_are_refused);
    RUN(what_others_would_notice_is_refused);
    RUN(transactions_end);
    RUN(commands_are_bounded);
    RUN(commands_are_written);
    RUN(replies_come_in_pieces);
    RUN(replies_that_are_none);
    RUN(replies_are_bounded_before_they_are_there);
    RUN(errors_are_known_by_their_first_word);
    return TEST_END();
}
