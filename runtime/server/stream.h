/* server/stream.h - requests whose body comes and whose reply leaves while their handler is at work.
 *
 * On HTTP/1 the socket is read when the handler asks for more, so what it does not read stays with the peer;
 * and it may write until the peer has not taken FLAREI_STREAM_HIGH_BYTES, then it waits until all of that is
 * gone. HTTP/2 does the same by a stream's windows.
 */
#ifndef FLAREI_SERVER_STREAM_H
#define FLAREI_SERVER_STREAM_H

#include "server/exchange.h"

#include "http/stream.h"

/** Content of one reply that waits for its peer at most, but for its framing. */
#define FLAREI_STREAM_HIGH_BYTES 16384u
/** What one handler moves before others have their turn. */
#define FLAREI_STREAM_BURST_BYTES 262144u
/** Of HTTP/2: a handler goes on when no more than this waits. */
#define FLAREI_STREAM_LOW_BYTES 4096u

/** Has the connection go on at the end of this turn of the loop. */
void flarei_stir(struct flarei_connection *connection, struct flarei_stirred *stirred);

static inline void flarei_stir_forget(struct flarei_stirred *stirred)
{
    if (stirred->connection == NULL)
        return;
    stirred->connection = NULL;
    flarei_link_take(&stirred->place);
}

/** The stream of a request whose handler may wait, with the server's calls. */
struct flarei_stream *flarei_stream_begin(flare_request *rq);

/** The server learns what is waited for. */
void flarei_stream_expect(flare_request *rq);

/** The connection of a request at work is gone. */
static inline void flarei_stream_leave(flare_request *rq, struct flarei_stirred *stirred)
{
    flarei_stir_forget(stirred);
    if (rq->stream.threaded)
        rq->stream.calls->leave(rq);
    else
        flarei_stream_lose(rq);
}

/** A peer that keeps up does not keep the thread for itself. @return true: the handler waits for its turn */
bool flarei_stream_others_first(struct flarei_connection *connection, struct flarei_exchange *exchange);

/** Bytes of a file on HTTP/1, by the kernel where that sees the plain socket. */
enum flarei_flow flarei_stream_write_file_h1(struct flarei_connection *connection, flare_request *rq, int fd,
                                             uint64_t *at, uint64_t *left);

/** Reads bytes of a file to the end of a buffer, at most `room`. @return false: it can't be, or it has ended
 */
bool flarei_stream_read_file(flare_buffer *out, size_t room, int fd, uint64_t *at, uint64_t *left);

/** How long a streamed body may take in all, or pause. @return whether it is all of it */
bool flarei_stream_body_time(const flare_request *rq, uint32_t *time_ms);

#endif
