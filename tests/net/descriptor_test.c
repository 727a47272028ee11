/* Descriptors over a unix socket: they arrive, none leaks. */
#include "test.h"

#include <flare/descriptor.h>

#include "net/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static size_t open_count(void)
{
    DIR *const folder = opendir("/proc/self/fd");
    size_t count = 0;

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        (void)closedir(folder);
    return count;
}

TEST(a_descriptor_arrives)
{
    const size_t before = open_count();
    int ends[2], pipes[2], got[2];
    size_t count = 2;
    char text[8] = "";

    CHECK_INT(flare_socket_pair(ends), FLARE_OK);
    CHECK_INT(pipe(pipes), 0);
    CHECK_INT(flare_descriptors_receive(ends[1], text, sizeof text, got, &count), FLARE_ERR_AGAIN);
    CHECK_INT(count, 0);
    CHECK_INT(flare_descriptors_send(ends[0], "two", 3, pipes, 2), 3);
    CHECK_INT(close(pipes[0]) + close(pipes[1]), 0);
    count = 2;
    CHECK_INT(flare_descriptors_receive(ends[1], text, sizeof text, got, &count), 3);
    CHECK_INT(count, 2);
    CHECK((fcntl(got[0], F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_INT(write(got[1], "hi", 2), 2);
    CHECK_INT(read(got[0], text, sizeof text), 2);
    CHECK(memcmp(text, "hi", 2) == 0);
    CHECK_INT(flare_descriptors_send(ends[0], "none", 4, NULL, 0), 4);
    CHECK_INT(flare_descriptors_receive(ends[1], text, sizeof text, got, &count), 4);
    CHECK_INT(count, 0);
    flare_socket_close(ends[0]);
    CHECK_INT(flare_descriptors_receive(ends[1], text, sizeof text, got, &count), FLARE_ERR_CLOSED);
    flare_socket_close(ends[1]);
    CHECK_INT(open_count(), before + 2); /* what arrived */
    CHECK_INT(close(got[0]) + close(got[1]), 0);
    CHECK_INT(open_count(), before);
}

TEST(more_than_there_is_room_for)
{
    const size_t before = open_count();
    int ends[2], many[FLARE_DESCRIPTORS_MAX + 1], got[FLARE_DESCRIPTORS_MAX];
    size_t count = 1;
    char text[8];

    CHECK_INT(flare_socket_pair(ends), FLARE_OK);
    for (size_t i = 0; i < FLARE_DESCRIPTORS_MAX + 1; i++)
        many[i] = ends[0];
    CHECK_INT(flare_descriptors_send(ends[0], "x", 1, many, FLARE_DESCRIPTORS_MAX + 1), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_descriptors_send(ends[0], "x", 0, many, 1), FLARE_ERR_ARGUMENT);
    CHECK_INT(flare_descriptors_send(ends[0], "x", 1, many, 2), 1);
    CHECK_INT(flare_descriptors_receive(ends[1], text, sizeof text, got, &count), FLARE_ERR_LIMIT);
    CHECK_INT(count, 0);
    CHECK_INT(open_count(), before + 2);
    CHECK_INT(flare_descriptors_send(ends[0], "x", 1, many, FLARE_DESCRIPTORS_MAX), 1);
    count = FLARE_DESCRIPTORS_MAX;
    CHECK_INT(flare_descriptors_receive(ends[1], text, sizeof text, got, &count), 1);
    CHECK_INT(count, FLARE_DESCRIPTORS_MAX);
    for (size_t i = 0; i < count; i++)
        flare_socket_close(got[i]);
    flare_socket_close(ends[0]);
    flare_socket_close(ends[1]);
    CHECK_INT(open_count(), before);
}

static ssize_t too_many(int fd, const struct msghdr *message, int flags)
{
    (void)fd, (void)message, (void)flags;
    errno = ETOOMANYREFS;
    return -1;
}

static int no_pair(int domain, int type, int protocol, int ends[2])
{
    (void)domain, (void)type, (void)protocol, (void)ends;
    errno = ENFILE;
    return -1;
}

TEST(faults_of_the_system)
{
    int ends[2];

    flarei_sys.socketpair = no_pair;
    CHECK_INT(flare_socket_pair(ends), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    CHECK_INT(flare_socket_pair(ends), FLARE_OK);
    flarei_sys.sendmsg = too_many;
    CHECK_INT(flare_descriptors_send(ends[0], "x", 1, ends, 1), FLARE_ERR_DESCRIPTORS);
    flarei_sys_reset();
    flare_socket_close(ends[1]);
    CHECK_INT(flare_descriptors_send(ends[0], "x", 1, ends, 1), FLARE_ERR_CLOSED);
    flare_socket_close(ends[0]);
}

int main(void)
{
    RUN(a_descriptor_arrives);
    RUN(more_than_there_is_room_for);
    RUN(faults_of_the_system);
    return TEST_END();
}
