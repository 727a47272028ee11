/* Files of options: how lines are read, and what is wrong with them. */
#include "server/config.h"
#include "server/options.h"
#include "test.h"

#include <flare/memory.h>

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/flare-config-XXXXXX";

static void write_file(const void *text, size_t length)
{
    FILE *file = fopen(path, "wb");

    CHECK(file != NULL && fwrite(text, 1, length, file) == length);
    if (file != NULL)
        fclose(file);
}

static const char *variable[2];

static char *get(const char *name)
{
    static char copy[256];

    if (variable[0] == NULL || strcmp(variable[0], name) != 0)
        return NULL;
    snprintf(copy, sizeof copy, "%s", variable[1]);
    return copy;
}

static struct flarei_arguments arguments;

static bool take(const char *text, const char *flag, const char *value)
{
    char *argv[] = {(char *)(uintptr_t) "program", (char *)(uintptr_t) "--config", path,
                    (char *)(uintptr_t)flag, (char *)(uintptr_t)value};

    flarei_arguments_free(&arguments);
    write_file(text, strlen(text));
    return flarei_arguments_read(&arguments, flag == NULL ? 3 : value == NULL ? 4 : 5, argv, get);
}

TEST(lines_are_options)
{
    CHECK(take("# a comment\n\n  workers = 3\t\r\nlisten=127.0.0.1:1\nlisten = unix:/a b=c\npin = true\n"
               "poll = false\ndrain=7",
               NULL, NULL));
    CHECK_INT(arguments.options.workers, 3);
    CHECK_INT(arguments.options.drain_seconds, 7);
    CHECK_INT(arguments.listen_count, 2);
    CHECK(strcmp(arguments.listen[1], "unix:/a b=c") == 0);
    CHECK(arguments.options.pin && !arguments.options.poll);
    CHECK(take("", NULL, NULL));
    CHECK_INT(arguments.listen_count, 1);
    CHECK(take("tls-cert = a\ntls-ocsp = b\ntls-key = c\ntls-cert = d\ntls-key = e\n", NULL, NULL));
    CHECK_INT(arguments.tls.pair_count, 2);
    CHECK(strcmp(arguments.pairs[0].ocsp, "b") == 0);
}

TEST(variables_and_flags_win)
{
    variable[0] = "FLARE_LISTEN";
    variable[1] = "127.0.0.1:2";
    CHECK(take("listen = 127.0.0.1:1\nworkers = 3\nlog = off\n", "--workers", "4"));
    CHECK_INT(arguments.listen_count, 1);
    CHECK(strcmp(arguments.listen[0], "127.0.0.1:2") == 0);
    CHECK_INT(arguments.options.workers, 4);
    CHECK_INT(arguments.options.log, FLARE_LOG_OFF);
    CHECK(take("listen = 127.0.0.1:1\n", "--listen=127.0.0.1:3", NULL));
    CHECK_INT(arguments.listen_count, 1);
    CHECK(strcmp(arguments.listen[0], "127.0.0.1:3") == 0);
    variable[0] = "FLARE_CONFIG";
    variable[1] = "/nonexistent";
    CHECK(take("workers = 5\n", NULL, NULL));
    CHECK_INT(arguments.options.workers, 5);
    variable[0] = NULL;
}

TEST(a_complaint_names_the_line)
{
    static const char *const rows[][2] = {
        {"workers = 1\n\nworkerz = 2\n", ":3: workerz: no such option"},
        {"workers = many", ":1: workers: 'many' is not a number"},
        {"workers 3", ":1: not 'name = value'"},
        {"# x\n= 3", ":2: no name before '='"},
        {"help = true", ":1: help: no such option"},
        {"check = true", ":1: check: no such option"},
        {"config = /etc/passwd", ":1: config: no such option"},
        {"--workers = 3", ":1: --workers: no such option"},
        {"pin = maybe", ":1: pin: 'maybe' is neither"},
        {"pin", ":1: not 'name = value'"},
        {"pin =", NULL}, /* as an empty variable: no */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(take(rows[i][0], NULL, NULL) == (rows[i][1] == NULL));
        if (rows[i][1] == NULL)
            continue;
        CHECK(strstr(arguments.error, rows[i][1]) != NULL);
        CHECK(strncmp(arguments.error, path, strlen(path)) == 0);
    }
}

TEST(what_is_no_such_file_is_refused)
{
    static char large[FLAREI_CONFIG_MAX_BYTES + 1];
    char *text = NULL;

    memset(large, '\n', sizeof large);
    write_file(large, sizeof large);
    CHECK_INT(flarei_config_load(path, &text), FLARE_ERR_LIMIT);
    write_file(large, sizeof large - 1);
    CHECK_INT(flarei_config_load(path, &text), FLARE_OK);
    flarei_free(text);
    write_file("a = b\0c", 7);
    CHECK_INT(flarei_config_load(path, &text), FLARE_ERR_SYNTAX);
    CHECK_INT(flarei_config_load("/nonexistent", &text), FLARE_ERR_NOT_FOUND);
    CHECK(flarei_config_load("/", &text) != FLARE_OK);
}

int main(void)
{
    const int fd = mkstemp(path);

    if (fd >= 0)
        close(fd);
    RUN(lines_are_options);
    RUN(variables_and_flags_win);
    RUN(a_complaint_names_the_line);
    RUN(what_is_no_such_file_is_refused);
    flarei_arguments_free(&arguments);
    unlink(path);
    return TEST_END();
}
