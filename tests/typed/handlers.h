/* handlers.h - what the handlers of the asked service share. */
#ifndef TESTS_TYPED_HANDLERS_H
#define TESTS_TYPED_HANDLERS_H

#include "asked.client.h"
#include "asked.flare.h"

/* The worker's, to ask others with. */
flare_client *asked_worker_client(flare_request *rq);

#endif
