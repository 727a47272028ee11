/* flare/coding.h - gzip, deflate and Brotli, for whole contents in memory.
 *
 *     flare_str small, back;
 *     if (flare_gzip_encode(text, 6, &small) != FLARE_OK)
 *         ...
 *     if (flare_gzip_decode(small, 1 << 20, &back) == FLARE_ERR_LIMIT)
 *         ...                                                    (a bomb, or more than is wanted)
 *     flare_coded_free(back);
 *     flare_coded_free(small);
 *
 * A service says `use compress()` and `use inflate()` and needs none of this. What decodes has a limit, since
 * a few kilobytes can stand for gigabytes. Any thread; a thread keeps what encodes for its next call.
 */
#ifndef FLARE_CODING_H
#define FLARE_CODING_H

#include <flare/err.h>

FLARE_BEGIN

/** Encodes as gzip (RFC 1952). @param content borrowed for the call @param level 1 (fast) to 9 (small)
 *  @param coded receives memory that the caller gives to flare_coded_free(); empty on failure
 *  @return FLARE_OK; FLARE_ERR_RANGE (no such level); FLARE_ERR_MEMORY (or 2 GiB and more). Any thread. */
flare_err flare_gzip_encode(flare_str content, int level, flare_str *coded) FLARE_MUST_USE;

/** Decodes gzip, of all its members. @param coded borrowed for the call @param max_bytes the most that may
 * come out @param content receives memory that the caller gives to flare_coded_free(); empty on failure
 *  @return FLARE_OK; FLARE_ERR_LIMIT (it is larger); FLARE_ERR_SYNTAX (it is not gzip, damaged, or cut
 * short); FLARE_ERR_MEMORY. Any thread. */
flare_err flare_gzip_decode(flare_str coded, size_t max_bytes, flare_str *content) FLARE_MUST_USE;

/** Encodes as the content coding `deflate` (RFC 9110 section 8.4.1.2, which is RFC 1950). @param content
 * borrowed for the call @param level 1 (fast) to 9 (small) @param coded as flare_gzip_encode()
 *  @return FLARE_OK; FLARE_ERR_RANGE, FLARE_ERR_MEMORY as flare_gzip_encode(). Any thread. */
flare_err flare_deflate_encode(flare_str content, int level, flare_str *coded) FLARE_MUST_USE;

/** Decodes the content coding `deflate` (RFC 9110 section 8.4.1.2, which is RFC 1950; without its head as
 * some send it, too). @param coded borrowed for the call @param max_bytes the most that may come out
 *  @param content as flare_gzip_decode() @return FLARE_OK; FLARE_ERR_LIMIT, FLARE_ERR_SYNTAX,
 * FLARE_ERR_MEMORY as flare_gzip_decode(). Any thread. */
flare_err flare_deflate_decode(flare_str coded, size_t max_bytes, flare_str *content) FLARE_MUST_USE;

/** Encodes as Brotli (RFC 7932). Link flare::brotli for it, where it was built. @param content borrowed for
 * the call @param level 0 (fast) to 11 (small) @param coded as flare_gzip_encode()
 *  @return FLARE_OK; FLARE_ERR_RANGE, FLARE_ERR_MEMORY as flare_gzip_encode(). Any thread. */
flare_err flare_brotli_encode(flare_str content, int level, flare_str *coded) FLARE_MUST_USE;

/** Decodes Brotli. Link flare::brotli for it. @param coded borrowed for the call @param max_bytes the most
 * that may come out @param content as flare_gzip_decode() @return FLARE_OK; FLARE_ERR_LIMIT,
 * FLARE_ERR_SYNTAX, FLARE_ERR_MEMORY as flare_gzip_decode(). Any thread. */
flare_err flare_brotli_decode(flare_str coded, size_t max_bytes, flare_str *content) FLARE_MUST_USE;

/** Frees what a function of this header made. @param made what it gave; empty is allowed. Any thread. No
 * errors. */
void flare_coded_free(flare_str made);

FLARE_END
#endif
