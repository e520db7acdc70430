/* The quick loop for small files of one size that go in step: one client, one core, one WRITE a file.
 *
 * Nothing here is in ../ordered.py but what its loop does: the same RPCs in the same order with the same arithmetic.
 * While streams go in step, they take turns in the same order period after period. So the order is learnt from one
 * period, and the next are taken in it without looking for whose turn it is. That it was the right one shows at the
 * end: the turns taken came one after the other, and those left come later. If they do not, the period is taken back
 * and left to the loop that looks. */

#ifndef DEVICESIM_INSTEP_H
#define DEVICESIM_INSTEP_H

#include "ordered.h"
#include "periods.h"

enum { STEP_PLAIN, STEP_TAKES, STEP_STORES, STEP_WRITES = 4, STEP_WAITS = 8 };

/* One RPC of a period. */
typedef struct {
    double link_time, core_time, work, payload;
    int32_t stream, sort; /* some of the above */
    int64_t cause; /* place of the RPC whose reply allows it, below 0 in the period before */
    int64_t alone; /* may not come at the same instant as the one before: it would have come first */
} Step;

typedef struct {
    int64_t due; /* number of the RPC from which on it is worth a try */
    Step *steps;
    double *turns;      /* of each stream, and as they were when the period began */
    int64_t *files;     /* likewise */
    int64_t *causes;    /* of each stream, the number of the RPC whose reply allows its turn */
    int32_t *stages;
    int64_t step_room;
} InStep;

static void instep_end(InStep *m)
{
    free(m->steps);
    free(m->turns);
    free(m->files);
    free(m->causes);
    free(m->stages);
    memset(m, 0, sizeof *m);
}

/* What every RPC touches. */
typedef struct {
    double before, link_free, core_free, link_busy, core_busy;
    double admitted_at, admitted, drained, position, blocked, sent, rate;
    int64_t head, count; /* of the buffer */
    int64_t taken, finished, notes;
    Drain drain;
    int late;
} Walk;

/* Where a walk writes. */
typedef struct {
    Payload *buffered;
    double *note_time, *note_sent, *finished_at;
    int64_t *finished;
} Pages;

/* One RPC at its turn; returns the next turn of its stream. */
static ALWAYS_INLINE double walk_step(Walk *w, const Pages *pages, const Server *server, const Step *step, double turn,
                                      int64_t *file, double latency, const int plain)
{
    const int sort = step->sort;
    if (turn <= w->before)
        w->late |= turn < w->before || step->alone;
    w->before = turn;
    w->link_free = later(turn, w->link_free) + step->link_time;
    w->link_busy += step->link_time;
    double reply = w->core_free = later(w->link_free + latency, w->core_free) + step->core_time;
    w->core_busy += step->core_time;
    if (sort == STEP_PLAIN)
        return reply + latency;
    if (sort & STEP_TAKES) {
        if (plain)
            w->late |= *file != w->finished;
        else
            pages->finished[w->finished] = *file;
        pages->finished_at[w->finished++] = turn;
        *file = w->taken++;
    }
    if (sort & STEP_STORES) {
        double work = step->work;
        reply = later(w->admitted_at, reply);
        if (sort & STEP_WRITES) {
            const double payload = step->payload;
            w->admitted += payload;
            if (w->admitted - w->drained > server->buffer) {
                const double come = reply;
                while (w->admitted - w->drained > server->buffer && w->head < w->count) {
                    const Payload *const oldest = &pages->buffered[w->head++];
                    w->drained = oldest->admitted;
                    reply = later(oldest->time, reply);
                }
                w->blocked += reply - come;
            }
            w->sent += payload;
            pages->note_time[w->notes] = reply;
            if (!plain)
                pages->note_sent[w->notes] = w->sent;
            w->notes++;
            work += payload / w->rate;
            w->position += payload;
            w->rate = store_rate(server, w->position);
        }
        w->admitted_at = reply;
        drain_serve(&w->drain, reply, work);
        if (sort & STEP_WRITES) {
            pages->buffered[w->count].admitted = w->admitted;
            pages->buffered[w->count++].time = w->drain.free_at;
        }
        if (sort & STEP_WAITS)
            reply = w->drain.free_at;
    }
    return reply + latency;
}

