/* The command line and the variables of an emitted main(), as functions and as a program. */
#include "server/options.h"
#include "harness.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *variables[8][2];

static char *get(const char *name)
{
    static char copy[4096];

    for (size_t i = 0; i < 8 && variables[i][0] != NULL; i++) {
        if (strcmp(variables[i][0], name) != 0)
            continue;
        snprintf(copy, sizeof copy, "%s", variables[i][1]);
        return copy;
    }
    return NULL;
}

static struct flarei_arguments arguments;

/* Reads a command line given as words. */
static bool take(const char *line)
{
    static char words[256];
    char *argv[16] = {"program"};
    int argc = 1;

    snprintf(words, sizeof words, "%s", line);
    for (char *word = words; *word != '\0';) {
        argv[argc++] = word;
        word += strcspn(word, " ");
        if (*word == ' ')
            *word++ = '\0';
    }
    return flarei_arguments_read(&arguments, argc, argv, get);
}

TEST(has_defaults)
{
    CHECK(take(""));
    CHECK_INT(arguments.listen_count, 1);
    CHECK(strcmp(arguments.listen[0], "127.0.0.1:8080") == 0);
    CHECK_INT(arguments.options.workers, 0);
    CHECK_INT(arguments.options.drain_seconds, 30);
    CHECK_INT(arguments.options.drain_delay_seconds, 0);
    CHECK_INT(arguments.options.log, FLARE_LOG_TEXT);
    CHECK(arguments.options.handle_signals);
    CHECK(!arguments.check && !arguments.help && !arguments.version && !arguments.options.poll);
}

TEST(takes_flags)
{
    CHECK(take("--listen 127.0.0.1:1 --listen=unix:x --workers 4 --drain 0 --log json --listener shared"));
    CHECK_INT(arguments.listen_count, 2);
    CHECK(strcmp(arguments.listen[1], "unix:x") == 0);
    CHECK_INT(arguments.options.workers, 4);
    CHECK_INT(arguments.options.drain_seconds, 0);
    CHECK_INT(arguments.options.log, FLARE_LOG_JSON);
    CHECK_INT(arguments.options.listeners, FLARE_LISTENERS_SHARED);
    CHECK(take("--pin --expose-errors --poll --check --log off --listener reuseport"));
    CHECK(arguments.options.pin && arguments.options.expose_errors && arguments.options.poll &&
          arguments.check);
    CHECK_INT(arguments.options.log, FLARE_LOG_OFF);
    CHECK(take(
        "--trusted-proxy 10.0.0.0/8 --trusted-proxy unix --forwarded-field forwarded --listen proxy:tls:1 "
        "--tls-cert a --tls-key b"));
    CHECK_INT(arguments.options.trusted_proxy_count, 2);
    CHECK_INT(arguments.options.forwarded, FLARE_FORWARDED_STANDARD);
    CHECK(take("--help --version"));
    CHECK(arguments.help && arguments.version);
}

