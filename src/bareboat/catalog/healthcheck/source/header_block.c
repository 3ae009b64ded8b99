/* Header blocks of an answer, without a table (RFC 7541). */
#include <string.h>

#include "http2.h"
#include "verdict.h"

_Noreturn void garbled(const char *server, const char *what)
{
    unhealthy(server, " breaks the rules of HTTP/2: ", what);
}

struct block {
    const char *server;
    const unsigned char *at, *end;
};

struct text {
    const unsigned char *bytes;
    size_t length;
    int is_huffman;
};

static unsigned take_byte(struct block *block)
{
    if (block->at == block->end)
        garbled(block->server, "a header block ends too early");
    return *block->at++;
}

/* RFC 7541, 5.1, up to 28 bits. */
static size_t take_number(struct block *block, unsigned first, unsigned bits)
{
    size_t most = ((size_t)1 << bits) - 1, number = first & most;
    unsigned byte, shift = 0;
    if (number < most)
        return number;
    do {
        if (shift > 21)
            garbled(block->server, "a number of a header block is too large");
        byte = take_byte(block);
        number += (size_t)(byte & 0x7f) << shift;
        shift += 7;
    } while ((byte & 0x80) != 0);
    return number;
}

static struct text take_text(struct block *block)
{
    unsigned first = take_byte(block);
    struct text text = {.length = take_number(block, first, 7), .is_huffman = (first & 0x80) != 0};
    if (text.length > (size_t)(block->end - block->at))
        garbled(block->server, "a header block ends too early");
    text.bytes = block->at;
    block->at += text.length;
    return text;
}

/* The number that up to three digits are; -1 when they are none. RFC 7541, appendix B: `0`, `1` and `2` have codes of
 * five bits, which are their values, `3` to `9` of six, from 011001; what is left of the last byte is ones. */
static int number_of(const struct text *text)
{
    int number = 0, digits = 0;
    size_t bits = text->length * 8;
    if (text->length == 0 || text->length > 3)
        return -1;
    if (!text->is_huffman) {
        for (size_t at = 0; at < text->length; at++) {
            if (text->bytes[at] < '0' || text->bytes[at] > '9')
                return -1;
            number = number * 10 + (text->bytes[at] - '0');
        }
        return number;
    }
    for (size_t at = 0; at + 5 <= bits;) {
        unsigned code = 0;
        for (size_t bit = at; bit < at + 6; bit++)
            code = code << 1 | (bit < bits ? (unsigned)text->bytes[bit / 8] >> (7 - bit % 8) & 1u : 1u);
        if (bits - at < 8 && code == 0x3f)
            break;
        if (++digits > 3)
            return -1;
        if (code >> 1 <= 2) {
            number = number * 10 + (int)(code >> 1);
            at += 5;
        } else if (code >= 0x19 && code <= 0x1f && at + 6 <= bits) {
            number = number * 10 + (int)(code - 0x19) + 3;
            at += 6;
        } else {
            return -1;
        }
    }
    return digits == 0 ? -1 : number;
}

static int is_grpc_status(const struct text *name)
{
    static const char plain[] = "grpc-status";
    static const unsigned char huffman[] = {0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f};
    if (name->is_huffman)
        return name->length == sizeof huffman && memcmp(name->bytes, huffman, sizeof huffman) == 0;
    return name->length == sizeof plain - 1 && memcmp(name->bytes, plain, sizeof plain - 1) == 0;
}

void read_block(const char *server, const unsigned char *bytes, size_t length, struct fields *fields)
{
    /* RFC 7541, appendix A: the entries 8 to 14 are statuses. */
    static const int statuses[] = {200, 204, 206, 304, 400, 404, 500};
    struct block block = {.server = server, .at = bytes, .end = bytes + length};
    while (block.at < block.end) {
        unsigned first = take_byte(&block);
        struct text name = {.length = 0}, value;
        size_t index;
        if ((first & 0x80) != 0) {
            index = take_number(&block, first, 7);
            if (index >= 8 && index <= 14)
                fields->http_status = statuses[index - 8];
            continue;
        }
        if ((first & 0xe0) == 0x20) {
            take_number(&block, first, 5); /* the size of the table, which has none */
            continue;
        }
        index = take_number(&block, first, (first & 0x40) != 0 ? 6 : 4);
        if (index == 0)
            name = take_text(&block);
        value = take_text(&block);
        if (index >= 8 && index <= 14)
            fields->http_status = number_of(&value);
        else if (index == 0 && is_grpc_status(&name))
            fields->grpc_status = number_of(&value);
    }
}