/* Whether all is as this loop wants it, and room for it. */
static int instep_begin(InStep *m, const Setup *setup, const State *s, const Record *record, int64_t rpcs,
                        Trouble *trouble)
{
    const Client *client = &setup->clients[0];
    const int64_t streams = client->streams;
    if (!rpcs || s->core_count != 1 || s->ready_count != streams + 1 || s->ready_count > FEW_TURNS || s->flight.count || s->taken[0] < 1)
        return 0;
    const double size = record->files[0].sizes.at[s->taken[0]];
    if (!(size > 0 && size <= client->block))
        return 0;
    for (int64_t i = 0; i < streams; i++) {
        const Stream *stream = &s->streams[i];
        if (stream->file < 0 || (stream->stage < 1 && stream->stage != NO_STAGE && stream->left != size))
            return 0;
    }
    if (m->step_room < rpcs)
        m->steps = grown(m->steps, &m->step_room, rpcs, sizeof(Step), trouble);
    if (!m->turns) {
        m->turns = malloc(2 * (size_t)streams * sizeof(double));
        m->files = malloc(2 * (size_t)streams * sizeof(int64_t));
        m->causes = malloc((size_t)streams * sizeof(int64_t));
        m->stages = malloc(2 * (size_t)streams * sizeof(int32_t));
    }
    if (!m->turns || !m->files || !m->causes || !m->stages)
        trouble->no_memory = 1;
    return !trouble->no_memory;
}

/* What a stream does next, and after that. */
static Step step_of(const Client *client, const Front *front, int64_t index, int32_t *stage, double size)
{
    const Data *data = front->data;
    Step step = {.stream = (int32_t)index};
    if (*stage == NO_STAGE) {
        step.sort = STEP_TAKES;
        *stage = -client->before;
    }
    const Row *row = &data->write[*stage];
    step.link_time = row->link_time;
    step.core_time = row->core_time;
    if (*stage == 0) {
        step.payload = size;
        if (size < data->block) {
            const Operation *write = data->operation;
            step.link_time = (write->request + size) / data->bandwidth;
            step.core_time = (write->work + write->work_per_byte * size) / front->share;
        }
    }
    step.work = row->work;
    step.sort |= (row->stores ? STEP_STORES : 0) | (row->writes ? STEP_WRITES : 0) | (row->wait ? STEP_WAITS : 0);
    *stage = row->follow;
    return step;
}

static Walk walk_of(const State *s, const Server *server, Schedule *schedule, int link, const Files *files)
{
    return (Walk){.before = -INFINITY, .link_free = s->link_free[link], .core_free = s->cores[0],
                  .link_busy = s->link_busy[link], .core_busy = s->core_busy, .admitted_at = s->admitted_at,
                  .admitted = s->admitted, .drained = s->drained, .position = s->position, .blocked = s->blocked,
                  .sent = s->sent[0], .head = s->buffered.head, .count = s->buffered.count, .taken = s->taken[0],
                  .finished = files->finished.count, .notes = files->admitted.times.count,
                  .rate = store_rate(server, s->position), .drain = drain_of(s, schedule)};
}

/* Leave in the state what a walk has come to. */
static ALWAYS_INLINE void walk_settle(const Walk *w, State *s, int link, Files *files)
{
    s->link_free[link] = w->link_free;
    s->cores[0] = w->core_free;
    s->link_busy[link] = w->link_busy;
    s->core_busy = w->core_busy;
    s->admitted_at = w->admitted_at;
    s->admitted = w->admitted;
    s->drained = w->drained;
    s->position = w->position;
    s->blocked = w->blocked;
    s->sent[0] = w->sent;
    s->buffered.head = w->head;
    s->buffered.count = w->count;
    s->taken[0] = w->taken;
    s->store_free = w->drain.free_at;
    s->store_busy = w->drain.busy;
    files->finished.count = files->finished_at.count = w->finished;
    files->admitted.times.count = files->admitted.values.count = w->notes;
}

/* Take so many RPCs: whoever is next, noting the order, or in the order known. The walk is late if that was wrong, or if
 * a record does not stay plain. */
