#include "h2_client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void put32(unsigned char *to, uint32_t value)
{
    to[0] = (unsigned char)(value >> 24);
    to[1] = (unsigned char)(value >> 16);
    to[2] = (unsigned char)(value >> 8);
    to[3] = (unsigned char)value;
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void h2_frame(struct h2_client *client, int type, unsigned flags, unsigned id, const void *payload,
              size_t length)
{
    unsigned char head[9];

    if (client->length + sizeof head + length > sizeof client->out)
        (void)h2_send(client);
    put32(head, (uint32_t)length << 8 | (uint32_t)type);
    head[4] = (unsigned char)flags;
    put32(head + 5, id);
    memcpy(client->out + client->length, head, sizeof head);
    if (length != 0)
        memcpy(client->out + client->length + sizeof head, payload, length);
    client->length += sizeof head + length;
}

bool h2_send(struct h2_client *client)
{
    const bool sent = client_send_bytes(client->fd, client->out, client->length);

    client->length = 0;
    return sent;
}

/* A literal without indexing, its lengths below 127 * 128. */
static size_t put_length(char *to, size_t length)
{
    if (length < 127) {
        to[0] = (char)length;
        return 1;
    }
    length -= 127;
    to[0] = 127;
    to[1] = (char)(length % 128 | 128);
    to[2] = (char)(length / 128);
    return 3;
}

static size_t put_field(char *to, const char *name, size_t name_length, const char *value,
                        size_t value_length)
{
    size_t at = 0;

    to[at++] = 0;
    at += put_length(to + at, name_length);
    memcpy(to + at, name, name_length);
    at += name_length;
    at += put_length(to + at, value_length);
    memcpy(to + at, value, value_length);
    return at + value_length;
}

size_t h2_fields(char *to, const char *method, const char *path, const char *fields)
{
    size_t at = 0;

    at += put_field(to + at, ":method", 7, method, strlen(method));
    at += put_field(to + at, ":path", 5, path, strlen(path));
    at += put_field(to + at, ":scheme", 7, "http", 4);
    at += put_field(to + at, ":authority", 10, "test", 4);
    while (*fields != '\0') {
        const char *const colon = strstr(fields, ": ");
        const char *const end = strchr(colon, '\n');

        at += put_field(to + at, fields, (size_t)(colon - fields), colon + 2, (size_t)(end - colon - 2));
        fields = end + 1;
    }
    return at;
}

void h2_request(struct h2_client *client, unsigned flags, unsigned id, const char *method, const char *path,
                const char *fields)
{
    static _Thread_local char block[1 << 16];

    h2_frame(client, H2_HEADERS, flags | H2_END_HEADERS, id, block, h2_fields(block, method, path, fields));
}

void h2_window(struct h2_client *client, unsigned id, uint32_t bytes)
{
    unsigned char payload[4];

    put32(payload, bytes);
    h2_frame(client, H2_WINDOW_UPDATE, 0, id, payload, sizeof payload);
}

void h2_get(struct h2_client *client, unsigned id, const char *path)
{
    h2_request(client, H2_END_STREAM, id, "GET", path, "");
    (void)h2_send(client);
}

static int receive(int fd, void *to, size_t length)
{
    char *at = to;

    while (length > 0) {
        const ssize_t got = recv(fd, at, length, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return -2;
        if (got <= 0)
            return -1;
        at += got;
        length -= (size_t)got;
    }
    return 0;
}

void h2_next(struct h2_client *client, struct h2_frame *frame)
{
    unsigned char head[9];

    frame->type = receive(client->fd, head, sizeof head);
    if (frame->type != 0)
        return;
    frame->length = get32(head) >> 8;
    frame->flags = head[4];
    frame->id = get32(head + 5);
    if (frame->length > sizeof frame->payload) {
        frame->type = -1;
        return;
    }
    frame->type = receive(client->fd, frame->payload, frame->length);
    if (frame->type != 0)
        return;
    frame->type = head[3];
    if (frame->type == H2_SETTINGS && (frame->flags & H2_ACK) == 0) {
        h2_frame(client, H2_SETTINGS, H2_ACK, 0, NULL, 0);
        (void)h2_send(client);
    }
}

/* The status that a block of fields begins with: indexed, or a literal of three digits, maybe by Huffman. */
static int status_of(const unsigned char *block)
{
    static const int indexed[] = {200, 204, 206, 304, 400, 404, 500};
    uint32_t bits;
    int status = 0, used = 0;

    while ((block[0] & 0xe0) == 0x20) /* the table's size, which is 0: nothing is indexed by it */
        block++;
    if (block[0] >= 0x88 && block[0] <= 0x8e)
        return indexed[block[0] - 0x88];
    if ((block[1] & 0x80) == 0)
        return (block[2] - '0') * 100 + (block[3] - '0') * 10 + block[4] - '0';
    bits = get32(block + 2);
    for (int i = 0; i < 3; i++) { /* 0 to 2 have five bits, the other digits six */
        const unsigned five = bits << used >> 27, six = bits << used >> 26;

        status = status * 10 + (int)(five < 3 ? five : six - 0x19 + 3);
        used += five < 3 ? 5 : 6;
    }
    return status;
}

int h2_status(const struct h2_frame *frame)
{
    return status_of(frame->payload);
}

static bool take(const struct h2_frame *frame, unsigned id, struct h2_answer *answer)
{
    if (frame->type == H2_GOAWAY) {
        answer->last = get32(frame->payload);
        answer->goaway = (int)get32(frame->payload + 4);
        return false;
    }
    if (id == 0 || frame->id != id)
        return false;
    if (frame->type == H2_HEADERS && answer->status == 0) {
        const int status = status_of(frame->payload);

        *(status < 200 ? &answer->interim : &answer->status) = status;
    } else if (frame->type == H2_DATA) {
        answer->bytes += frame->length;
        for (size_t i = 0; i < frame->length; i++)
            answer->sum += frame->payload[i];
    } else if (frame->type == H2_RST_STREAM) {
        answer->reset = (int)get32(frame->payload);
        return true;
    }
    answer->ended |= frame->type <= H2_HEADERS && (frame->flags & H2_END_STREAM) != 0;
    return answer->ended;
}

void h2_read(struct h2_client *client, unsigned id, struct h2_answer *answer)
{
    static _Thread_local struct h2_frame frame;

    *answer = (struct h2_answer){.reset = -1, .goaway = -1};
    do {
        h2_next(client, &frame);
        if (frame.type < 0) {
            answer->closed = frame.type == -1;
            return;
        }
    } while (!take(&frame, id, answer));
}

struct h2_client *h2_open_with(const struct harness *h, const uint32_t (*settings)[2], size_t count)
{
    struct h2_client *client = calloc(1, sizeof *client);
    unsigned char payload[6 * 16];

    if (client == NULL)
        return NULL;
    client->fd = client_dial(h);
    memcpy(client->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    client->length = 24;
    for (size_t i = 0; i < count; i++) {
        payload[i * 6] = 0;
        payload[i * 6 + 1] = (unsigned char)settings[i][0];
        put32(payload + i * 6 + 2, settings[i][1]);
    }
    memcpy(payload + count * 6, "\0\1\0\0\0", 6);
    h2_frame(client, H2_SETTINGS, 0, 0, payload, count * 6 + 6);
    (void)h2_send(client);
    return client;
}

struct h2_client *h2_open(const struct harness *h)
{
    return h2_open_with(h, NULL, 0);
}

void h2_hang_up(struct h2_client *client)
{
    close(client->fd);
    free(client);
}
