#include "test.h"

#include <flare/log.h>
#include <flare/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define STAMP "2024-02-29T11:00:00.123Z"

static char taken[FLARE_LOG_MAX_BYTES + 1];
static flare_str line;
static int lines;

static void take(void *context, flare_log_level level, flare_str text)
{
    (void)level;
    ++*(int *)context;
    memcpy(taken, text.ptr, text.len);
    line = (flare_str){taken, text.len};
}

static flare_time fixed_time = INT64_C(1709204400123456789);

static int64_t read_fixed(void *context)
{
    (void)context;
    return fixed_time;
}

static void set_up(flare_log_mode mode, flare_log_level level)
{
    static const flarei_clock clock = {NULL, read_fixed, read_fixed};
    const flare_log_options options = {mode, level, STDERR_FILENO, take, &lines};

    flarei_clock_set(&clock);
    flare_log_setup(&options);
    lines = 0;
    line = FLARE_STR("");
}

TEST(a_line_of_text)
{
    set_up(FLARE_LOG_TEXT, FLARE_LOG_DEBUG);
    flare_log(FLARE_LOG_WARN, "accept: %s, %d left", "too many open files", 3);
    CHECK_STR(line, STAMP " warn accept: too many open files, 3 left\n");
    flare_log(FLARE_LOG_DEBUG, "%s", "");
    CHECK_STR(line, STAMP " debug \n");
    CHECK_INT(lines, 2);
}

TEST(a_line_of_json)
{
    set_up(FLARE_LOG_JSON, FLARE_LOG_INFO);
    flare_log(FLARE_LOG_ERROR, "a \"b\" \\ %c", 'c');
    CHECK_STR(line, "{\"time\":\"" STAMP "\",\"level\":\"error\",\"message\":\"a \\\"b\\\" \\\\ c\"}\n");
}

TEST(time_before_the_epoch_is_written_right)
{
    set_up(FLARE_LOG_TEXT, FLARE_LOG_INFO);
    fixed_time = -1;
    flare_log(FLARE_LOG_INFO, "x");
    fixed_time = INT64_C(1709204400123456789);
    CHECK_STR(line, "1969-12-31T23:59:59.999Z info x\n");
}

/* A pipe that nobody reads takes no more, as a full disk does. */
TEST(what_is_lost_is_counted)
{
    const char *const told = "warn the log could not be written lost_lines=";
    static char all[1 << 17];
    size_t len = 0, lost = 0, kept = 0;
    ssize_t got;
    int ends[2];

    CHECK_INT(pipe2(ends, O_NONBLOCK), 0);
    flare_log_setup(&(flare_log_options){FLARE_LOG_TEXT, FLARE_LOG_INFO, ends[1], NULL, NULL});
    for (int i = 0; i < 2000; i++)
        flare_log(FLARE_LOG_INFO, "%0100d", i);
    while ((got = read(ends[0], all + len, sizeof all - 1 - len)) > 0)
        len += (size_t)got;
    flare_log(FLARE_LOG_INFO, "last");
    flare_log(FLARE_LOG_INFO, "after it");
    while ((got = read(ends[0], all + len, sizeof all - 1 - len)) > 0)
        len += (size_t)got;
    all[len] = '\0';
    const char *const found = strstr(all, told);
    CHECK(found != NULL);
    if (found != NULL) {
        lost = strtoul(found + strlen(told), NULL, 10);
        CHECK(strstr(found + 1, told) == NULL);
        CHECK(strstr(found, " info last\n") != NULL && strstr(found, " info after it\n") != NULL);
        CHECK(found[-26] == '\n'); /* a torn line ends before it */
    }
    for (const char *at = all; (at = strstr(at, " info 0")) != NULL; at++)
        kept += strcspn(at, "\n") == 106;
    CHECK(lost > 0 && kept > 0);
    CHECK_INT(lost + kept, 2000);
    (void)close(ends[0]);
    (void)close(ends[1]);
    flare_log_setup(NULL);
}

TEST(levels_and_off)
{
    set_up(FLARE_LOG_TEXT, FLARE_LOG_WARN);
    flare_log(FLARE_LOG_INFO, "no");
    CHECK_INT(lines, 0);
    CHECK(!flare_log_enabled(FLARE_LOG_INFO) && flare_log_enabled(FLARE_LOG_WARN));
    flare_log(FLARE_LOG_WARN, "yes");
    CHECK_INT(lines, 1);
    set_up(FLARE_LOG_OFF, FLARE_LOG_DEBUG);
    flare_log(FLARE_LOG_ERROR, "no");
    CHECK_INT(lines, 0);
    CHECK(!flare_log_enabled(FLARE_LOG_ERROR));

    flarei_log_line built;

    flarei_log_begin(&built, FLARE_LOG_ERROR, FLARE_STR("no"));
    flarei_log_add(&built, "key", FLARE_STR("value"));
    flarei_log_add_u64(&built, "count", 1);
    flarei_log_end(&built);
    CHECK_INT(lines, 0);
}