TEST(refuses_what_is_wrong)
{
    static const char *const cases[][2] = {
        {"--bogus", "--bogus"},
        {"positional", "positional"},
        {"--workers", "needs a value"},
        {"--workers x", "not a number"},
        {"--workers -1", "not a number"},
        {"--workers 1025", "not a number"},
        {"--workers=", "not a number"},
        {"--drain 86401", "not a number"},
        {"--log loud", "text, json, off"},
        {"--listener none", "reuseport, shared"},
        {"--listen=", "empty"},
        {"--check=yes", "takes no value"},
        {"--trusted-proxy 10.0.0.0/33", "not an address or network"},
        {"--forwarded-field via", "x-forwarded-for, forwarded"},
        {"--listen proxy:1", "needs --trusted-proxy"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(!take(cases[i][0]));
        CHECK(strstr(arguments.error, cases[i][1]) != NULL);
        CHECK(strchr(arguments.error, '\n') == NULL);
    }
    CHECK(take("--workers 1024 --drain 86400"));
}

TEST(takes_variables_and_lets_flags_win)
{
    const char *const set[][2] = {{"FLARE_LISTEN", "127.0.0.1:1,[::1]:2"},
                                  {"FLARE_WORKERS", "3"},
                                  {"FLARE_POLL", "true"},
                                  {"FLARE_PIN", "0"},
                                  {"FLARE_LOG", "off"},
                                  {"FLARE_DRAIN", "7"}};

    memcpy(variables, set, sizeof set);
    CHECK(take("--workers 5"));
    CHECK_INT(arguments.listen_count, 2);
    CHECK(strcmp(arguments.listen[1], "[::1]:2") == 0);
    CHECK_INT(arguments.options.workers, 5);
    CHECK_INT(arguments.options.drain_seconds, 7);
    CHECK(arguments.options.poll && !arguments.options.pin);
    CHECK(take("--listen 127.0.0.1:9"));
    CHECK_INT(arguments.listen_count, 1);
    variables[0][1] = "127.0.0.1:1,";
    CHECK(!take(""));
    variables[0][1] = "127.0.0.1:1";
    variables[2][1] = "maybe";
    CHECK(!take(""));
    CHECK(strstr(arguments.error, "FLARE_POLL") != NULL);
    memset(variables, 0, sizeof variables);
}

TEST(refuses_a_list_of_addresses_that_is_too_long)
{
    static char longest[2049];

    memset(longest, 'x', 2048);
    variables[0][0] = "FLARE_LISTEN";
    variables[0][1] = longest;
    CHECK(!take(""));
    longest[2047] = '\0';
    CHECK(take(""));
    memset(longest, 'x', 64 * 2);
    for (int i = 1; i < 64 * 2; i += 2)
        longest[i] = ',';
    longest[64 * 2 - 1] = '\0';
    CHECK(take(""));
    CHECK_INT(arguments.listen_count, 64);
    memcpy(longest + 64 * 2 - 1, ",x", 3);
    CHECK(!take(""));
    memset(variables, 0, sizeof variables);
}

TEST(certificates_have_keys_and_an_address)
{
    CHECK(take("--tls-cert a --tls-key b"));
    CHECK(strcmp(arguments.listen[0], "tls:127.0.0.1:8443") == 0);
    CHECK(take("--listen tls:1 --tls-cert a --tls-key b --tls-cert c --tls-ocsp d --tls-key e"));
    CHECK(arguments.options.tls == &arguments.tls);
    CHECK_INT(arguments.tls.pair_count, 2);
    CHECK(arguments.pairs[0].ocsp == NULL);
    CHECK(strcmp(arguments.pairs[1].certificate, "c") == 0 && strcmp(arguments.pairs[1].key, "e") == 0);
    CHECK(strcmp(arguments.pairs[1].ocsp, "d") == 0);
    CHECK(take("--tls-cert a --tls-key b --tls-client-ca c"));
    CHECK_INT(arguments.tls.client, FLARE_TLS_CLIENT_REQUIRED);
    CHECK(take("--tls-cert a --tls-key b --tls-client optional --tls-client-ca c"));
    CHECK_INT(arguments.tls.client, FLARE_TLS_CLIENT_OPTIONAL);
    CHECK(!take("--tls-cert a"));
    CHECK(!take("--tls-key a"));
    CHECK(!take("--listen 1 --tls-cert a --tls-key b"));
    CHECK(!take("--listen tls:1"));
    CHECK(!take("--tls-ocsp a --tls-cert b --tls-key c"));
    CHECK(take("--listen 1"));
    CHECK(arguments.options.tls == NULL);
}

TEST(help_names_every_option)
{
    char text[4096];
    const int length = flarei_arguments_help(&sample_service, text, sizeof text);

    CHECK(length > 0 && (size_t)length < sizeof text);
    for (const char *const *name = (const char *const[]){"--listen",        "--workers",
                                                         "--drain",         "--log",
                                                         "--listener",      "--pin",
                                                         "--tls-cert",      "--tls-key",
                                                         "--tls-ocsp",      "--tls-client-ca",
                                                         "--tls-client",    "--tls-ticket-period",
                                                         "--tls-kernel",    "--expose-errors",
                                                         "--poll",          "--check",
                                                         "--trusted-proxy", "--forwarded-field",
                                                         "--version",       "--help",
                                                         "FLARE_WORKERS",   NULL};
         *name != NULL; name++)
        CHECK(strstr(text, *name) != NULL);
}

/* ---- The program ---- */

struct program {
    pid_t pid;
    int out;
};

static struct program start(const char *const *argv)
{
    struct program program = {.pid = -1};
    int ends[2];

    if (pipe(ends) != 0)
        return program;
    program.out = ends[0];
    program.pid = fork();
    if (program.pid == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        execv(SAMPLE_MAIN, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    return program;
}

/* What it prints until the end, or until `stop` came. */
static void read_until(const struct program *program, char *text, size_t bytes, const char *stop)
{
    size_t length = 0;
    ssize_t got;

    text[0] = '\0';
    while (length + 1 < bytes && (stop == NULL || strstr(text, stop) == NULL) &&
           (got = read(program->out, text + length, bytes - 1 - length)) > 0) {
        length += (size_t)got;
        text[length] = '\0';
    }
}

static int status_of(const struct program *program)
{
    int status = 0;

    waitpid(program->pid, &status, 0);
    close(program->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int run(char *text, size_t bytes, const char *a, const char *b, const char *c)
{
    const char *const argv[] = {"sample", a, b, c, NULL};
    const struct program program = start(argv);

    read_until(&program, text, bytes, NULL);
    return status_of(&program);
}

TEST(the_program_answers_for_itself)
{
    char text[4096];

    CHECK_INT(run(text, sizeof text, "--version", NULL, NULL), 0);
    CHECK(strncmp(text, "sample 1.2.3 (flare ", 20) == 0);
    CHECK_INT(run(text, sizeof text, "--help", NULL, NULL), 0);
    CHECK(strstr(text, "--drain") != NULL);
    CHECK_INT(run(text, sizeof text, "--nonsense", NULL, NULL), 2);
    CHECK(strcmp(text, "sample: --nonsense: no such option; see --help\n") == 0);
    CHECK_INT(run(text, sizeof text, "--listen", "127.0.0.1:99999", NULL), 1);
    CHECK_INT(run(text, sizeof text, "--listen", "127.0.0.1:0", "--check"), 0);
    CHECK(text[0] == '\0');
}

TEST(the_program_serves_until_a_signal)
{
    static const int signals[] = {SIGTERM, SIGINT};

    for (size_t i = 0; i < 2; i++) {
        const char *const argv[] = {"sample", "--listen", "127.0.0.1:0", "--workers", "2", NULL};
        const struct program program = start(argv);
        char text[4096];
        struct harness h = {0};

        read_until(&program, text, sizeof text, "\n");
        CHECK(strncmp(text, "sample 1.2.3 listening on http://127.0.0.1:", 42) == 0);
        h.port = (uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10);
        CHECK_INT(client_status(&h, GET("/plaintext")), 200);
        kill(program.pid, signals[i]);
        read_until(&program, text, sizeof text, NULL);
        CHECK(strstr(text, "worker=0") != NULL && strstr(text, "worker=1") != NULL);
        CHECK_INT(status_of(&program), 0);
    }
}

/* A request that never ends holds the drain; a second signal does not wait for it. */
TEST(a_second_signal_stops_the_program_at_once)
{
    const char *const argv[] = {"sample", "--listen", "127.0.0.1:0", "--workers", "1", "--drain", "60", NULL};
    const struct program program = start(argv);
    char text[4096];
    struct harness h = {0};

    read_until(&program, text, sizeof text, "\n");
    h.port = (uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10);
    const int fd = client_dial(&h);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
    sleep_ms(100);
    const uint64_t began = now_ms();
    kill(program.pid, SIGTERM);
    sleep_ms(200);
    CHECK_INT(waitpid(program.pid, NULL, WNOHANG), 0);
    kill(program.pid, SIGTERM);
    read_until(&program, text, sizeof text, NULL);
    CHECK(strstr(text, "aborted=1") != NULL);
    CHECK_INT(status_of(&program), 1);
    CHECK(now_ms() - began < 5000);
    close(fd);
}

int main(void)
{
    RUN(has_defaults);
    RUN(takes_flags);
    RUN(refuses_what_is_wrong);
    RUN(takes_variables_and_lets_flags_win);
    RUN(refuses_a_list_of_addresses_that_is_too_long);
    RUN(certificates_have_keys_and_an_address);
    RUN(help_names_every_option);
    RUN(the_program_answers_for_itself);
    RUN(the_program_serves_until_a_signal);
    RUN(a_second_signal_stops_the_program_at_once);
    return TEST_END();
}
