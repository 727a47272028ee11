#include <flare/descriptor.h>

#include "net/sys.h"

#include <errno.h>

/* The bytes of a control message, aligned as its header is. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(FLARE_DESCRIPTORS_MAX * sizeof(int))];
};

flare_err flare_socket_pair(int ends[2])
{
    if (flarei_sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0)
        return FLARE_OK;
    return flarei_err_from_errno(errno);
}

ptrdiff_t flare_descriptors_send(int fd, const void *data, size_t bytes, const int *descriptors, size_t count)
{
    union control control;
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;

    if (bytes == 0 || count > FLARE_DESCRIPTORS_MAX)
        return FLARE_ERR_ARGUMENT;
    if (count > 0) {
        struct cmsghdr *header;

        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    do
        sent = flarei_sys.sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) /* ETOOMANYREFS: those on their way count against the limit of open files */
        return errno == ETOOMANYREFS ? FLARE_ERR_DESCRIPTORS : flarei_err_from_errno(errno);
    return sent > 0 ? sent : FLARE_ERR_AGAIN;
}

/* The descriptors of a message. @return how many */
static size_t collect(struct msghdr *message, int *all)
{
    size_t count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        const size_t bytes = header->cmsg_len - CMSG_LEN(0);

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        memcpy(all + count, CMSG_DATA(header), bytes);
        count += bytes / sizeof(int);
    }
    return count;
}

ptrdiff_t flare_descriptors_receive(int fd, void *buffer, size_t bytes, int *descriptors, size_t *count)
{
    union control control;
    struct iovec part = {.iov_base = buffer, .iov_len = bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    const size_t room = *count;
    int all[FLARE_DESCRIPTORS_MAX + 1];
    size_t came;
    ssize_t got;

    *count = 0;
    if (bytes == 0)
        return FLARE_ERR_ARGUMENT;
    do {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        got = flarei_sys.recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return flarei_err_from_errno(errno);
    came = collect(&message, all);
    if (came > room || (message.msg_flags & MSG_CTRUNC) != 0) {
        for (size_t i = 0; i < came; i++)
            flare_socket_close(all[i]);
        return FLARE_ERR_LIMIT;
    }
    memcpy(descriptors, all, came * sizeof(int));
    *count = came;
    return got > 0 ? got : FLARE_ERR_CLOSED;
}
