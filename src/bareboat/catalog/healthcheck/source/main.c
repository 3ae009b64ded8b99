/* healthcheck: whether the program of a container is well, in one line and an exit code.
 *
 * 0 is healthy, 1 unhealthy, 2 a command line that cannot be read. Nothing is allocated, everything read has a bound,
 * and an alarm ends the program whatever it is doing.
 */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "verdict.h"

static const char help[] =
    "usage: healthcheck http [--status 200-399] [--header 'Name: value'] [--socket PATH] URL\n"
    "       healthcheck tcp ADDRESS\n"
    "       healthcheck grpc [--service NAME] ADDRESS\n"
    "       healthcheck file [--younger-than 1m] PATH\n"
    "       healthcheck exec PROGRAM [ARGUMENT...]\n"
    "\n"
    "Each takes --timeout (5s). URL is http://HOST[:PORT][/PATH], ADDRESS is HOST:PORT or unix:/PATH,\n"
    "HOST an address or localhost. Exit codes: 0 healthy, 1 unhealthy, 2 misused.\n";

enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

/* Durations as Docker writes them: `500ms`, `5s`, `1m30s`; from one millisecond to a day. */
static unsigned long read_duration(const char *text)
{
    unsigned long total = 0;
    const char *at = text;
    do {
        unsigned long number = 0, unit;
        const char *begin = at;
        for (; *at >= '0' && *at <= '9'; at++)
            if ((number = number * 10 + (unsigned long)(*at - '0')) > DAY_MS)
                misused("the duration \"", text, "\" is longer than a day");
        if (strncmp(at, "ms", 2) == 0)
            unit = 1, at += 2;
        else if (*at == 's')
            unit = 1000, at++;
        else if (*at == 'm')
            unit = 60000, at++;
        else if (*at == 'h')
            unit = HOUR_MS, at++;
        else
            unit = 0;
        if (unit == 0 || begin == at || *begin < '0' || *begin > '9')
            misused("cannot read the duration \"", text, "\": write 500ms, 5s or 1m30s");
        if (number > DAY_MS / unit || (total += number * unit) > DAY_MS)
            misused("the duration \"", text, "\" is longer than a day");
    } while (*at != '\0');
    if (total == 0)
        misused("the duration \"", text, "\" is zero");
    return total;
}

static const char *take_status(const char *at, unsigned *status)
{
    *status = 0;
    for (int digits = 0; digits < 3; digits++, at++) {
        if (*at < '0' || *at > '9')
            return NULL;
        *status = *status * 10 + (unsigned)(*at - '0');
    }
    return at;
}

/* `200`, `200-299`, `200-299,404` */
static void read_statuses(struct options *options, const char *text)
{
    const char *at = text;
    options->ranges = 0;
    do {
        unsigned least, most;
        at = take_status(at, &least);
        most = least;
        if (at != NULL && *at == '-')
            at = take_status(at + 1, &most);
        if (at == NULL || (*at != '\0' && *at != ',') || least < 100 || most < least || most > 599)
            misused("cannot read the statuses \"", text, "\": write 200, 200-399 or 200-299,404");
        if (options->ranges == MOST_RANGES)
            misused("--status takes at most 8 ranges");
        options->expected[options->ranges].least = least;
        options->expected[options->ranges++].most = most;
    } while (*at++ == ',');
}

struct flag {
    const char *name;
    const char *kind; /* the only check that takes it, or null */
};

static const struct flag flags[] = {
    {"--timeout", NULL},    {"--status", "http"},       {"--header", "http"}, {"--socket", "http"},
    {"--service", "grpc"},  {"--younger-than", "file"},
};

static void set(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--timeout") == 0) {
        options->timeout = value;
        options->timeout_ms = read_duration(value);
    } else if (strcmp(name, "--status") == 0) {
        read_statuses(options, value);
    } else if (strcmp(name, "--header") == 0) {
        if (options->headers == MOST_HEADERS)
            misused("at most 16 headers are sent");
        options->header[options->headers++] = value;
    } else if (strcmp(name, "--socket") == 0) {
        options->socket = value;
    } else if (strcmp(name, "--service") == 0) {
        options->service = value;
    } else {
        options->younger_than = value;
        options->younger_than_ms = read_duration(value);
    }
}

/* Read the options that stand first; what follows them. */
static char **read_options(struct options *options, char **words, const char *kind)
{
    for (; *words != NULL && **words == '-'; words++) {
        const struct flag *flag = NULL;
        const char *value = NULL;
        if (strcmp(*words, "--") == 0)
            return words + 1;
        for (size_t at = 0; at < sizeof flags / sizeof *flags; at++) {
            size_t length = strlen(flags[at].name);
            if (strncmp(*words, flags[at].name, length) == 0 && ((*words)[length] == '\0' || (*words)[length] == '=')) {
                flag = &flags[at];
                value = (*words)[length] == '=' ? *words + length + 1 : NULL;
            }
        }
        if (flag == NULL || (flag->kind != NULL && strcmp(flag->kind, kind) != 0))
            misused(kind, " has no option ", *words, ": see healthcheck --help");
        if (value == NULL && (value = *++words) == NULL)
            misused(flag->name, " needs a value");
        set(options, flag->name, value);
    }
    return words;
}

int main(int count, char **words)
{
    static const char *const kinds[] = {"http", "tcp", "grpc", "file", "exec"};
    struct options options = {.timeout = "5s", .timeout_ms = 5000, .expected = {{200, 399}}, .ranges = 1};
    const char *kind = count > 1 ? words[1] : "";
    char **rest;
    size_t at;

    if (strcmp(kind, "--help") == 0 || strcmp(kind, "--version") == 0) {
        const char *text = strcmp(kind, "--help") == 0 ? help : "healthcheck " VERSION "\n";
        return write(STDOUT_FILENO, text, strlen(text)) < 0 ? UNHEALTHY : HEALTHY;
    }
    for (at = 0; at < sizeof kinds / sizeof *kinds && strcmp(kind, kinds[at]) != 0; at++)
        ;
    if (at == sizeof kinds / sizeof *kinds)
        misused("says what to check first: http, tcp, grpc, file or exec; see healthcheck --help");
    rest = read_options(&options, words + 2, kind);
    if (*rest == NULL || **rest == '\0')
        misused(kind, " needs something to check: see healthcheck --help");
    if (strcmp(kind, "exec") != 0 && rest[1] != NULL)
        misused(kind, " checks one thing, not also \"", rest[1], "\"");

    signal(SIGCHLD, SIG_DFL); /* what is ignored is inherited, and then nobody hears how a child ended */
    set_verdict(UNHEALTHY, "unhealthy: ", *rest, strcmp(kind, "exec") == 0 ? " did not end within " : " did not answer within ",
                options.timeout, (const char *)0);
    tell_after(options.timeout_ms);
    if (strcmp(kind, "http") == 0)
        check_http(&options, *rest);
    if (strcmp(kind, "tcp") == 0)
        check_tcp(*rest);
    if (strcmp(kind, "grpc") == 0)
        check_grpc(&options, *rest);
    if (strcmp(kind, "file") == 0)
        check_file(&options, *rest);
    check_exec(rest);
}
