/* features.h - what the language has and this version of the compiler has not: each parses, is formatted, and
 * is then refused by F0901 in these words. A version that brings one deletes its row, and with it each call
 * that does not compile then. */

FLAREC_FEATURE(WEBSOCKET_WAY, "WebSockets with '%s' come")
