#include "tls/connector.h"

#include <flare/memory.h>

struct flare_tls_acceptor {
    struct flarei_tls_context *context;
    struct flarei_tls_lane lane;
    unsigned char protocols[FLAREI_TLS_PROTOCOLS_MAX_BYTES];
};

static flare_err prepare(struct flare_tls_acceptor *acceptor, const flare_tls_options *options,
                         const char *protocols, struct flarei_tls_complaint *complaint)
{
    const size_t bytes = protocols != NULL ? flarei_tls_protocols(protocols, acceptor->protocols) : 0;
    flare_err err;

    if (protocols != NULL && bytes == 0)
        return flarei_tls_complain(complaint, FLARE_ERR_ARGUMENT, "\"%s\" is no list of protocols",
                                   protocols);
    err = flarei_tls_context_open(options, &acceptor->context, complaint);
    if (err != FLARE_OK)
        return err;
    if (bytes != 0)
        acceptor->context->protocols = (flare_str){(const char *)acceptor->protocols, bytes};
    if (!flarei_tls_tickets_begin(&acceptor->lane.tickets, options->ticket_period_s))
        return flarei_tls_complain(complaint, FLARE_ERR_IO, "TLS: no keys for tickets");
    return FLARE_OK;
}

flare_err flare_tls_acceptor_create(flare_tls_acceptor **out, const flare_tls_options *options,
                                    const char *protocols, char *why, size_t why_bytes)
{
    char unwanted[1];
    struct flarei_tls_complaint complaint = {why != NULL ? why : unwanted, why != NULL ? why_bytes : 1};
    struct flare_tls_acceptor *const acceptor = flarei_calloc(1, sizeof *acceptor);
    flare_err err;

    *out = NULL;
    if (acceptor == NULL)
        return flarei_tls_complain(&complaint, FLARE_ERR_MEMORY, "TLS: out of memory");
    err = prepare(acceptor, options, protocols, &complaint);
    if (err != FLARE_OK) {
        flare_tls_acceptor_free(acceptor);
        return err;
    }
    *out = acceptor;
    return FLARE_OK;
}

void flare_tls_acceptor_free(flare_tls_acceptor *acceptor)
{
    if (acceptor == NULL)
        return;
    flarei_tls_context_release(acceptor->context);
    flarei_tls_lane_clear(&acceptor->lane);
    flarei_free(acceptor);
}

flare_err flarei_tls_accept(struct flare_tls_acceptor *acceptor, int fd, struct flarei_tls_stream **stream)
{
    const flare_err err = flarei_tls_open(acceptor->context, &acceptor->lane, fd, stream);

    if (err == FLARE_OK)
        (*stream)->reason = flarei_tls_reason;
    return err;
}