TEST(members)
{
    for (int mode = FLARE_LOG_TEXT; mode <= FLARE_LOG_JSON; mode++) {
        flarei_log_line built;

        set_up((flare_log_mode)mode, FLARE_LOG_INFO);
        flarei_log_begin(&built, FLARE_LOG_INFO, FLARE_STR("request"));
        flarei_log_add(&built, "path", FLARE_STR("/a/b"));
        flarei_log_add(&built, "agent", FLARE_STR("my \"browser\""));
        flarei_log_add(&built, "empty", FLARE_STR(""));
        flarei_log_add_u64(&built, "status", 200);
        flarei_log_end(&built);
        flarei_log_end(&built); /* used up */
        CHECK_INT(lines, 1);
        if (mode == FLARE_LOG_TEXT)
            CHECK_STR(line,
                      STAMP " info request path=/a/b agent=\"my \\\"browser\\\"\" empty=\"\" status=200\n");
        else
            CHECK_STR(line,
                      "{\"time\":\"" STAMP "\",\"level\":\"info\",\"message\":\"request\",\"path\":\"/a/b\","
                      "\"agent\":\"my \\\"browser\\\"\",\"empty\":\"\",\"status\":200}\n");
    }
}

TEST(nobody_can_forge_a_line)
{
    static const flare_str nasty = FLARE_STR_INIT("a\nb\rc\td\x1b[31m\x7f\0e\xc2\x9bz\xff\xc3\xa9");

    set_up(FLARE_LOG_TEXT, FLARE_LOG_INFO);
    flarei_log_line built;

    flarei_log_begin(&built, FLARE_LOG_INFO, nasty);
    flarei_log_add(&built, "key", nasty);
    flarei_log_end(&built);
    CHECK_STR(line, STAMP " info a\\nb\\rc\\td\\x1b[31m\\x7f\\x00e\\xc2\\x9bz\\xff\xc3\xa9"
                          " key=\"a\\nb\\rc\\td\\x1b[31m\\x7f\\x00e\\xc2\\x9bz\\xff\xc3\xa9\"\n");
    set_up(FLARE_LOG_JSON, FLARE_LOG_INFO);
    flarei_log_begin(&built, FLARE_LOG_INFO, nasty);
    flarei_log_end(&built);
    CHECK_STR(line, "{\"time\":\"" STAMP "\",\"level\":\"info\",\"message\":"
                    "\"a\\nb\\rc\\td\\u001b[31m\\u007f\\u0000e\\u009bz\\ufffd\xc3\xa9\"}\n");
}

static bool ends_with(flare_str text, const char *tail)
{
    const size_t len = strlen(tail);

    return text.len >= len && memcmp(text.ptr + text.len - len, tail, len) == 0;
}

/* Messages of every length around the limit, of a plain and of an escaped character. */
TEST(a_long_line_is_cut_and_says_so)
{
    static char text[3000];

    for (int mode = FLARE_LOG_TEXT; mode <= FLARE_LOG_JSON; mode++) {
        for (int escaped = 0; escaped < 2; escaped++) {
            bool was_cut = false;

            memset(text, escaped ? '\x01' : 'x', sizeof text);
            for (size_t len = escaped ? 250 : 1900; len < 2300; len++) {
                flarei_log_line built;

                set_up((flare_log_mode)mode, FLARE_LOG_INFO);
                flarei_log_begin(&built, FLARE_LOG_INFO, (flare_str){text, len});
                flarei_log_add(&built, "key", FLARE_STR("some value"));
                flarei_log_add_u64(&built, "count", UINT64_MAX);
                flarei_log_add(&built, "last", FLARE_STR("x"));
                flarei_log_end(&built);
                CHECK_INT(lines, 1);
                CHECK(line.len <= FLARE_LOG_MAX_BYTES);
                CHECK(memchr(line.ptr, '\n', line.len) == line.ptr + line.len - 1);
                const bool cut = ends_with(line, mode == FLARE_LOG_JSON ? "\",\"cut\":true}\n" : "...\n") ||
                                 ends_with(line, ",\"cut\":true}\n");

                CHECK(cut || ends_with(line, mode == FLARE_LOG_JSON ? ",\"last\":\"x\"}\n" : " last=x\n"));
                CHECK(cut || !was_cut);
                was_cut = was_cut || cut;
            }
            CHECK(was_cut);
        }
    }
}

TEST(a_line_is_one_write_and_errno_stays)
{
    flare_log_options options = {FLARE_LOG_TEXT, FLARE_LOG_INFO, -1, NULL, NULL};
    char got[100];
    int ends[2];
    ssize_t n;

    set_up(FLARE_LOG_TEXT, FLARE_LOG_INFO);
    CHECK_INT(pipe(ends), 0);
    options.descriptor = ends[1];
    flare_log_setup(&options);
    errno = 42;
    flare_log(FLARE_LOG_INFO, "hello");
    CHECK_INT(errno, 42);
    n = read(ends[0], got, sizeof got);
    const flare_str read_back = {got, n < 0 ? 0 : (size_t)n};

    CHECK_STR(read_back, STAMP " info hello\n");
    close(ends[0]);
    close(ends[1]);
    flare_log(FLARE_LOG_INFO, "nobody reads this");
    CHECK_INT(errno, 42);
    flare_log_setup(NULL);
    CHECK(flare_log_enabled(FLARE_LOG_INFO) && !flare_log_enabled(FLARE_LOG_DEBUG));
    flarei_clock_set(NULL);
}

int main(void)
{
    RUN(a_line_of_text);
    RUN(a_line_of_json);
    RUN(time_before_the_epoch_is_written_right);
    RUN(what_is_lost_is_counted);
    RUN(levels_and_off);
    RUN(members);
    RUN(nobody_can_forge_a_line);
    RUN(a_long_line_is_cut_and_says_so);
    RUN(a_line_is_one_write_and_errno_stays);
    return TEST_END();
}
