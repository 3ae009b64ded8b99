#include "verdict.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

enum { LONGEST = 512 };

struct verdict {
    int code;
    size_t length;
    char line[LONGEST];
};

/* The alarm may ring while a verdict is being written, and so the next one is written beside the one that holds. */
static struct verdict verdicts[2] = {{.code = UNHEALTHY}, {.code = UNHEALTHY}};
static volatile sig_atomic_t holds;
static volatile sig_atomic_t charge;

struct decimal decimal(unsigned long number)
{
    struct decimal result;
    char digits[20];
    size_t count = 0, at = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count != 0)
        result.text[at++] = digits[--count];
    result.text[at] = '\0';
    return result;
}

void set_verdict(int code, ...)
{
    struct verdict *next = &verdicts[!holds];
    va_list texts;
    const char *text;
    size_t length = 0;
    va_start(texts, code);
    while ((text = va_arg(texts, const char *)) != NULL)
        for (; *text != '\0' && length < LONGEST - 1; text++)
            next->line[length++] = *text >= ' ' && *text <= '~' ? *text : '?';
    va_end(texts);
    next->line[length++] = '\n';
    next->length = length;
    next->code = code;
    holds = !holds;
}

void tell(void)
{
    const struct verdict *last = &verdicts[holds];
    size_t told = 0;
    while (told < last->length) {
        ssize_t written = write(STDOUT_FILENO, last->line + told, last->length - told);
        if (written <= 0)
            break; /* nobody listens, but the code still counts */
        told += (size_t)written;
    }
    _exit(last->code);
}

void set_charge(int group)
{
    charge = group;
}

static void on_alarm(int signal)
{
    (void)signal;
    if (charge > 0)
        kill(-(pid_t)charge, SIGKILL);
    tell();
}

void tell_after(unsigned long milliseconds)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(milliseconds / 1000), .tv_usec = (suseconds_t)(milliseconds % 1000 * 1000)},
    };
    sigset_t alarm;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm, NULL); /* a mask is inherited */
    setitimer(ITIMER_REAL, &timer, NULL);
}
