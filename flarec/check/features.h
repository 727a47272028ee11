/* features.h - what the language has and this version of the compiler has not: each parses, is formatted, and
 * is then refused by F0901 in these words. A version that brings one deletes its row, and with it each call
 * that does not compile then. */

FLAREC_FEATURE(SESSION_STORE, "the store '%s' of sessions comes")
FLAREC_FEATURE(CONTENT, "the reply content '%s' comes")
FLAREC_FEATURE(LIMIT, "the limit '%s' comes")