static ALWAYS_INLINE void walk_on(Walk *walk, const InStep *m, const Pages *pages, const Setup *setup,
                                  const Front *front, State *s, Record *record, Schedule *schedule,
                                  int64_t *number, int64_t count, int64_t rpcs, double size, const int learning,
                                  const int plain, Trouble *trouble)
{
    const Client *client = &setup->clients[0];
    const double latency = front->data->write->latency;
    const int64_t begun = *number;
    double *const turns = m->turns;
    Walk w = *walk;
    Step *step = m->steps;
    const Step *const end = m->steps + rpcs;
    for (int64_t left = count; left > 0;) {
        const int64_t gap = METER_EVERY - *number % METER_EVERY, some = gap < left ? gap : left;
        for (int64_t i = 0; i < some; i++) {
            if (learning) {
                int64_t next = 0;
                for (int64_t k = 1; k < client->streams; k++)
                    if (turns[k] < turns[next] || (turns[k] == turns[next] && m->causes[k] < m->causes[next]))
                        next = k;
                *step = step_of(client, front, next, &m->stages[next], size);
                m->causes[next] = begun + (step - m->steps);
            }
            const int64_t stream = step->stream;
            turns[stream] = walk_step(&w, pages, &setup->server, step, turns[stream], &m->files[stream], latency,
                                      plain);
            if (++step == end)
                step = m->steps;
        }
        left -= some;
        *number += some;
        if (*number % METER_EVERY == 0) {
            /* Those that hold nobody up any more. */
            while (w.head < w.count && pages->buffered[w.head].time <= w.admitted_at)
                w.drained = pages->buffered[w.head++].admitted;
            walk_settle(&w, s, client->link, &record->files[0]);
            record_read_meters(record, s, &schedule->share, trouble);
        }
    }
    *walk = w;
}

/* Which turns of a period just learnt could not have come at the same instant as the one before. */
static void instep_order(InStep *m, int64_t rpcs, int64_t number)
{
    int64_t before;
    for (int64_t i = 0; i < rpcs; i++) {
        int64_t cause = i - 1;
        while (cause >= 0 && m->steps[cause].stream != m->steps[i].stream)
            cause--;
        m->steps[i].cause = cause >= 0 ? cause : m->causes[m->steps[i].stream] - number - rpcs;
    }
    before = m->steps[rpcs - 1].cause - rpcs;
    for (int64_t i = 0; i < rpcs; i++) {
        m->steps[i].alone = m->steps[i].cause < before;
        before = m->steps[i].cause;
    }
}

/* Whether a period taken was the right one. */
static int instep_right(const InStep *m, const Walk *w, int64_t streams, int64_t rpcs, int64_t number, double until)
{
    int right = !w->late;
    for (int64_t k = 0; k < streams; k++) {
        const double turn = m->turns[k];
        right &= turn < until &&
                 (turn > w->before || (turn == w->before && m->causes[k] - number > m->steps[rpcs - 1].cause));
    }
    return right;
}

/* Readings of the meters, to take them back. */
static void meters_lengths(Record *record, int64_t *lengths)
{
    for (int64_t i = 4; i < record_columns(record); i++)
        lengths[i - 4] = record_column(record, i)->count;
}

static void meters_cut(Record *record, const int64_t *lengths)
{
    for (int64_t i = 4; i < record_columns(record); i++)
        record_column(record, i)->count = lengths[i - 4];
}

/* Put the streams where a walk has left them: as many RPCs before the next as the last one of each. */
static void instep_settle(const InStep *m, State *s, int64_t rpcs, int64_t number)
{
    for (int64_t k = 0; k < s->stream_count; k++)
        s->streams[k].file = m->files[k];
    for (int64_t i = 0; i < rpcs; i++) {
        const int64_t k = m->steps[i].stream;
        s->ready[k] = (Turn){m->turns[k], KEY(number - rpcs + i, k)};
    }
    s->ready[s->stream_count] = (Turn){INFINITY, NEVER_KEY};
    turns_sort(s->ready, s->ready_count);
}

/* For how many periods of at most so many the next files, one for each stream, are all of a size. */
static int64_t instep_alike(const Record *record, const State *s, int64_t taken, double size, int64_t most)
{
    const double *sizes = record->files[0].sizes.at + taken;
    const int64_t streams = s->stream_count, periods = (s->available[0] - taken) / streams;
    int64_t i = 0;
    if (most > periods)
        most = periods;
    while (i < most * streams && sizes[i] == size)
        i++;
    return i / streams;
}

#define MOST_METERS 80

/* RPCs taken before it is looked whether the order was right. */
#define STRETCH_RPCS 512

