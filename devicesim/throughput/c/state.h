/* Where a transfer stands, and the record of what it has done: the C form of ../state.py. */

#ifndef DEVICESIM_STATE_H
#define DEVICESIM_STATE_H

#include "capacity.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#define METER_EVERY 64

/* Turns that the array of a state has room for: more than there can be, so that it can move along. */
#define READY_ROOM(streams) (2 * (streams) + 32)

/* A turn's key is the number of the RPC whose reply allows it, then the stream. */
#define STREAM_BITS 20
#define MOST_STREAMS ((int64_t)1 << STREAM_BITS)
#define KEY(number, stream) ((int64_t)(number) * MOST_STREAMS + (stream))
#define STREAM_OF(key) ((key) & (MOST_STREAMS - 1))
#define NEVER_KEY 0
#define UNKNOWN_KEY INT64_MIN
#define NO_STAGE INT32_MIN

typedef struct {
    double time;
    int64_t key;
} Turn;

static inline int turn_before(Turn a, Turn b)
{
    return a.time < b.time || (a.time == b.time && a.key < b.key);
}

typedef struct {
    int32_t client, before, after, stage;
    int64_t file, slot, window, ring; /* ring: where its turns begin among all rings */
    int64_t unanswered;
    double left;
    Turn last, held;
    int64_t is_held;
    const struct Row *step; /* the one next, while the loop for one core runs */
    int64_t brief, even;    /* the file needs no more WRITEs than a window; and to make a stream 128 bytes */
} Stream;

/* An RPC on its way; kind 0 is about to leave the cores, 1 to arrive at them (or to cross its link). */
typedef struct {
    double time, payload;
    int64_t order, number;
    const Operation *operation;
    int32_t slot, kind, stream, client;
    int64_t even; /* to make a flight 64 bytes */
} Flight;

static inline int flight_before(const Flight *a, const Flight *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->order < b->order;
}

typedef struct {
    Flight *at;
    int64_t count, room;
} Flights;

typedef struct {
    double admitted, time;
} Payload;

typedef struct {
    Payload *at;
    int64_t head, count, room; /* those from head on are in the buffer */
} Buffered;

typedef struct {
    char *block; /* everything of fixed size, in one piece */
    size_t size;
    Stream *streams;
    Turn *rings, *ready, *parked, *stalled;
    double *link_free, *link_busy, *arrived, *cores, *sent;
    int64_t *taken, *available;
    char *paused;
    int64_t stream_count, link_count, client_count, core_count;
    int64_t ready_count, parked_count, stalled_count;
    Flights flight;
    Flights *pending; /* per link */
    Buffered buffered;
    int64_t number, served, asked;
    double position, time, told, core_busy, core_seen, admitted_at, admitted, drained, blocked;
    double store_free, store_busy;
} State;

static size_t piece(size_t *offset, size_t bytes)
{
    size_t at = *offset;
    *offset = (at + bytes + 15) & ~(size_t)15;
    return at;
}

/* Lay the arrays of a state over its block; with none, only measure it. */
static size_t state_bind(State *s, int64_t rings)
{
    size_t at = 0, streams = (size_t)s->stream_count, links = (size_t)s->link_count;
    size_t clients = (size_t)s->client_count, cores = (size_t)s->core_count;
    char *block = s->block;
#define PIECE(type, count) (type *)(void *)(block + piece(&at, (count) * sizeof(type)))
    s->streams = PIECE(Stream, streams);
    s->rings = PIECE(Turn, (size_t)rings);
    s->ready = PIECE(Turn, READY_ROOM(streams));
    s->parked = PIECE(Turn, streams);
    s->stalled = PIECE(Turn, streams);
    s->link_free = PIECE(double, links);
    s->link_busy = PIECE(double, links);
    s->arrived = PIECE(double, clients);
    s->cores = PIECE(double, cores);
    s->sent = PIECE(double, clients);
    s->taken = PIECE(int64_t, clients);
    s->available = PIECE(int64_t, clients);
    s->paused = PIECE(char, clients);
#undef PIECE
    return at;
}

static void state_end(State *s)
{
    free(s->block);
    free(s->flight.at);
    if (s->pending)
        for (int64_t i = 0; i < s->link_count; i++)
            free(s->pending[i].at);
    free(s->pending);
    free(s->buffered.at);
    memset(s, 0, sizeof *s);
}

