/* session/sign.h - what the session room's files share of signing. */
#ifndef FLAREI_SESSION_SIGN_H
#define FLAREI_SESSION_SIGN_H

#include <flare/sign.h>

#include <openssl/sha.h>

/** What is wrong with keys that flare_keys_parse() refused, in words. */
const char *flarei_keys_fault(flare_err err);

#endif
