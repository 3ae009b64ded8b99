/* The one line that the program says, and the code that it ends with.
 *
 * A verdict is set first and told later, so that whatever happens in between, and when time is up, has one to tell.
 */
#ifndef VERDICT_H
#define VERDICT_H

enum { HEALTHY = 0, UNHEALTHY = 1, MISUSED = 2 };

/* A number as text, which lives as long as the expression that it stands in. */
struct decimal {
    char text[21];
};
struct decimal decimal(unsigned long number);

/* Set the verdict: texts up to a null pointer. What no terminal can show is shown as `?`, what is too long is cut. */
void set_verdict(int code, ...);

/* Say the verdict that was set last, and end. */
_Noreturn void tell(void);

/* Tell the verdict when `milliseconds` have passed, whatever the program is doing by then. */
void tell_after(unsigned long milliseconds);

/* A process group to kill when time is up. */
void set_charge(int group);

#define SAY(code, ...) (set_verdict((code), __VA_ARGS__, (const char *)0), tell())
#define healthy(...) SAY(HEALTHY, "healthy: ", __VA_ARGS__)
#define unhealthy(...) SAY(UNHEALTHY, "unhealthy: ", __VA_ARGS__)
#define misused(...) SAY(MISUSED, "healthcheck: ", __VA_ARGS__)

#endif
