/* flare/bytes.h - numbers of binary protocols, read from bytes and written to them.
 *
 *     flare_bytes_reader in = flare_bytes_reader_of(packet);
 *     uint16_t kind = flare_read_u16(&in);
 *     uint32_t length = flare_read_u32(&in);
 *     flare_str body = flare_read_bytes(&in, length);
 *     if (in.failed)
 *         ...                                     (one check at the end is enough: a read past it gives 0)
 *
 * Numbers are big-endian, as protocols of the internet have them; the `_le` ones little-endian. Everything
 * here is pure and inline: any thread, no memory, no errors but `failed`, which stays set.
 */
#ifndef FLARE_BYTES_H
#define FLARE_BYTES_H

#include <flare/str.h>

FLARE_BEGIN

/** Bytes that are being read. */
typedef struct flare_bytes_reader {
    const char *at;  /**< the next one */
    const char *end; /**< behind the last one */
    bool failed;     /**< something was asked for that is not there */
} flare_bytes_reader;

/** Bytes that are being written, into room of the caller's. */
typedef struct flare_bytes_writer {
    char *bytes;     /**< the room */
    size_t length;   /**< written so far */
    size_t capacity; /**< of the room */
    bool failed;     /**< something did not fit */
} flare_bytes_writer;

/** Begins to read. @param bytes must outlive the reader @return it; borrowed from bytes. */
static inline flare_bytes_reader flare_bytes_reader_of(flare_str bytes)
{
    return FLARE_LIT(flare_bytes_reader){bytes.ptr, flarei_str_end(bytes), false};
}

/** Begins to write. @param room the caller's @param capacity its bytes @return the writer; borrowed. */
static inline flare_bytes_writer flare_bytes_writer_of(char *room, size_t capacity)
{
    return FLARE_LIT(flare_bytes_writer){room, 0, capacity, false};
}

/** How many bytes are left to read. @param reader any @return how many */
static inline size_t flare_bytes_left(const flare_bytes_reader *reader)
{
    return reader->at ? (size_t)(reader->end - reader->at) : 0;
}

/** Takes so many bytes. @param reader any @param count how many @return them, borrowed: they live as long as
 * what is read; empty, and failed set, if there are fewer: then nothing is left */
static inline flare_str flare_read_bytes(flare_bytes_reader *reader, size_t count)
{
    const flare_str taken = FLARE_LIT(flare_str){reader->at, count};

    if (count > flare_bytes_left(reader)) {
        reader->failed = true;
        reader->at = reader->end;
        return FLARE_LIT(flare_str){reader->end, 0};
    }
    if (count > 0)
        reader->at += count;
    return taken;
}

/** A number of `count` bytes, 1 to 8, the greatest first. @param reader any @param count its bytes @return
 * it; 0 and failed set if they are not there */
static inline uint64_t flare_read_uint(flare_bytes_reader *reader, size_t count)
{
    const flare_str bytes = flare_read_bytes(reader, count);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | (unsigned char)bytes.ptr[i];
    return value;
}

/** The same, the least first. @param reader any @param count its bytes @return it; 0 and failed set if they
 * are not there */
static inline uint64_t flare_read_uint_le(flare_bytes_reader *reader, size_t count)
{
    const flare_str bytes = flare_read_bytes(reader, count);
    uint64_t value = 0;

    for (size_t i = bytes.len; i > 0; i--)
        value = value << 8 | (unsigned char)bytes.ptr[i - 1];
    return value;
}

/** One byte. @param reader any @return it, or 0 and failed set */
static inline uint8_t flare_read_u8(flare_bytes_reader *reader)
{
    return (uint8_t)flare_read_uint(reader, 1);
}
/** Two bytes. @param reader any @return their number, or 0 and failed set */
static inline uint16_t flare_read_u16(flare_bytes_reader *reader)
{
    return (uint16_t)flare_read_uint(reader, 2);
}
/** Four bytes. @param reader any @return their number, or 0 and failed set */
static inline uint32_t flare_read_u32(flare_bytes_reader *reader)
{
    return (uint32_t)flare_read_uint(reader, 4);
}
/** Eight bytes. @param reader any @return their number, or 0 and failed set */
static inline uint64_t flare_read_u64(flare_bytes_reader *reader)
{
    return flare_read_uint(reader, 8);
}

/** Writes bytes, all or, with failed set, none. @param writer any @param bytes copied */
static inline void flare_write_bytes(flare_bytes_writer *writer, flare_str bytes)
{
    if (writer->failed || bytes.len > writer->capacity - writer->length) {
        writer->failed = true;
        return;
    }
    if (bytes.len > 0)
        memcpy(writer->bytes + writer->length, bytes.ptr, bytes.len);
    writer->length += bytes.len;
}

/** Writes a number in `count` bytes, 1 to 8, the greatest first. @param writer any @param value its lowest
 * bytes are written @param count how many */
static inline void flare_write_uint(flare_bytes_writer *writer, uint64_t value, size_t count)
{
    char bytes[8];

    for (size_t i = count; i > 0; i--, value >>= 8)
        bytes[i - 1] = (char)(value & 0xff);
    flare_write_bytes(writer, FLARE_LIT(flare_str){bytes, count});
}

/** The same, the least first. @param writer any @param value its lowest bytes are written @param count how
 * many */
static inline void flare_write_uint_le(flare_bytes_writer *writer, uint64_t value, size_t count)
{
    char bytes[8];

    for (size_t i = 0; i < count; i++, value >>= 8)
        bytes[i] = (char)(value & 0xff);
    flare_write_bytes(writer, FLARE_LIT(flare_str){bytes, count});
}

/** One byte. @param writer any @param value it */
static inline void flare_write_u8(flare_bytes_writer *writer, uint8_t value)
{
    flare_write_uint(writer, value, 1);
}
/** Two bytes. @param writer any @param value their number */
static inline void flare_write_u16(flare_bytes_writer *writer, uint16_t value)
{
    flare_write_uint(writer, value, 2);
}
/** Four bytes. @param writer any @param value their number */
static inline void flare_write_u32(flare_bytes_writer *writer, uint32_t value)
{
    flare_write_uint(writer, value, 4);
}
/** Eight bytes. @param writer any @param value their number */
static inline void flare_write_u64(flare_bytes_writer *writer, uint64_t value)
{
    flare_write_uint(writer, value, 8);
}

FLARE_END
#endif
