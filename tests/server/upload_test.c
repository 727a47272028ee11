/* Multipart bodies over TCP: in memory and in temporary files, in both framings and in any pieces, with a
 * disk that is full, descriptors that are used up, and peers that go away. Whatever happens, every file is
 * closed.
 */
#include "harness.h"
#include "net/sys.h"
#include "test.h"

#include <flare/gen_form.h>
#include <flare/reply.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MAX = 300000 };

static struct reply reply;

/* ---- A service: what it got, as text ---- */

static const struct flarei_form_field fields[] = {
    {.input = FLAREI_INPUT(BODY, true, "title"), .max_bytes = 40},
    {.input = FLAREI_INPUT(BODY, false, "file"),
     .array = true,
     .file = true,
     .max_items = 3,
     .max_bytes = FILE_MAX},
    {.input = FLAREI_INPUT(BODY, false, "note")},
};

static uint32_t field_of(flare_str name)
{
    for (uint32_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (flare_str_equal(name, fields[i].input.name))
            return i + 1;
    }
    return 0;
}

static const struct flarei_form_rule form_rule = {.fields = fields, .field_of = field_of, .field_count = 3};

/* Where a file is, its size, and a sum of what can be read of it. */
static flare_str describe(flare_request *rq, const flare_file *file)
{
    uint32_t sum = 0;
    unsigned char piece[1000];
    uint64_t at = 0;
    ptrdiff_t got;

    while ((got = flare_file_read(file, at, piece, sizeof piece)) > 0) {
        for (ptrdiff_t i = 0; i < got; i++)
            sum = sum * 31 + piece[i];
        at += (uint64_t)got;
    }
    return flare_format(rq, " %s:%llu:%u", file->fd >= 0 ? "disk" : "memory", (unsigned long long)at, sum);
}

static flare_reply resume(flare_request *rq, void *input)
{
    uint32_t counts[3] = {0};
    struct flarei_form form = flarei_form_begin(rq, &form_rule, counts);
    flare_str text = FLARE_STR("");

    (void)input;
    while (flarei_form_next(&form)) {
        const flare_str more = form.file != NULL ? describe(rq, form.file) : form.value;

        text = flare_format(rq, "%.*s%.*s", FLARE_STR_ARG(text), FLARE_STR_ARG(more));
    }
    return flarei_form_end(&form) ? flare_text(rq, 200, text) : flarei_reply_form_refused(rq);
}

static const flare_route routes[] = {
    {FLARE_STR_INIT("POST"), FLARE_STR_INIT("/"), FLARE_STR_INIT("up"), 1, 0}};

static flare_reply dispatch(flare_request *rq)
{
    static const struct flarei_body_rule rule = {
        .max_bytes = 1000000, .multipart = &form_rule, .begin = flarei_upload_begin, .required = true};
    const char none = 0;

    rq->route = &routes[0];
    if (flare_str_equal(rq->path, FLARE_STR("/get")))
        return flare_text(rq, 200, FLARE_STR("got"));
    switch (flarei_body(rq, &rule)) {
    case FLAREI_BODY_LATER:
        return flarei_park(rq, resume, &none, 1);
    case FLAREI_BODY_REFUSED:
        return flarei_reply_body_refused(rq);
    case FLAREI_BODY_READY:
        break;
    }
    return resume(rq, NULL);
}

static const flare_limits limits = {.head_max_bytes = 16384,
                                    .uri_max_bytes = 8192,
                                    .headers_max = 64,
                                    .body_max_bytes = 1000000,
                                    .head_time_ms = 2000,
                                    .body_time_ms = 2000,
                                    .idle_time_ms = 5000,
                                    .write_time_ms = 2000,
                                    .time_ms = 5000,
                                    .memory_max_bytes = 1 << 20};
static const flare_service service = {.abi = FLARE_GEN_ABI,
                                      .route_count = 1,
                                      .name = FLARE_STR_INIT("uploads"),
                                      .version = FLARE_STR_INIT("1"),
                                      .routes = routes,
                                      .limits = &limits,
                                      .dispatch = dispatch};

/* ---- What the seam does; set before a server starts ---- */

static atomic_int open_files;
static atomic_int opened;
static int no_unnamed;   /* errno of open_unnamed */
static int no_temporary; /* of make_temporary */
static bool no_unlink;
static int write_fails_at; /* from 1; 0: none */
static int write_errno;    /* 0: it returns 0 */
static atomic_int writes;
static int short_bytes; /* most that one call writes or reads */
static bool no_read;

