/* The one request that is sent: `grpc.health.v1.Health/Check`, in as few bytes as HTTP/2 allows. */
#include <string.h>

#include "http2.h"
#include "verdict.h"

enum { MOST_TEXT = 255 };

void put(struct request *request, const void *bytes, size_t length)
{
    if (length > sizeof request->bytes - request->length)
        misused("the address and the service are too long");
    memcpy(request->bytes + request->length, bytes, length);
    request->length += length;
}

static void put_byte(struct request *request, unsigned byte)
{
    unsigned char one = (unsigned char)byte;
    put(request, &one, 1);
}

void put_frame(struct request *request, size_t length, unsigned type, unsigned flags, unsigned stream)
{
    unsigned char header[9] = {
        (unsigned char)(length >> 16), (unsigned char)(length >> 8), (unsigned char)length, (unsigned char)type,
        (unsigned char)flags,          0,                            0,                     0,
        (unsigned char)stream,
    };
    put(request, header, sizeof header);
}

/* RFC 7541, 5.2, without Huffman's code; texts have at most 255 bytes. */
static void put_text(struct request *request, const char *text)
{
    size_t length = strlen(text);
    if (length > MOST_TEXT)
        misused("the address and the service have at most 255 bytes each");
    if (length < 127) {
        put_byte(request, (unsigned)length);
    } else {
        put_byte(request, 127);
        put_byte(request, (unsigned)((length - 127) & 0x7f) | (length - 127 > 0x7f ? 0x80 : 0));
        if (length - 127 > 0x7f)
            put_byte(request, (unsigned)((length - 127) >> 7));
    }
    put(request, text, length);
}

static void put_header(struct request *request, const char *name, const char *value)
{
    put_byte(request, 0x00); /* a literal that no table takes, with a name of its own */
    put_text(request, name);
    put_text(request, value);
}

static void write_headers(struct request *headers, const struct options *options, const char *authority)
{
    char timeout[24];
    strcpy(timeout, decimal(options->timeout_ms).text);
    strcat(timeout, "m");
    put_byte(headers, 0x83); /* :method POST */
    put_byte(headers, 0x86); /* :scheme http */
    put_byte(headers, 0x04); /* :path */
    put_text(headers, "/grpc.health.v1.Health/Check");
    put_byte(headers, 0x01); /* :authority */
    put_text(headers, authority);
    put_header(headers, "te", "trailers");
    put_header(headers, "grpc-timeout", timeout);
    put_header(headers, "content-type", "application/grpc");
    put_header(headers, "user-agent", "healthcheck/" VERSION);
}

/* `HealthCheckRequest { string service = 1; }`, behind a byte for "not compressed" and its length. */
static void write_message(struct request *message, const char *service)
{
    size_t length = strlen(service);
    size_t body = length == 0 ? 0 : length < 128 ? 2 + length : 3 + length;
    if (length > MOST_TEXT)
        misused("the name of a service has at most 255 bytes");
    put_byte(message, 0);
    put_byte(message, 0);
    put_byte(message, 0);
    put_byte(message, (unsigned)(body >> 8));
    put_byte(message, (unsigned)(body & 0xff));
    if (length == 0)
        return;
    put_byte(message, 0x0a);
    put_byte(message, (unsigned)(length & 0x7f) | (length < 128 ? 0 : 0x80));
    if (length >= 128)
        put_byte(message, (unsigned)(length >> 7));
    put(message, service, length);
}

void write_request(struct request *whole, const struct options *options, const char *authority)
{
    /* HEADER_TABLE_SIZE 0, ENABLE_PUSH 0 */
    static const unsigned char settings[] = {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0};
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    static struct request headers, message;
    write_headers(&headers, options, authority);
    write_message(&message, options->service == NULL ? "" : options->service);
    put(whole, preface, sizeof preface - 1);
    put_frame(whole, sizeof settings, SETTINGS, 0, 0);
    put(whole, settings, sizeof settings);
    put_frame(whole, headers.length, HEADERS, END_HEADERS, STREAM);
    put(whole, headers.bytes, headers.length);
    put_frame(whole, message.length, DATA, END_STREAM, STREAM);
    put(whole, message.bytes, message.length);
}
