#include "client/h2_outbound.h"

#include <flare/text.h>

enum { SETTINGS_COUNT = 3, PAYLOAD_BYTES = 6 * SETTINGS_COUNT, FRAMES_HIGH_BYTES = 65536 };

/* ---- Its beginning ---- */

static void list_settings(const struct flarei_h2_outbound_limits *limits,
                          nghttp2_settings_entry settings[static SETTINGS_COUNT])
{
    settings[0] = (nghttp2_settings_entry){NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
    settings[1] = (nghttp2_settings_entry){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits->stream_window_bytes};
    settings[2] = (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits->head_max_bytes};
}

static bool pack_settings(const struct flarei_h2_outbound_limits *limits,
                          uint8_t payload[static PAYLOAD_BYTES])
{
    nghttp2_settings_entry settings[SETTINGS_COUNT];

    list_settings(limits, settings);
    return nghttp2_pack_settings_payload(payload, PAYLOAD_BYTES, settings, SETTINGS_COUNT) == PAYLOAD_BYTES;
}

size_t flarei_h2_outbound_settings(const struct flarei_h2_outbound_limits *limits,
                                   char text[static FLAREI_H2_OUTBOUND_SETTINGS_BYTES])
{
    uint8_t payload[PAYLOAD_BYTES];

    return pack_settings(limits, payload)
               ? flare_base64_encode(FLARE_BASE64URL, payload, sizeof payload, text)
               : 0;
}

static bool announce(nghttp2_session *session, const struct flarei_h2_outbound_limits *limits, bool upgraded)
{
    nghttp2_settings_entry settings[SETTINGS_COUNT];
    uint8_t payload[PAYLOAD_BYTES];
    int said;

    if (upgraded) {
        if (!pack_settings(limits, payload))
            return false;
        said = nghttp2_session_upgrade2(session, payload, sizeof payload, 0, NULL);
    } else {
        list_settings(limits, settings);
        said = nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, SETTINGS_COUNT);
    }
    return said == 0 && nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                                              limits->connection_window_bytes) == 0;
}

nghttp2_session *flarei_h2_outbound_new(const struct flarei_h2_outbound_events *events,
                                        const struct flarei_h2_outbound_limits *limits, void *owner,
                                        bool upgraded)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_session *session = NULL;
    nghttp2_option *option = NULL;

    if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, events->head);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, events->field);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, events->frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, events->data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, events->closed);
        (void)!nghttp2_session_client_new2(&session, callbacks, owner, option); /* NULL says it */
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (session == NULL || announce(session, limits, upgraded))
        return session;
    nghttp2_session_del(session);
    return NULL;
}

/* ---- Its frames ---- */

bool flarei_h2_outbound_frames(nghttp2_session *session, flare_buffer *out)
{
    const uint8_t *bytes;
    ssize_t more = 0;

    while (flarei_buffer_len(out) < FRAMES_HIGH_BYTES &&
           (more = nghttp2_session_mem_send(session, &bytes)) > 0)
        if (!flarei_buffer_append(out, bytes, (size_t)more))
            break;
    return more >= 0 && !out->failed;
}

flare_err flarei_h2_outbound_send(nghttp2_session *session, flare_stream *stream, flare_buffer *out)
{
    for (;;) {
        const flare_str left = flarei_buffer_str(out);
        ptrdiff_t sent;

        if (left.len == 0) {
            if (!flarei_h2_outbound_frames(session, out))
                return FLARE_ERR_MEMORY;
            if (flarei_buffer_len(out) == 0)
                return FLARE_OK;
            continue;
        }
        sent = flare_stream_write(stream, left.ptr, left.len);
        if (sent < 0)
            return (flare_err)sent;
        flarei_buffer_consume(out, (size_t)sent);
    }
}