static int counting_open_unnamed(const char *directory)
{
    const int fd = no_unnamed != 0 ? -1 : open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (no_unnamed != 0)
        errno = no_unnamed;
    if (fd >= 0) {
        atomic_fetch_add(&open_files, 1);
        atomic_fetch_add(&opened, 1);
    }
    return fd;
}

static int counting_make_temporary(char *name)
{
    const int fd = no_temporary != 0 ? -1 : mkostemp(name, O_CLOEXEC);

    if (no_temporary != 0)
        errno = no_temporary;
    if (fd >= 0) {
        atomic_fetch_add(&open_files, 1);
        atomic_fetch_add(&opened, 1);
    }
    return fd;
}

static int counting_unlink(const char *path)
{
    const int result = unlink(path);

    errno = EACCES;
    return no_unlink ? -1 : result;
}

static int counting_close(int fd)
{
    char link[64], target[512];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, target, sizeof target - 1);
    if (length > 0 && memmem(target, (size_t)length, "(deleted)", 9) != NULL)
        atomic_fetch_sub(&open_files, 1);
    return close(fd);
}

static ssize_t failing_pwrite(int fd, const void *data, size_t bytes, off_t at)
{
    if (atomic_fetch_add(&writes, 1) + 1 == write_fails_at) {
        errno = write_errno;
        return write_errno == 0 ? 0 : -1;
    }
    return pwrite(fd, data, short_bytes != 0 && bytes > (size_t)short_bytes ? (size_t)short_bytes : bytes,
                  at);
}

static ssize_t failing_pread(int fd, void *buffer, size_t bytes, off_t at)
{
    if (no_read) {
        errno = EIO;
        return -1;
    }
    return pread(fd, buffer, short_bytes != 0 && bytes > (size_t)short_bytes ? (size_t)short_bytes : bytes,
                 at);
}

static void begin(struct harness *h)
{
    flarei_sys.open_unnamed = counting_open_unnamed;
    flarei_sys.make_temporary = counting_make_temporary;
    flarei_sys.unlink = counting_unlink;
    flarei_sys.close = counting_close;
    flarei_sys.pwrite = failing_pwrite;
    flarei_sys.pread = failing_pread;
    atomic_store(&opened, 0);
    atomic_store(&writes, 0);
    CHECK_INT(open_files, 0);
    CHECK(harness_start(h, &service));
}

static void end(struct harness *h)
{
    harness_stop(h);
    CHECK_INT(open_files, 0);
    flarei_sys_reset();
    no_unnamed = no_temporary = write_fails_at = write_errno = short_bytes = 0;
    no_unlink = no_read = false;
}

/* ---- A client ---- */

#define TITLE "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nT\r\n"
#define FILE_HEAD                                                                                            \
    "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: "                 \
    "image/png\r\n\r\n"
#define END "--B--\r\n"

/* A body with a title and `count` files of `bytes` each. */
static char *make(size_t bytes, int count, size_t *length, uint32_t *sum)
{
    char *const body = malloc((bytes + 200) * (size_t)count + 200);
    size_t at = strlen(TITLE);

    memcpy(body, TITLE, at);
    for (int i = 0; i < count; i++) {
        memcpy(body + at, FILE_HEAD, strlen(FILE_HEAD));
        at += strlen(FILE_HEAD);
        *sum = 0;
        for (size_t k = 0; k < bytes; k++) {
            body[at] = k % 97 == 0 ? '\r' : k % 97 == 1 ? '\n' : k % 97 < 4 ? '-' : (char)('a' + k % 26);
            *sum = *sum * 31 + (unsigned char)body[at++];
        }
        memcpy(body + at, "\r\n", 2);
        at += 2;
    }
    memcpy(body + at, END, strlen(END));
    *length = at + strlen(END);
    return body;
}

#define HEAD "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=B\r\n"

static void send_body(int fd, const char *body, size_t length, bool chunked, size_t piece)
{
    char head[300];

    snprintf(head, sizeof head,
             chunked ? HEAD "Transfer-Encoding: chunked\r\n\r\n" : HEAD "Content-Length: %zu\r\n\r\n",
             length);
    client_send(fd, head);
    for (size_t at = 0; at < length; at += piece) {
        const size_t bytes = length - at < piece ? length - at : piece;

        if (chunked) {
            snprintf(head, sizeof head, "%zx\r\n", bytes);
            client_send(fd, head);
        }
        if (!client_send_bytes(fd, body + at, bytes))
            return;
        if (chunked)
            client_send(fd, "\r\n");
    }
    if (chunked)
        client_send(fd, "0\r\n\r\n");
}

