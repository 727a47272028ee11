/* flare/service.h - a compiled service, and the limits it runs under. */
#ifndef FLARE_SERVICE_H
#define FLARE_SERVICE_H

#include <flare/reply.h>

FLARE_BEGIN

/** What a peer may use up. A 0 means the default. Sizes are bytes, times milliseconds. */
typedef struct flare_limits {
    uint32_t head_max_bytes;   /**< request line and fields: 431. Default 16 KiB */
    uint32_t uri_max_bytes;    /**< request target: 414. Default 8 KiB */
    uint32_t headers_max;      /**< field lines: 431. Default 100 */
    uint32_t keep_alive_max;   /**< requests a connection; 0 is no limit */
    uint64_t body_max_bytes;   /**< body: 413. Default 1 MiB */
    uint64_t memory_max_bytes; /**< a request's own memory beside its body. Default 1 MiB */
    uint32_t head_time_ms;     /**< from a head's first byte to its last: 408. Default 10 s */
    uint32_t body_time_ms;     /**< for the whole body: 408. Default 30 s */
    uint32_t idle_time_ms;     /**< between requests. Default 60 s */
    uint32_t write_time_ms;    /**< without progress in sending. Default 30 s */
    uint32_t time_ms;          /**< from head to reply. Default 30 s */
    uint32_t connections_max;  /**< open connections a worker. Default 65,536 */
    uint32_t streams_max;      /**< HTTP/2 requests a connection at once. Default 100 */
    uint32_t window_bytes;     /**< of a body that HTTP/2 takes before it is read. Default 256 KiB */
} flare_limits;

/** One route, for logs and tables. */
typedef struct flare_route {
    flare_str method;  /**< "GET", or "ANY" */
    flare_str pattern; /**< "/users/:id" */
    flare_str name;    /**< the handler's name in the spec */
    uint32_t line;     /**< of the spec */
    uint32_t uses;     /**< FLAREI_USE_* bits */
} flare_route;

struct flarei_sessions;
struct flarei_websockets;

/** A compiled service: emitted as `const flare_service NAME_service`. Its members are for the runtime. */
typedef struct flare_service {
    uint32_t abi; /**< FLARE_GEN_ABI of the emitted code */
    uint32_t route_count;
    flare_str name;
    flare_str version;
    const flare_route *routes;
    const flare_limits *limits;
    flare_reply (*dispatch)(flare_request *rq);
    void (*after)(flare_request *rq); /**< after-phases once a reply was made, or NULL */
    void *(*state_open)(void); /**< makes the state, NULL on failure; or NULL if the service has none */
    void (*state_close)(void *state);
    void *(*worker_open)(void *state); /**< makes a worker's state on its thread, NULL on failure; or NULL */
    void (*worker_close)(void *worker);
    /** Makes a page of an error; false if there is none for its status. NULL if the service has no pages */
    bool (*page)(flare_request *rq, const flare_problem_info *problem, flare_reply *reply);
    uint32_t uses;                              /**< FLAREI_USE_* bits of the whole service */
    const struct flarei_sessions *sessions;     /**< NULL if the service has none */
    const struct flarei_websockets *websockets; /**< how its WebSockets are served; NULL if it has none */
} flare_service;

FLARE_END
#endif
