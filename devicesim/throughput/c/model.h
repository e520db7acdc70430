/* What a transfer is made of: the C form of ../model.py, which says what everything means. */

#ifndef DEVICESIM_MODEL_H
#define DEVICESIM_MODEL_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define UNLIKELY(condition) (condition)
#endif

/* A second form of a function for processors with AVX2; the same bits, as no product and sum is rounded together. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline, cold))
#else
#define ALWAYS_INLINE inline
#define NEVER_INLINE
#endif

/* Memory that runs out is remembered here and raised when Python can be told. */
typedef struct {
    int no_memory;
} Trouble;

typedef struct {
    double request, work, work_per_byte, store;
    int wait;
    int stores; /* touches the store even without a payload */
} Operation;

typedef struct {
    Operation *life;    /* before, WRITE, after */
    Operation *write;   /* life + before, so that write[stage] is the operation of a stage */
    int before, after;
    int64_t streams, window;
    double block, start;
    int link;
} Client;

typedef struct {
    int64_t cores;
    double buffer, capacity, position;
    double square, fall; /* of the store's rate: at the first byte, and from there to the last */
} Server;

typedef struct {
    Server server;
    Client *clients;
    int64_t client_count, link_count, stream_count;
    int64_t rings;   /* turns that all streams remember */
    int waits;       /* some operation waits for the store */
} Setup;

/* Python's sqrt(start * start + (end * end - start * start) * min(position, capacity) / capacity). */
static inline double store_rate(const Server *server, double position)
{
    double place = position < server->capacity ? position : server->capacity;
    return sqrt(server->square + server->fall * place / server->capacity);
}

static inline double later(double a, double b) { return a > b ? a : b; }
static inline double sooner(double a, double b) { return a < b ? a : b; }

/* Room for one more in a growing array; the old one if memory runs out. */
static inline void *grown(void *array, int64_t *room, int64_t needed, size_t item, Trouble *trouble)
{
    int64_t more = *room ? *room : 8;
    while (more < needed)
        more *= 2;
    void *bigger = realloc(array, (size_t)more * item);
    if (!bigger) {
        trouble->no_memory = 1;
        return array;
    }
    *room = more;
    return bigger;
}

#endif