static void upload(const struct harness *h, size_t bytes, int count, bool chunked, size_t piece, int status)
{
    const int fd = client_dial(h);
    size_t length;
    uint32_t sum = 0;
    char *const body = make(bytes, count, &length, &sum);
    char want[300] = "T";

    send_body(fd, body, length, chunked, piece);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, status);
    if (status == 200) {
        for (int i = 0; i < count; i++)
            snprintf(want + strlen(want), sizeof want - strlen(want), " %s:%zu:%u",
                     bytes > FLAREI_FORM_FILE_MEMORY_BYTES ? "disk" : "memory", bytes, sum);
        CHECK_INT(reply.body_bytes, strlen(want));
        CHECK(memcmp(reply.body, want, strlen(want)) == 0);
        client_send(fd, "GET /get HTTP/1.1\r\nHost: h\r\n\r\n");
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, 200);
    }
    close(fd);
    free(body);
}

/* ---- Tests ---- */

TEST(memory_and_disk)
{
    struct harness h;

    begin(&h);
    for (int chunked = 0; chunked < 2; chunked++) {
        upload(&h, 0, 1, chunked, 100000, 200);
        upload(&h, 10, 3, chunked, 100000, 200);
        upload(&h, 30000, 2, chunked, 977, 200);
        upload(&h, FLAREI_FORM_FILE_MEMORY_BYTES, 1, chunked, 5000, 200);
        CHECK_INT(opened, 3 * chunked);
        upload(&h, FLAREI_FORM_FILE_MEMORY_BYTES + 1, 1, chunked, 5000, 200);
        upload(&h, 100000, 2, chunked, 100000, 200);
    }
    CHECK_INT(opened, 6);
    end(&h);
}

TEST(sizes)
{
    struct harness h;

    begin(&h);
    upload(&h, FILE_MAX, 3, false, 100000, 200);
    upload(&h, FILE_MAX + 1, 1, false, 100000, 422);
    CHECK(memmem(reply.body, reply.body_bytes, "\"pointer\":\"/0\",\"rule\":\"max_length\"", 34) != NULL);
    upload(&h, 10, 4, false, 100000, 422);
    CHECK(memmem(reply.body, reply.body_bytes, "max_items", 9) != NULL);
    upload(&h, 250000, 4, false, 100000, 413);
    upload(&h, 250000, 4, true, 100000, 413);
    end(&h);
}

TEST(a_disk_that_is_full)
{
    struct harness h;

    for (int at = 1; at <= 3; at++) {
        write_fails_at = at;
        write_errno = at == 2 ? 0 : ENOSPC;
        begin(&h);
        upload(&h, 200000, 1, at == 1, 20000, 507);
        upload(&h, 10, 1, false, 20000, 200);
        end(&h);
    }
    write_fails_at = 1;
    write_errno = EDQUOT;
    begin(&h);
    upload(&h, 200000, 1, false, 20000, 507);
    end(&h);
    write_fails_at = 2;
    write_errno = EIO;
    begin(&h);
    upload(&h, 200000, 1, false, 20000, 500);
    end(&h);
}

TEST(calls_that_fall_short)
{
    struct harness h;

    short_bytes = 333;
    begin(&h);
    upload(&h, 100000, 1, false, 20000, 200);
    end(&h);
    write_fails_at = 2;
    write_errno = EINTR;
    begin(&h);
    upload(&h, 100000, 1, false, 20000, 200);
    end(&h);
}

TEST(no_file_to_open)
{
    static const struct {
        int unnamed, temporary;
        bool unlink_fails;
        int status;
    } rows[] = {
        {EMFILE, 0, false, 500},      {ENFILE, 0, false, 500},    {ENOSPC, 0, false, 507},
        {EOPNOTSUPP, 0, false, 200},  {EISDIR, 0, false, 200},    {EOPNOTSUPP, EMFILE, false, 500},
        {EINVAL, ENOSPC, false, 507}, {EOPNOTSUPP, 0, true, 500}, {EACCES, 0, false, 500},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct harness h;

        no_unnamed = rows[i].unnamed;
        no_temporary = rows[i].temporary;
        no_unlink = rows[i].unlink_fails;
        begin(&h);
        upload(&h, 100000, 1, false, 20000, rows[i].status);
        upload(&h, 1000, 1, false, 20000, 200);
        end(&h);
    }
}

