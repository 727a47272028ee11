/* http/serving.h - what a server tells the services it serves of itself. */
#ifndef FLAREI_HTTP_SERVING_H
#define FLAREI_HTTP_SERVING_H

#include <stdatomic.h>
#include <stdbool.h>

/** Of one server; set by its control loop, read by all workers. */
struct flarei_serving {
    atomic_bool stopping; /**< it drains, or is about to */
};

#endif