/* Go on for at most so many RPCs, as long as streams go in step. */
WIDE static void run_instep(InStep *m, const Setup *setup, Schedule *schedule, State *s, Record *record, Front *front,
                            double to, int64_t budget, int64_t rpcs, Trouble *trouble)
{
    const int64_t streams = setup->clients[0].streams, begun = s->number;
    const int link = setup->clients[0].link;
    Files *const files = &record->files[0];
    int64_t number = begun, lengths[MOST_METERS];
    m->due = begun + AGAIN;
    if (record_columns(record) > MOST_METERS || !instep_begin(m, setup, s, record, rpcs, trouble))
        return;
    int64_t periods = budget / rpcs;
    front_look(front, setup, schedule, s->ready[0].time);
    const double until = sooner(front->edge, to), size = files->sizes.at[s->taken[0]];
    column_reserve(&files->admitted.times, periods * streams, trouble);
    if (!files->admitted.values.count)
        files->each = size;
    if (size != files->each)
        files_write_out(files, trouble);
    if (!files->plain) {
        column_reserve(&files->admitted.values, periods * streams, trouble);
        column_reserve(&files->finished, periods * streams, trouble);
    }
    column_reserve(&files->finished_at, periods * streams, trouble);
    for (int64_t i = 0; i < s->ready_count; i++)
        if (s->ready[i].key != NEVER_KEY)
        {
            m->turns[STREAM_OF(s->ready[i].key)] = s->ready[i].time;
            m->causes[STREAM_OF(s->ready[i].key)] = s->ready[i].key >> STREAM_BITS;
        }
    for (int64_t k = 0; k < streams; k++) {
        m->files[k] = s->streams[k].file;
        m->stages[k] = m->stages[streams + k] = s->streams[k].stage;
    }
    Walk w = walk_of(s, &setup->server, schedule, link, files), good = w;
    int64_t taken_back = number;
    const int64_t at_once = STRETCH_RPCS / rpcs > 1 ? STRETCH_RPCS / rpcs : 1;
    while (periods > 0) {
        const int learning = number == begun;
        const int64_t some = instep_alike(record, s, w.taken, size, learning ? 1 : at_once < periods ? at_once : periods);
        if (some)
            buffered_reserve(&s->buffered, some * streams, trouble);
        if (!some || trouble->no_memory)
            break;
        w.head = s->buffered.head;
        w.count = s->buffered.count;
        good = w;
        taken_back = number;
        memcpy(m->turns + streams, m->turns, (size_t)streams * sizeof(double));
        memcpy(m->files + streams, m->files, (size_t)streams * sizeof(int64_t));
        meters_lengths(record, lengths);
        const Pages pages = {s->buffered.at, files->admitted.times.at, files->admitted.values.at,
                             files->finished_at.at, (int64_t *)files->finished.at};
        int right = 1;
        if (learning) {
            walk_on(&w, m, &pages, setup, front, s, record, schedule, &number, rpcs, rpcs, size, 1,
                    files->plain, trouble);
            right = !memcmp(m->stages, m->stages + streams, (size_t)streams * sizeof(int32_t));
            instep_order(m, rpcs, begun);
        } else if (files->plain)
            walk_on(&w, m, &pages, setup, front, s, record, schedule, &number, some * rpcs, rpcs, size, 0, 1, trouble);
        else
            walk_on(&w, m, &pages, setup, front, s, record, schedule, &number, some * rpcs, rpcs, size, 0, 0, trouble);
        s->buffered.head = w.head;
        s->buffered.count = w.count;
        /* The causes are those of the first period: the same places in each. */
        if (!right || !instep_right(m, &w, streams, rpcs, begun, until)) {
            meters_cut(record, lengths);
            w = good;
            number = taken_back;
            memcpy(m->turns, m->turns + streams, (size_t)streams * sizeof(double));
            memcpy(m->files, m->files + streams, (size_t)streams * sizeof(int64_t));
            break;
        }
        periods -= some;
    }
    walk_settle(&w, s, link, files);
    if (number == begun)
        return;
    instep_settle(m, s, rpcs, number);
    s->time = w.before;
    s->number = number;
    m->due = number + (periods <= 0 ? 0 : number - begun < 8 * rpcs ? 16 * rpcs : rpcs);
}

#endif