static int state_make(State *s, const Setup *setup)
{
    memset(s, 0, sizeof *s);
    s->stream_count = setup->stream_count;
    s->link_count = setup->link_count;
    s->client_count = setup->client_count;
    s->core_count = setup->server.cores;
    char nothing[16];
    s->block = nothing;
    s->size = state_bind(s, setup->rings);
    s->block = calloc(1, s->size ? s->size : 1);
    s->pending = calloc((size_t)s->link_count, sizeof(Flights));
    if (!s->block || !s->pending) {
        state_end(s);
        return 0;
    }
    state_bind(s, setup->rings);
    return 1;
}

static int turn_order(const void *a, const void *b)
{
    const Turn *one = a, *other = b;
    return turn_before(*one, *other) ? -1 : turn_before(*other, *one) ? 1 : 0;
}

/* The state before anything has moved. */
static int state_begin(State *s, const Setup *setup, double at)
{
    if (!state_make(s, setup))
        return 0;
    int64_t index = 0, ring = 0;
    for (int64_t c = 0; c < setup->client_count; c++) {
        const Client *client = &setup->clients[c];
        for (int64_t k = 0; k < client->streams; k++, index++) {
            Stream *stream = &s->streams[index];
            int64_t key = KEY(index - setup->stream_count, index);
            stream->client = (int32_t)c;
            stream->before = client->before;
            stream->after = client->after;
            stream->stage = NO_STAGE;
            stream->file = -1;
            stream->window = client->window;
            stream->ring = ring;
            stream->last = (Turn){-INFINITY, 0};
            for (int64_t w = 0; w < client->window; w++)
                s->rings[ring++] = (Turn){-INFINITY, key};
            s->ready[index] = (Turn){later(at, client->start), key};
        }
    }
    s->ready[index] = (Turn){INFINITY, NEVER_KEY};
    s->ready_count = index + 1;
    qsort(s->ready, (size_t)s->ready_count, sizeof(Turn), turn_order);
    for (int64_t i = 0; i < s->link_count; i++)
        s->link_free[i] = -INFINITY;
    for (int64_t i = 0; i < s->client_count; i++)
        s->arrived[i] = -INFINITY;
    for (int64_t i = 0; i < s->core_count; i++)
        s->cores[i] = -INFINITY;
    s->position = setup->server.position;
    s->number = 1;
    s->time = s->core_seen = s->admitted_at = s->store_free = -INFINITY;
    s->told = INFINITY;
    return 1;
}

static int flights_copy(Flights *to, const Flights *from)
{
    if (to->room < from->count) {
        Flight *more = realloc(to->at, (size_t)from->count * sizeof(Flight));
        if (!more)
            return 0;
        to->at = more;
        to->room = from->count;
    }
    if (from->count)
        memcpy(to->at, from->at, (size_t)from->count * sizeof(Flight));
    to->count = from->count;
    return 1;
}

/* Make one state equal to another of the same setup, in the memory it has. */
static int state_copy(State *to, const State *from, const Setup *setup)
{
    if (!to->block && !state_make(to, setup))
        return 0;
    State had = *to;
    int64_t live = from->buffered.count - from->buffered.head;
    *to = *from;
    to->block = had.block;
    to->flight = had.flight;
    to->pending = had.pending;
    to->buffered = had.buffered;
    memcpy(to->block, from->block, from->size);
    state_bind(to, setup->rings);
    int whole = flights_copy(&to->flight, &from->flight);
    for (int64_t i = 0; i < from->link_count; i++)
        whole &= flights_copy(&to->pending[i], &from->pending[i]);
    if (to->buffered.room < live) {
        Payload *more = realloc(to->buffered.at, (size_t)live * sizeof(Payload));
        if (!more)
            return 0;
        to->buffered.at = more;
        to->buffered.room = live;
    }
    if (live)
        memcpy(to->buffered.at, from->buffered.at + from->buffered.head, (size_t)live * sizeof(Payload));
    to->buffered.head = 0;
    to->buffered.count = live;
    return whole;
}

/* Room for more payloads in the buffer. */
static inline void buffered_reserve(Buffered *b, int64_t more, Trouble *trouble)
{
    if (b->count + more <= b->room)
        return;
    if (b->head && b->head * 2 >= b->count) {
        memmove(b->at, b->at + b->head, (size_t)(b->count - b->head) * sizeof(Payload));
        b->count -= b->head;
        b->head = 0;
    }
    if (b->count + more > b->room)
        b->at = grown(b->at, &b->room, b->count + more, sizeof(Payload), trouble);
}

