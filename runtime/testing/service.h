/* testing/service.h - inside a service that is called in its own process. */
#ifndef FLAREI_TESTING_SERVICE_H
#define FLAREI_TESTING_SERVICE_H

#include <flare/testing.h>

/** Opens a further connection to the service. @param test open @return our end of it, the caller's to close;
 * or a negative flare_err: FLARE_ERR_MEMORY, FLARE_ERR_DESCRIPTORS, … */
int flarei_test_connect(flare_test *test) FLARE_MUST_USE;

/** @return the loop that the service runs on, while somebody waits for it. */
flare_loop *flarei_test_loop(const flare_test *test);

#endif
