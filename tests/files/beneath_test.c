#include "net/sys.h"
#include "server/beneath.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int root;

static bool allowed(const char *path, bool hidden)
{
    return flarei_beneath_allowed(flare_str_of(path), hidden);
}

TEST(paths)
{
    CHECK(allowed("", false) && allowed("a", false) && allowed("a/b.c", false) && allowed("a/", false));
    CHECK(!allowed("/", false) && !allowed("/a", false) && !allowed("a//b", false) && !allowed("a//", false));
    CHECK(!allowed(".", true) && !allowed("..", true) && !allowed("a/../b", true) && !allowed("a/.", true));
    CHECK(!allowed(".git/x", false) && !allowed("a/.x", false));
    CHECK(allowed(".git/x", true) && allowed("a/...", true));
    CHECK(!flarei_beneath_allowed(FLARE_STR("a\0b"), true));
}

TEST(long_paths)
{
    static char text[FLAREI_BENEATH_MAX_BYTES + 1];

    memset(text, 'a', sizeof text);
    CHECK(flarei_beneath_allowed((flare_str){text, FLAREI_BENEATH_MAX_BYTES - 1}, false));
    CHECK(!flarei_beneath_allowed((flare_str){text, FLAREI_BENEATH_MAX_BYTES}, false));
}

/* Opens and closes. @return the error, or FLARE_OK */
static int try(const char *path)
{
    const int fd = flarei_open_beneath(root, path);

    if (fd < 0)
        return fd;
    close(fd);
    return FLARE_OK;
}

static void check_inside(void)
{
    CHECK_INT(try("in"), FLARE_OK);
    CHECK_INT(try("sub/in"), FLARE_OK);
    CHECK_INT(try("sub"), FLARE_OK);
    CHECK_INT(try("sub/"), FLARE_OK);
    CHECK_INT(try(""), FLARE_OK);
    CHECK_INT(try("none"), FLARE_ERR_NOT_FOUND);
    CHECK_INT(try("in/"), FLARE_ERR_NOT_FOUND);
    CHECK_INT(try("in/x"), FLARE_ERR_NOT_FOUND);
    CHECK_INT(try("leak"), FLARE_ERR_NOT_FOUND);
    CHECK_INT(try("leaks/out"), FLARE_ERR_NOT_FOUND);
    CHECK_INT(try("absolute"), FLARE_ERR_NOT_FOUND);
    CHECK_INT(try("loop"), FLARE_ERR_NOT_FOUND);
}

static int lacking(int folder, const char *path)
{
    (void)folder, (void)path;
    errno = ENOSYS;
    return -1;
}

static int fails_with, renamed;

static int failing(int folder, const char *path)
{
    (void)folder, (void)path;
    errno = fails_with;
    return -1;
}

static int again_twice(int folder, const char *path)
{
    if (renamed++ < 2) {
        errno = EAGAIN;
        return -1;
    }
    return openat(folder, path, O_RDONLY | O_CLOEXEC);
}

TEST(by_kernel)
{
    check_inside();
}

TEST(by_walking)
{
    flarei_sys.open_beneath = lacking;
    check_inside();
    CHECK_INT(try("link"), FLARE_ERR_NOT_FOUND);
    flarei_sys_reset();
}

TEST(faults)
{
    flarei_sys.open_beneath = failing;
    fails_with = EMFILE;
    CHECK_INT(try("in"), FLARE_ERR_DESCRIPTORS);
    fails_with = ENOMEM;
    CHECK_INT(try("in"), FLARE_ERR_MEMORY);
    fails_with = EAGAIN;
    CHECK_INT(try("in"), FLARE_ERR_AGAIN);
    flarei_sys.open_beneath = again_twice;
    CHECK_INT(try("in"), FLARE_OK);
    CHECK_INT(renamed, 3);
    flarei_sys.open_beneath = lacking;
    flarei_sys.open_child = failing;
    fails_with = ENFILE;
    CHECK_INT(try("sub/in"), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
}

static void make(const char *path)
{
    const int fd = openat(root, path, O_WRONLY | O_CREAT, 0600);

    CHECK(fd >= 0);
    close(fd);
}

int main(void)
{
    char folder[] = "/tmp/flare-beneath-XXXXXX";

    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("root", 0700) != 0 ||
        mkdir("outside", 0700) != 0)
        return 1;
    root = open("root", O_RDONLY | O_DIRECTORY);
    test_ok = true;
    make("../outside/out");
    make("in");
    if (mkdirat(root, "sub", 0700) != 0 || symlinkat("../outside/out", root, "leak") != 0 ||
        symlinkat("../outside", root, "leaks") != 0 || symlinkat("/etc/passwd", root, "absolute") != 0 ||
        symlinkat("loop", root, "loop") != 0 || symlinkat("sub/in", root, "link") != 0)
        return 1;
    make("sub/in");
    RUN(paths);
    RUN(long_paths);
    RUN(by_kernel);
    RUN(by_walking);
    RUN(faults);
    static const char *const made[] = {"root/sub/in",   "root/in",   "root/leak", "root/leaks",
                                       "root/absolute", "root/loop", "root/link", "outside/out"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        unlink(made[i]);
    rmdir("root/sub");
    rmdir("root");
    rmdir("outside");
    rmdir(folder);
    close(root);
    return TEST_END();
}
