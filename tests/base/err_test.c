#include "test.h"

#include <flare/assert.h>
#include <flare/err.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(every_code_has_a_name_and_a_text)
{
#define CHECK_CODE(code, value, text)                                                                        \
    CHECK_INT(code, value);                                                                                  \
    CHECK(strcmp(flare_err_name(code), #code) == 0);                                                         \
    CHECK(strcmp(flare_err_text(code), text) == 0);
    FLARE_ERRORS(CHECK_CODE)
    CHECK(strcmp(flare_err_name((flare_err)-99), "FLARE_ERR_?") == 0);
    CHECK(strcmp(flare_err_text((flare_err)-99), "unknown error") == 0);
}

TEST(errno_maps_to_codes)
{
    static const struct {
        int number;
        flare_err err;
    } rows[] = {
        {0, FLARE_OK},
        {ENOMEM, FLARE_ERR_MEMORY},
        {ENOBUFS, FLARE_ERR_MEMORY},
        {EINVAL, FLARE_ERR_ARGUMENT},
        {EAGAIN, FLARE_ERR_AGAIN},
        {EPIPE, FLARE_ERR_CLOSED},
        {ECONNRESET, FLARE_ERR_RESET},
        {ETIMEDOUT, FLARE_ERR_TIMEOUT},
        {ECANCELED, FLARE_ERR_CANCELLED},
        {EADDRINUSE, FLARE_ERR_ADDRESS_IN_USE},
        {EADDRNOTAVAIL, FLARE_ERR_ADDRESS},
        {EACCES, FLARE_ERR_PERMISSION},
        {ENOENT, FLARE_ERR_NOT_FOUND},
        {EMFILE, FLARE_ERR_DESCRIPTORS},
        {ENFILE, FLARE_ERR_DESCRIPTORS},
        {ENOSPC, FLARE_ERR_DISK_FULL},
        {ENOSYS, FLARE_ERR_UNSUPPORTED},
        {ECONNREFUSED, FLARE_ERR_REFUSED},
        {EHOSTUNREACH, FLARE_ERR_UNREACHABLE},
        {EIO, FLARE_ERR_IO},
        {12345, FLARE_ERR_IO},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_INT(flarei_err_from_errno(rows[i].number), rows[i].err);
}

/* Runs flarei_assert_failed() in a child. @return its wait status; what it wrote goes to `text`. */
static int fail_in_child(const char *what, int mode, char *text, size_t room, size_t *len)
{
    int ends[2], status = -1;
    size_t got = 0;
    ssize_t n;
    pid_t child;

    if (pipe(ends) != 0)
        return -1;
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        errno = 42;
        flarei_assert_failed("1 == 2", what, "some.c", 7, mode);
        _exit(errno == 42 ? 0 : 1);
    }
    close(ends[1]);
    while (got < room && (n = read(ends[0], text + got, room - got)) > 0)
        got += (size_t)n;
    close(ends[0]);
    waitpid(child, &status, 0);
    *len = got;
    return status;
}

TEST(a_broken_contract_is_one_line_and_then_abort)
{
    static char longest[700];
    char text[1024];
    size_t len;
    int status = fail_in_child("it must hold", FLARE_ASSERT_WARN, text, sizeof text, &len);
    flare_str line = {text, len};

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_STR(line, "flare: some.c:7: it must hold (not true: 1 == 2)\n");

    status = fail_in_child("it must hold", FLARE_ASSERT_SAFE, text, sizeof text, &len);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK_INT(len, line.len);

    memset(longest, 'x', sizeof longest - 1);
    fail_in_child(longest, FLARE_ASSERT_WARN, text, sizeof text, &len);
    CHECK_INT(len, 512);
    CHECK(text[511] == '\n' && memchr(text, '\n', 511) == NULL);
}

TEST(an_assert_tells_whether_it_holds)
{
    CHECK(FLARE_ASSERT(1 + 1 == 2, "sums are right"));
    CHECK(FLARE_ASSERT_ALL_MODE(1 + 1 == 2, "sums are right"));
}

int main(void)
{
    RUN(every_code_has_a_name_and_a_text);
    RUN(errno_maps_to_codes);
    RUN(a_broken_contract_is_one_line_and_then_abort);
    RUN(an_assert_tells_whether_it_holds);
    return TEST_END();
}
