/* h2_client.h - a raw HTTP/2 client: it says what a test wants said, right or wrong.
 *
 *     struct h2_client *c = h2_open(&h);
 *     h2_get(c, 1, "/plaintext");
 *     h2_read(c, 1, &answer);
 *     CHECK_INT(answer.status, 200);
 *     h2_hang_up(c);
 */
#ifndef H2_CLIENT_H
#define H2_CLIENT_H

#include "harness.h"

enum {
    H2_DATA,
    H2_HEADERS,
    H2_PRIORITY,
    H2_RST_STREAM,
    H2_SETTINGS,
    H2_PUSH_PROMISE,
    H2_PING,
    H2_GOAWAY,
    H2_WINDOW_UPDATE,
    H2_CONTINUATION
};
enum { H2_ACK = 1, H2_END_STREAM = 1, H2_END_HEADERS = 4, H2_PADDED = 8 };

struct h2_client {
    int fd;
    size_t length; /* of `out`, which h2_send() sends */
    char out[1 << 18];
};

struct h2_frame {
    int type; /* -1: the connection ended; -2: nothing came for 3 s */
    unsigned flags;
    unsigned id;
    size_t length;
    unsigned char payload[1 << 15];
};

/** What came of a stream. */
struct h2_answer {
    int status;    /* 0: none */
    int interim;   /* 100 where that came before */
    int reset;     /* the error code of RST_STREAM, or -1 */
    int goaway;    /* the error code of GOAWAY, or -1 */
    unsigned last; /* GOAWAY's */
    bool ended;    /* END_STREAM came */
    bool closed;   /* the connection ended */
    size_t bytes;  /* of content */
    uint64_t sum;  /* of its bytes */
};

/** Connects, sends the preface with these settings (pairs of id and value), reads the server's. */
struct h2_client *h2_open(const struct harness *h);
struct h2_client *h2_open_with(const struct harness *h, const uint32_t (*settings)[2], size_t count);
void h2_hang_up(struct h2_client *client);

/** Adds a frame to what h2_send() sends. */
void h2_frame(struct h2_client *client, int type, unsigned flags, unsigned id, const void *payload,
              size_t length);
/** Adds the fields of a request: a text of "name: value\n" lines behind the four pseudo fields. */
size_t h2_fields(char *to, const char *method, const char *path, const char *fields);
void h2_request(struct h2_client *client, unsigned flags, unsigned id, const char *method, const char *path,
                const char *fields);
void h2_window(struct h2_client *client, unsigned id, uint32_t bytes);
/** Sends what was added. @return false if it can't */
bool h2_send(struct h2_client *client);

/** A whole GET, sent. */
void h2_get(struct h2_client *client, unsigned id, const char *path);

/** Reads one frame. Acknowledges SETTINGS. */
void h2_next(struct h2_client *client, struct h2_frame *frame);
/** The status that a HEADERS says. */
int h2_status(const struct h2_frame *frame);
/** Reads up to the end of a stream, or of the connection. 0: of the connection. */
void h2_read(struct h2_client *client, unsigned id, struct h2_answer *answer);

#endif
