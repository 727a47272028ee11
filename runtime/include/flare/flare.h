/* flare/flare.h - all of the runtime's public interface. */
#ifndef FLARE_FLARE_H
#define FLARE_FLARE_H

#include <flare/async.h>
#include <flare/await.h>
#include <flare/bytes.h>
#include <flare/cache.h>
#include <flare/coding.h>
#include <flare/connect.h>
#include <flare/connector.h>
#include <flare/descriptor.h>
#include <flare/digest.h>
#include <flare/dns.h>
#include <flare/err.h>
#include <flare/etag.h>
#include <flare/field.h>
#include <flare/file.h>
#include <flare/file_content.h>
#include <flare/formats.h>
#include <flare/http_date.h>
#include <flare/log.h>
#include <flare/loop.h>
#include <flare/memory.h>
#include <flare/method.h>
#include <flare/net.h>
#include <flare/network.h>
#include <flare/number.h>
#include <flare/pool.h>
#include <flare/raw.h>
#include <flare/reader.h>
#include <flare/reply.h>
#include <flare/request.h>
#include <flare/retry.h>
#include <flare/server.h>
#include <flare/service.h>
#include <flare/sign.h>
#include <flare/str.h>
#include <flare/stream.h>
#include <flare/text.h>
#include <flare/time.h>
#include <flare/tls.h>
#include <flare/udp.h>
#include <flare/websocket_client.h>

#endif
