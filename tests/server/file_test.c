/* What a handler does with a file: reading and saving, from memory and from disk, and where a disk fails. */
#include "net/sys.h"
#include "server/file.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static ssize_t failing_pwrite(int fd, const void *data, size_t bytes, off_t at)
{
    (void)fd, (void)data, (void)bytes, (void)at;
    errno = ENOSPC;
    return -1;
}

static ssize_t failing_pread(int fd, void *buffer, size_t bytes, off_t at)
{
    (void)fd, (void)buffer, (void)bytes, (void)at;
    errno = EIO;
    return -1;
}

static void write_file(const char *path, const char *text)
{
    FILE *const file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
}

TEST(saving)
{
    char folder[] = "/tmp/flare-test-XXXXXX", path[64], missing[64];
    const int fd = flarei_system_files.open();
    flare_file file = {
        .filename = FLARE_STR("../x\\y.png"), .fd = fd, .size = 50000, .flarei_calls = &flarei_system_files};
    char *const content = malloc(50000), *const back = malloc(50001);

    CHECK(mkdtemp(folder) != NULL && fd >= 0);
    snprintf(path, sizeof path, "%s/kept", folder);
    snprintf(missing, sizeof missing, "%s/no/kept", folder);
    memset(content, 'c', 50000);
    CHECK_INT(flarei_system_files.write(fd, content, 50000, 0), FLARE_OK);
    for (int memory = 0; memory < 2; memory++) {
        FILE *kept;

        CHECK_INT(flare_file_save(&file, path), FLARE_OK);
        kept = fopen(path, "r");
        CHECK(kept != NULL);
        CHECK_INT(fread(back, 1, 50001, kept), 50000);
        fclose(kept);
        CHECK(memcmp(back, content, 50000) == 0);
        CHECK_INT(flare_file_save(&file, path), FLARE_ERR_EXISTS);
        CHECK_INT(flare_file_save(&file, missing), FLARE_ERR_NOT_FOUND);
        unlink(path);
        CHECK_INT(flare_file_read(&file, 49999, back, 10), 1);
        CHECK_INT(flare_file_read(&file, 50000, back, 10), 0);
        CHECK_INT(flare_file_read(&file, UINT64_MAX, back, 10), 0);
        /* A full disk leaves nothing behind. */
        flarei_sys.pwrite = failing_pwrite;
        CHECK_INT(flare_file_save(&file, path), FLARE_ERR_DISK_FULL);
        CHECK(access(path, F_OK) != 0);
        flarei_sys_reset();
        file.fd = -1;
        file.bytes = (flare_str){content, 50000};
    }
    file.fd = fd;
    flarei_sys.pread = failing_pread;
    CHECK_INT(flare_file_save(&file, path), FLARE_ERR_IO);
    CHECK(access(path, F_OK) != 0);
    flarei_sys_reset();
    /* Shorter than it was. */
    CHECK_INT(ftruncate(fd, 100), 0);
    CHECK_INT(flare_file_save(&file, path), FLARE_ERR_IO);
    CHECK_INT(symlink("/tmp/flare-test-nowhere", path), 0);
    CHECK_INT(flare_file_save(&file, path), FLARE_ERR_EXISTS);
    unlink(path);
    write_file(path, "mine");
    CHECK_INT(flare_file_save(&file, path), FLARE_ERR_EXISTS);
    unlink(path);
    file.flarei_calls = NULL;
    CHECK_INT(flare_file_save(&file, path), FLARE_ERR_UNSUPPORTED);
    CHECK_INT(flarei_system_files.close(fd), FLARE_OK);
    CHECK_INT(flarei_system_files.close(fd), FLARE_ERR_IO);
    rmdir(folder);
    free(content);
    free(back);
}

TEST(basenames)
{
    static const char *const rows[][2] = {{"a.png", "a.png"},
                                          {"/etc/passwd", "passwd"},
                                          {"C:\\dir\\a.txt", "a.txt"},
                                          {"..", ""},
                                          {"a/..", ""},
                                          {".", ""},
                                          {"a/", ""},
                                          {"", ""},
                                          {"..a", "..a"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const flare_file file = {.filename = flare_str_of(rows[i][0]), .fd = -1};
        const flare_str name = flare_file_basename(&file);

        CHECK_STR(name, rows[i][1]);
    }
}

int main(void)
{
    RUN(saving);
    RUN(basenames);
    return TEST_END();
}