TEST(a_folder_that_is_not_there)
{
    static char folder[5000];
    struct harness h;

    memset(folder, 'x', sizeof folder - 1);
    folder[0] = '/';
    no_unnamed = EOPNOTSUPP;
    setenv("TMPDIR", folder, 1);
    begin(&h);
    upload(&h, 100000, 1, false, 20000, 500);
    end(&h);
    setenv("TMPDIR", "/nowhere/at/all", 1);
    begin(&h);
    upload(&h, 100000, 1, false, 20000, 500);
    end(&h);
    unsetenv("TMPDIR");
}

/* A peer that goes away, or a part that breaks the body, after a file was opened. */
TEST(bodies_that_end_badly)
{
    struct harness h;
    size_t length;
    uint32_t sum;
    char *const body = make(200000, 1, &length, &sum);
    int fd;

    begin(&h);
    fd = client_dial(&h);
    client_send(fd, HEAD "Content-Length: 300000\r\n\r\n");
    client_send_bytes(fd, body, 150000);
    close(fd);
    fd = client_dial(&h);
    client_send(fd, HEAD "Content-Length: 300000\r\n\r\n");
    client_send_bytes(fd, body, 150000);
    shutdown(fd, SHUT_WR);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    close(fd);
    /* Malformed behind a file, complete too soon, and a chunk that is none. */
    memcpy(body + length - 4, "--x\r", 4);
    body[length - 4] = 'y';
    fd = client_dial(&h);
    send_body(fd, body, length, false, 30000);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    close(fd);
    fd = client_dial(&h);
    send_body(fd, body, 150000, false, 30000);
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    close(fd);
    fd = client_dial(&h);
    client_send(fd, HEAD "Transfer-Encoding: chunked\r\n\r\n186a0\r\n");
    client_send_bytes(fd, body, 100000);
    client_send(fd, "xx");
    client_read(fd, &reply, false);
    CHECK_INT(reply.status, 400);
    close(fd);
    end(&h);
    free(body);
}

TEST(parts_without_number)
{
    static const char part[] = "--B\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n\r\n";
    struct harness h;

    begin(&h);
    for (int over = 0; over < 2; over++) {
        const size_t count = FLAREI_FORM_ITEMS_MAX - 1 + (size_t)over;
        char *const body = malloc(count * strlen(part) + 200);
        size_t at = strlen(TITLE);
        const int fd = client_dial(&h);

        memcpy(body, TITLE, at);
        for (size_t i = 0; i < count; i++, at += strlen(part))
            memcpy(body + at, part, strlen(part));
        memcpy(body + at, END, strlen(END));
        send_body(fd, body, at + strlen(END), false, 30000);
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, over ? 413 : 200);
        close(fd);
        free(body);
    }
    end(&h);
}

/* A text has a limit of its own where its type sets none. */
TEST(a_long_text)
{
    static const char part[] = "--B\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n";
    struct harness h;

    begin(&h);
    for (int over = 0; over < 2; over++) {
        const size_t bytes = FLAREI_FORM_TEXT_MAX_BYTES + (size_t)over;
        char *const body = malloc(bytes + 400);
        size_t at = (size_t)snprintf(body, 300, "%s%s", TITLE, part);
        const int fd = client_dial(&h);

        memset(body + at, 'n', bytes);
        memcpy(body + at + bytes, "\r\n" END, strlen(END) + 2);
        send_body(fd, body, at + bytes + 2 + strlen(END), false, 30000);
        client_read(fd, &reply, false);
        CHECK_INT(reply.status, over ? 422 : 200);
        if (!over)
            CHECK_INT(reply.body_bytes, bytes + 1);
        close(fd);
        free(body);
    }
    end(&h);
}

int main(void)
{
    RUN(memory_and_disk);
    RUN(sizes);
    RUN(a_disk_that_is_full);
    RUN(calls_that_fall_short);
    RUN(no_file_to_open);
    RUN(a_folder_that_is_not_there);
    RUN(bodies_that_end_badly);
    RUN(parts_without_number);
    RUN(a_long_text);
    return TEST_END();
}
