/* Capacities that are constant between changes: the C form of ../capacity.py, operation by operation. */

#ifndef DEVICESIM_CAPACITY_H
#define DEVICESIM_CAPACITY_H

#include "model.h"

typedef struct {
    double *times, *values;
    int64_t count, room;
    int64_t near; /* where the last look-up ended: the next is rarely far */
} Capacity;

static int capacity_begin(Capacity *c, double value)
{
    c->room = 8;
    c->times = malloc(8 * sizeof(double));
    c->values = malloc(8 * sizeof(double));
    if (!c->times || !c->values)
        return 0;
    c->times[0] = -INFINITY;
    c->values[0] = value;
    c->count = 1;
    c->near = 0;
    return 1;
}

static void capacity_end(Capacity *c)
{
    free(c->times);
    free(c->values);
    c->times = c->values = NULL;
}

/* Index of the stretch that holds at a time; at a change it is the new one. */
static inline int64_t capacity_index(Capacity *c, double time)
{
    int64_t i = c->near;
    if (i >= c->count)
        i = c->count - 1;
    if (c->count > 64 && (c->times[i] > time || (i + 8 < c->count && c->times[i + 8] <= time))) {
        int64_t low = 0, high = c->count;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (time < c->times[middle])
                high = middle;
            else
                low = middle + 1;
        }
        i = low ? low - 1 : 0;
    }
    while (i + 1 < c->count && c->times[i + 1] <= time)
        i++;
    while (i > 0 && c->times[i] > time)
        i--;
    c->near = i;
    return i;
}

static inline double capacity_at(Capacity *c, double time) { return c->values[capacity_index(c, time)]; }

static inline double capacity_next_change(Capacity *c, double time)
{
    int64_t after = capacity_index(c, time) + 1;
    return after < c->count ? c->times[after] : INFINITY;
}

/* Let a value hold from a time on; return from when on that differs from what was laid before. */
static double capacity_lay(Capacity *c, double at, double value, Trouble *trouble)
{
    int64_t here = capacity_index(c, at), next = here + 1;
    double differs = c->values[here] != value ? at : next < c->count ? c->times[next] : INFINITY;
    int64_t keep = c->times[here] < at ? next : here;
    if (keep < 1)
        keep = 1;
    c->count = keep;
    if (c->values[keep - 1] != value) {
        if (c->count == c->room) {
            int64_t room = c->room;
            c->times = grown(c->times, &room, c->count + 1, sizeof(double), trouble);
            room = c->room;
            c->values = grown(c->values, &room, c->count + 1, sizeof(double), trouble);
            if (trouble->no_memory)
                return differs;
            c->room = room;
        }
        c->times[c->count] = at;
        c->values[c->count] = value;
        c->count++;
    }
    return differs;
}

static double capacity_busy(Capacity *c, double start, double end)
{
    int stands = 0;
    for (int64_t i = 0; i < c->count; i++)
        stands |= c->values[i] == 0.0;
    if (!stands)
        return end - start;
    double total = 0.0;
    for (int64_t i = capacity_index(c, start); i < c->count; i++) {
        if (c->times[i] >= end)
            break;
        if (c->values[i] != 0.0) {
            double until = i + 1 < c->count ? c->times[i + 1] : INFINITY;
            total += sooner(until, end) - later(c->times[i], start);
        }
    }
    return total;
}

/* When work begun at a time is done, and how long it was served. */
static double capacity_serve(Capacity *c, double start, double work, double *served_for)
{
    int64_t last = c->count - 1;
    if (start >= c->times[last]) {
        double value = c->values[last];
        if (value != 0.0) {
            double took = work / value;
            *served_for = took;
            return start + took;
        }
        *served_for = 0.0;
        return work > 0 ? INFINITY : start;
    }
    if (work <= 0) {
        *served_for = 0.0;
        return start;
    }
    double served = 0.0;
    int64_t after = capacity_index(c, start) + 1;
    while (after < c->count) {
        double value = c->values[after - 1], end = c->times[after];
        if (value != 0.0) {
            double took = work / value;
            if (start + took <= end) {
                *served_for = served + took;
                return start + took;
            }
            served += end - start;
            work -= (end - start) * value;
            if (work <= 0) {
                *served_for = served;
                return end;
            }
        }
        start = end;
        after++;
    }
    double took = c->values[last] != 0.0 ? work / c->values[last] : INFINITY;
    *served_for = took < INFINITY ? served + took : served;
    return start + took;
}

/* All capacities of a transfer. */
typedef struct {
    Capacity *bandwidth, *latency; /* per client */
    Capacity share, store;
    int64_t clients;
    int one_link;
} Schedule;

static double schedule_front_change(Schedule *s, double time)
{
    double change = capacity_next_change(&s->share, time);
    for (int64_t i = 0; i < s->clients; i++) {
        change = sooner(change, capacity_next_change(&s->bandwidth[i], time));
        change = sooner(change, capacity_next_change(&s->latency[i], time));
    }
    return change;
}

/* RPCs reach the server in the order of their issue, whatever the clients do. */
static int schedule_keeps_order(const Schedule *s)
{
    if (!s->one_link)
        return 0;
    if (s->clients == 1)
        return 1;
    const Capacity *first = &s->latency[0];
    for (int64_t i = 1; i < s->clients; i++) {
        const Capacity *other = &s->latency[i];
        if (other->count != first->count ||
            memcmp(other->times, first->times, (size_t)first->count * sizeof(double)) ||
            memcmp(other->values, first->values, (size_t)first->count * sizeof(double)))
            return 0;
    }
    for (int64_t i = 1; i < first->count; i++)
        if (first->values[i] < first->values[i - 1])
            return 0;
    return 1;
}

#endif