/* Note that a payload is in the buffer, and forget those that no longer hold anybody up. */
static inline void buffer_payload(State *s, double admitted, double stored_at, Trouble *trouble)
{
    Buffered *b = &s->buffered;
    while (b->head < b->count && b->at[b->head].time <= s->admitted_at)
        s->drained = b->at[b->head++].admitted;
    buffered_reserve(b, 1, trouble);
    if (!trouble->no_memory)
        b->at[b->count++] = (Payload){admitted, stored_at};
}

/* When a payload at the head of admission fits in the buffer, or the buffer is empty. */
static inline double wait_for_room(State *s, double buffer, double head)
{
    Buffered *b = &s->buffered;
    double reply = head;
    while (s->admitted - s->drained > buffer && b->head < b->count) {
        Payload oldest = b->at[b->head++];
        s->drained = oldest.admitted;
        reply = later(oldest.time, reply);
    }
    s->blocked += reply - head;
    return reply;
}

/* The heap of turns; an array in order is one, too. */
static void turn_push(Turn *heap, int64_t *count, Turn turn)
{
    int64_t at = (*count)++;
    while (at > 0) {
        int64_t parent = (at - 1) / 2;
        if (!turn_before(turn, heap[parent]))
            break;
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = turn;
}

static inline void turn_replace(Turn *heap, int64_t count, Turn turn)
{
    int64_t at = 0, child = 1;
    while (child < count) {
        if (child + 1 < count && turn_before(heap[child + 1], heap[child]))
            child++;
        if (!turn_before(heap[child], turn))
            break;
        heap[at] = heap[child];
        at = child;
        child = 2 * at + 1;
    }
    heap[at] = turn;
}

static Turn turn_pop(Turn *heap, int64_t *count)
{
    Turn top = heap[0], last = heap[--*count];
    if (*count)
        turn_replace(heap, *count, last);
    return top;
}

static void flight_push(Flights *heap, const Flight *flight, Trouble *trouble)
{
    if (heap->count == heap->room) {
        heap->at = grown(heap->at, &heap->room, heap->count + 1, sizeof(Flight), trouble);
        if (trouble->no_memory)
            return;
    }
    int64_t at = heap->count++;
    while (at > 0) {
        int64_t parent = (at - 1) / 2;
        if (!flight_before(flight, &heap->at[parent]))
            break;
        heap->at[at] = heap->at[parent];
        at = parent;
    }
    heap->at[at] = *flight;
}

static Flight flight_pop(Flights *heap)
{
    Flight top = heap->at[0];
    int64_t count = --heap->count, at = 0, child = 1;
    if (!count)
        return top;
    const Flight last = heap->at[count];
    while (child < count) {
        if (child + 1 < count && flight_before(&heap->at[child + 1], &heap->at[child]))
            child++;
        if (!flight_before(&heap->at[child], &last))
            break;
        heap->at[at] = heap->at[child];
        at = child;
        child = 2 * at + 1;
    }
    heap->at[at] = last;
    return top;
}

static int flight_order(const void *a, const void *b)
{
    return flight_before(a, b) ? -1 : flight_before(b, a) ? 1 : 0;
}

/* The core that is free first becomes free at another time. The order within the heap is that of Python's
 * heapq, because times of several cores are summed in that order. */
static inline void core_replace(double *heap, int64_t count, double free_at)
{
    int64_t at = 0, child = 1;
    while (child < count) {
        if (child + 1 < count && !(heap[child] < heap[child + 1]))
            child++;
        heap[at] = heap[child];
        at = child;
        child = 2 * at + 1;
    }
    while (at > 0) {
        int64_t parent = (at - 1) / 2;
        if (!(free_at < heap[parent]))
            break;
        heap[at] = heap[parent];
        at = parent;
    }
    heap[at] = free_at;
}

static double latest_core(const State *s)
{
    double latest = s->cores[0];
    for (int64_t i = 1; i < s->core_count; i++)
        latest = later(s->cores[i], latest);
    return latest;
}

/* The store, and its speed as long as that holds; a stopped store is never taken as quick. */
typedef struct {
    Capacity *curve;
    double free_at, busy, speed, edge;
} Drain;

static void drain_look(Drain *drain)
{
    drain->speed = capacity_at(drain->curve, drain->free_at);
    drain->edge = drain->speed != 0.0 ? capacity_next_change(drain->curve, drain->free_at) : -INFINITY;
    if (drain->speed == 0.0)
        drain->speed = 1.0;
}

static inline Drain drain_of(const State *state, Schedule *schedule)
{
    Drain drain = {&schedule->store, state->store_free, state->store_busy, 1.0, -INFINITY};
    drain_look(&drain);
    return drain;
}

/* Beyond the time up to which a speed holds. By way of a copy, so that a drain in local variables stays in registers. */
static NEVER_INLINE Drain drain_beyond(Drain drain, double begin, double work)
{
    double served;
    drain.free_at = capacity_serve(drain.curve, begin, work, &served);
    drain_look(&drain);
    drain.busy += served;
    return drain;
}

/* Do some work that comes at a time, after what is queued. */
static ALWAYS_INLINE void drain_serve(Drain *drain, double from, double work)
{
    const double begin = later(from, drain->free_at);
    const double took = drain->speed == 1.0 ? work : work / drain->speed, free_at = begin + took;
    if (UNLIKELY(free_at > drain->edge)) {
        *drain = drain_beyond(*drain, begin, work);
        return;
    }
    drain->free_at = free_at;
    drain->busy += took;
}

/* A growing array that Python can look at; what it looks at cannot grow meanwhile. */
typedef struct {
    double *at; /* int64_t where a column holds numbers of files */
    int64_t count, room;
    int64_t views;
    int in_use; /* had to grow while looked at */
} Column;

/* Large pages, where the system gives them: most of the cost of new memory is its faults, page by page. */
#define LARGE_PAGE ((size_t)1 << 21)

static void column_grow(Column *c, int64_t more, Trouble *trouble)
{
    if (c->views) {
        c->in_use = trouble->no_memory = 1;
        return;
    }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (c->room < c->count + more && (size_t)(c->count + more) * sizeof(double) >= LARGE_PAGE) {
        const int64_t needed = c->count + more, room = 2 * c->room > needed ? 2 * c->room : needed;
        size_t size = ((size_t)room * sizeof(double) + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
        double *large = aligned_alloc(LARGE_PAGE, size);
        if (!large) {
            trouble->no_memory = 1;
            return;
        }
        madvise(large, size, MADV_HUGEPAGE);
        if (c->count)
            memcpy(large, c->at, (size_t)c->count * sizeof(double));
        free(c->at);
        c->at = large;
        c->room = (int64_t)(size / sizeof(double));
        return;
    }
#endif
    c->at = grown(c->at, &c->room, c->count + more, sizeof(double), trouble);
}

static inline void column_reserve(Column *c, int64_t more, Trouble *trouble)
{
    if (UNLIKELY(c->count + more > c->room))
        column_grow(c, more, trouble);
}

static inline void column_push(Column *c, double value, Trouble *trouble)
{
    if (c->count == c->room) {
        column_reserve(c, 1, trouble);
        if (trouble->no_memory)
            return;
    }
    c->at[c->count++] = value;
}

typedef struct {
    Column times, values;
} Meter;

static inline void meter_read(Meter *m, double time, double value, Trouble *trouble)
{
    if (-INFINITY < time && time < INFINITY && (!m->times.count || time > m->times.at[m->times.count - 1])) {
        column_push(&m->times, time, trouble);
        column_push(&m->values, value, trouble);
    }
}

/* Files of one size that are finished in the order of their list need no more than this to be said: as long as a
 * record is ``plain``, so many of ``finished`` are the numbers from 0 on, so many of ``admitted.values`` the running sum
 * of ``each``, and neither is written. */
typedef struct {
    Column sizes, finished, finished_at;
    Meter admitted;
    int plain;
    double each;
    int64_t writes; /* that the files will at least need */
} Files;

/* Give a column the room that it is known to need, and so many entries still to be written. */
static void column_make(Column *c, int64_t count, int64_t room, Trouble *trouble)
{
    c->count = 0;
    column_reserve(c, room > count ? room : count, trouble);
    c->count = count;
}

/* Write what a plain record has not, as something else is to follow. */
static void files_write_out(Files *files, Trouble *trouble)
{
    Column *finished = &files->finished, *values = &files->admitted.values;
    double sent = 0.0;
    if (!files->plain)
        return;
    column_make(finished, finished->count, files->sizes.count + METER_EVERY, trouble);
    column_make(values, values->count, files->writes + METER_EVERY, trouble);
    if (trouble->no_memory)
        return;
    for (int64_t i = 0; i < finished->count; i++)
        ((int64_t *)finished->at)[i] = i;
    for (int64_t i = 0; i < values->count; i++)
        values->at[i] = sent += files->each;
    files->plain = 0;
}

/* A payload of a client is admitted, ``sent`` bytes with it. */
static inline void file_admitted(Files *files, double time, double payload, double sent, Trouble *trouble)
{
    column_push(&files->admitted.times, time, trouble);
    if (files->plain && !files->admitted.values.count)
        files->each = payload;
    if (files->plain && payload != files->each)
        files_write_out(files, trouble);
    if (files->plain)
        files->admitted.values.count++;
    else
        column_push(&files->admitted.values, sent, trouble);
}

/* Column i of file n is at n * FILES_COLUMNS + i, counted as record_column does. */
typedef struct {
    Files *files;
    Meter *links;
    Meter cores, store, stored, blocked;
    int64_t client_count, link_count;
} Record;

/* Everything that grows and is cut back, one after the other; NULL at the end. The sizes only grow. */
static Column *record_column(Record *r, int64_t index)
{
    if (index < 4 * r->client_count) {
        Files *files = &r->files[index / 4];
        switch (index % 4) {
        case 0: return &files->admitted.times;
        case 1: return &files->admitted.values;
        case 2: return &files->finished;
        default: return &files->finished_at;
        }
    }
    index -= 4 * r->client_count;
    Meter *meter;
    if (index < 2 * r->link_count)
        meter = &r->links[index / 2];
    else {
        Meter *others[] = {&r->cores, &r->store, &r->stored, &r->blocked};
        int64_t other = (index - 2 * r->link_count) / 2;
        if (other >= 4)
            return NULL;
        meter = others[other];
    }
    return index % 2 ? &meter->values : &meter->times;
}

static inline int64_t record_columns(const Record *r) { return 4 * r->client_count + 2 * r->link_count + 8; }

/* A time, and how long the cores had served by then, exactly. */
static void core_reading(const State *s, Capacity *share, double *time, double *busy)
{
    if (s->core_count == 1) {
        *time = s->cores[0];
        *busy = s->core_busy;
        return;
    }
    double seen = s->core_seen, beyond = 0.0;
    for (int64_t i = 0; i < s->core_count; i++)
        if (s->cores[i] > seen)
            beyond += capacity_busy(share, seen, s->cores[i]);
    *time = seen;
    *busy = s->core_busy - beyond;
}

static void record_read_meters(Record *r, const State *s, Capacity *share, Trouble *trouble)
{
    for (int64_t i = 0; i < r->link_count; i++)
        meter_read(&r->links[i], s->link_free[i], s->link_busy[i], trouble);
    double time, busy;
    core_reading(s, share, &time, &busy);
    meter_read(&r->cores, time, busy, trouble);
    meter_read(&r->store, s->store_free, s->store_busy, trouble);
    meter_read(&r->stored, s->store_free, s->admitted, trouble);
    meter_read(&r->blocked, s->admitted_at, s->blocked, trouble);
}

static inline void file_finished(Files *files, int64_t file, double time, Trouble *trouble)
{
    if (files->plain && file != files->finished.count)
        files_write_out(files, trouble);
    if (!files->plain)
        column_reserve(&files->finished, 1, trouble);
    column_reserve(&files->finished_at, 1, trouble);
    if (trouble->no_memory)
        return;
    if (!files->plain)
        ((int64_t *)files->finished.at)[files->finished.count] = file;
    files->finished.count++;
    files->finished_at.at[files->finished_at.count++] = time;
}

/* Finish the stream's file, if it has one whose operations are all answered. */
static inline void stream_close(Record *r, Stream *stream, double time, Trouble *trouble)
{
    if (stream->stage == NO_STAGE && stream->file >= 0) {
        file_finished(&r->files[stream->client], stream->file, time, trouble);
        stream->file = -1;
    }
}

/* Finish the stream's file, if it has one, and begin the next of its client's list; 0 if there is none. */
static inline int stream_take(State *s, Record *r, Stream *stream, double time, Trouble *trouble)
{
    Files *files = &r->files[stream->client];
    int64_t *taken = &s->taken[stream->client], available = s->available[stream->client];
    for (;;) {
        if (stream->file >= 0)
            file_finished(files, stream->file, time, trouble);
        stream->file = *taken;
        if (stream->file == available) {
            stream->file = -1;
            return 0;
        }
        ++*taken;
        stream->left = files->sizes.at[stream->file];
        stream->brief = 0;
        stream->stage = stream->before ? -stream->before : stream->left != 0.0 ? 0 : stream->after ? 1 : NO_STAGE;
        if (stream->stage != NO_STAGE)
            return 1;
    }
}

#endif
