#include "mtls.flare.h"

#include <flare/tls.h>

mtls_known_verdict mtls_known(flare_request *rq)
{
    const flare_certificate *certificate;

    if (flare_request_peer_certificate(rq, &certificate) != FLARE_OK || certificate == NULL)
        return mtls_known_forbidden(rq);
    return mtls_known_pass(rq, certificate->common_name);
}

mtls_ada_verdict mtls_ada(flare_request *rq, const mtls_ada_in *in)
{
    return flare_str_equal(in->name, FLARE_STR("ada")) ? mtls_ada_pass(rq) : mtls_ada_forbidden(rq);
}

mtls_whoami_reply mtls_whoami(flare_request *rq, const mtls_whoami_in *in)
{
    const flare_certificate *certificate;

    if (flare_request_peer_certificate(rq, &certificate) != FLARE_OK || certificate == NULL)
        return mtls_whoami_ok(rq, in->name);
    return mtls_whoami_ok(rq, flare_format(rq, "%.*s (%.*s) signed by %.*s\n", FLARE_STR_ARG(in->name),
                                           FLARE_STR_ARG(certificate->names[0].text),
                                           FLARE_STR_ARG(certificate->issuer)));
}

mtls_launch_reply mtls_launch(flare_request *rq, const mtls_launch_in *in)
{
    (void)in;
    return mtls_launch_ok(rq, FLARE_STR("launched\n"));
}
