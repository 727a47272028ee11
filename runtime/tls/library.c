#include "tls/library.h"

#include "net/sys.h"

#include <flare/memory.h>
#include <flare/net.h>

#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static void *take(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return flarei_malloc(bytes);
}

static void *resize(void *block, size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return block ? flarei_realloc(block, bytes) : flarei_malloc(bytes);
}

static void give(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    flarei_free(block);
}

static void open_once(void)
{
    (void)CRYPTO_set_mem_functions(take, resize, give);
    (void)OPENSSL_init_ssl(0, NULL);
}

void flarei_tls_library_open(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, open_once);
}

const char *flarei_tls_library_reason(void)
{
    const unsigned long code = ERR_peek_last_error();
    const char *const reason = code != 0 ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return reason ? reason : "out of memory";
}

/* The module can only be asked for on a socket that is connected. */
bool flarei_tls_kernel_ready(void)
{
    const flare_address any = {.family = FLARE_ADDRESS_IPV4, .ip = {127, 0, 0, 1}};
    flare_listener listener;
    bool ready = false;
    int fd;

    if (flare_listener_open(&listener, &any, NULL) != FLARE_OK)
        return false;
    fd = flare_socket_connect(&listener.address);
    if (fd >= 0) {
#if defined(TCP_ULP)
        ready = flarei_sys.setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0;
#endif
        flare_socket_close(fd);
    }
    flare_listener_close(&listener);
    return ready;
}
