/* Many like periods at once, to the last bit: the C form of ../periods.py, which says why that can be. */

#ifndef DEVICESIM_PERIODS_H
#define DEVICESIM_PERIODS_H

#include "queued.h"

#define LONGEST 4096
#define AT_ONCE 65536
#define AGAIN 8192
#define PATIENCE 3
#define FEWEST 24
#define ROOM 8
#define CALM 4

/* A state as it looks from its own time and counts; two of one look are the same up to a shift. */
typedef struct {
    double *look;
    int64_t count, room, number;
    double base, least, most;
} Picture;

typedef struct {
    int64_t due; /* number of the RPC from which on it is worth a look; INT64_MAX if it never is */
    int64_t rpcs;
    int vain, disturbed;
    double length;
    Trace trace;
    Picture first, second;
    double *cores; /* as they are after the period */
    int64_t *finished;
    double *finished_at;
    int64_t finished_count, finished_room, finished_at_room, files, served;
} Periods;

static void periods_begin(Periods *p, const Setup *setup)
{
    p->due = setup->client_count > 1 || setup->waits || setup->rings > 4 * LONGEST ? INT64_MAX : 0;
}

static void periods_end(Periods *p)
{
    free(p->trace.issues);
    free(p->trace.cores);
    free(p->trace.admissions);
    free(p->first.look);
    free(p->second.look);
    free(p->cores);
    free(p->finished);
    free(p->finished_at);
    memset(p, 0, sizeof *p);
}

/* Look again soon, but not where one change follows another: at this RPC something changed. */
static void periods_forget(Periods *p, int64_t number)
{
    if (p->due < INT64_MAX) {
        p->due = number + (p->rpcs << p->disturbed);
        p->vain = 0;
        p->disturbed += p->disturbed < CALM;
    }
}

/* The powers of two that a time lies between; none for one that is not positive. */
static void powers(double time, double *low, double *high)
{
    int exponent;
    *low = *high = INFINITY;
    if (time > 0 && time < INFINITY) {
        frexp(time, &exponent);
        *low = ldexp(0.5, exponent);
        *high = ldexp(1.0, exponent);
    }
}

/* The last change ahead of the store up to a time. */
static double last_change(Schedule *schedule, double time)
{
    Capacity *ahead[] = {&schedule->bandwidth[0], &schedule->latency[0], &schedule->share};
    double last = -INFINITY;
    for (int i = 0; i < 3; i++)
        last = later(ahead[i]->times[capacity_index(ahead[i], time)], last);
    return last;
}

static inline void picture_put(Picture *p, double value) { p->look[p->count++] = value; }

static inline void picture_put_turn(Picture *p, Turn turn)
{
    if (turn.time < p->base) {
        picture_put(p, -1.0);
        return;
    }
    p->most = later(turn.time, p->most);
    picture_put(p, turn.time - p->base);
    picture_put(p, (double)((turn.key >> STREAM_BITS) - p->number));
}

static void picture_put_stream(Picture *p, const State *s, const Stream *stream)
{
    picture_put(p, stream->stage);
    picture_put(p, stream->left);
    picture_put(p, (double)stream->unanswered);
    picture_put(p, stream->file < 0 ? NAN : (double)(stream->file - s->taken[0]));
    picture_put(p, stream->is_held);
    if (stream->is_held)
        picture_put_turn(p, stream->held);
    picture_put_turn(p, stream->last);
    if (stream->stage != 0)
        return;
    const Turn *ring = s->rings + stream->ring;
    for (int64_t i = 0, slot = stream->slot; i < stream->window; i++, slot = slot + 1 == stream->window ? 0 : slot + 1)
        if (ring[slot].key == UNKNOWN_KEY)
            picture_put(p, -2.0);
        else
            picture_put_turn(p, ring[slot]);
}

static void picture_put_flight(Picture *p, const State *s, const Setup *setup, const Flight *rpc)
{
    const Stream *stream = &s->streams[rpc->stream];
    picture_put(p, rpc->time - p->base);
    picture_put(p, (double)(rpc->order - s->served));
    picture_put(p, (double)(rpc->number - p->number));
    picture_put(p, rpc->stream);
    picture_put(p, (double)(rpc->operation - setup->clients[0].life));
    picture_put(p, rpc->payload);
    picture_put(p, (double)((rpc->slot - stream->slot + stream->window) % stream->window));
}

static int picture_take(Picture *p, State *s, const Setup *setup, int link, Trouble *trouble)
{
    const int64_t needed = 3 + s->core_count + 3 * s->ready_count + 10 * s->stream_count + 2 * setup->rings +
                           7 * s->flight.count + 1;
    if (p->room < needed)
        p->look = grown(p->look, &p->room, needed, sizeof(double), trouble);
    if (trouble->no_memory)
        return 0;
    /* Heaps in order, so that what is the same looks the same; an array in order is a heap, too. */
    qsort(s->ready, (size_t)s->ready_count, sizeof(Turn), turn_order);
    if (s->flight.count > 1)
        qsort(s->flight.at, (size_t)s->flight.count, sizeof(Flight), flight_order);
    p->count = 0;
    p->number = s->number;
    p->base = s->flight.count ? sooner(s->ready[0].time, s->flight.at[0].time) : s->ready[0].time;
    p->least = p->base;
    p->most = s->flight.count ? s->flight.at[s->flight.count - 1].time : p->base;
    for (int64_t i = 0; i < 3 + s->core_count; i++) {
        double past = i == 0 ? s->link_free[link] : i == 1 ? s->core_seen : i == 2 ? s->admitted_at : s->cores[i - 3];
        p->least = sooner(past, p->least);
        p->most = later(past, p->most);
        picture_put(p, past - p->base);
    }
    for (int64_t i = 0; i < s->ready_count && s->ready[i].key != NEVER_KEY; i++) {
        picture_put_turn(p, s->ready[i]);
        picture_put(p, (double)STREAM_OF(s->ready[i].key));
    }
    for (int64_t i = 0; i < s->stream_count; i++)
        picture_put_stream(p, s, &s->streams[i]);
    for (int64_t i = 0; i < s->flight.count; i++)
        picture_put_flight(p, s, setup, &s->flight.at[i]);
    picture_put(p, s->blocked);
    return 1;
}

/* RPCs until every stream has sent a file of the present size; 0 if they are not of one size, or too few. */
static int64_t periods_rpcs(const State *s, const Setup *setup, const Record *record)
{
    const Client *client = &setup->clients[0];
    const double *sizes = record->files[0].sizes.at;
    const int64_t begun = s->taken[0], end = s->available[0], streams = client->streams;
    if (end - begun < FEWEST * streams || (begun && sizes[begun] != sizes[begun - 1]))
        return 0;
    if (s->parked_count || s->paused[0] || s->stalled_count)
        return 0;
    for (int64_t i = 0; i < s->link_count; i++)
        if (s->pending[i].count)
            return 0;
    for (int64_t i = 0; i < s->flight.count; i++)
        if (s->flight.at[i].kind || s->flight.at[i].stream < 0)
            return 0;
    const double writes = ceil(sizes[begun] / client->block);
    if (!(writes < LONGEST) || streams > LONGEST)
        return 0;
    const int64_t rpcs = streams * (client->before + client->after + (int64_t)writes);
    if (rpcs * s->core_count > LONGEST)
        return 0;
    for (int64_t i = begun > streams ? begun - streams : 0; i < begun + 2 * streams; i++)
        if (sizes[i] != sizes[begun])
            return 0;
    return rpcs;
}

/* How many times as many files as in a period are next that are all of the size of the last one begun. */
static int64_t periods_alike(const State *s, const Record *record, int64_t files, int64_t most)
{
    const double *sizes = record->files[0].sizes.at + s->taken[0], size = sizes[-1];
    const int64_t times = (s->available[0] - s->taken[0]) / files;
    if (most > times)
        most = times;
    int64_t i = 0;
    while (i < most * files && sizes[i] == size)
        i++;
    return i / files;
}

/* Whether a sum could lie halfway between two times, so that where it goes would depend on more than the shift; or
 * whether the link or the cores stand still. */
static int periods_tie(Periods *p, Schedule *schedule, double low)
{
    const double unit = ldexp(low, -52), half = unit / 2;
    const double bandwidth = capacity_at(&schedule->bandwidth[0], p->first.base);
    const double share = capacity_at(&schedule->share, p->first.base);
    double link_time = 0.0, core_time = 0.0;
    if (bandwidth == 0.0 || share == 0.0)
        return 1; /* what stands still repeats nothing */
    int tie = fmod(capacity_at(&schedule->latency[0], p->first.base), unit) == half;
    for (int64_t i = 0; i < p->trace.issue_count; i++) {
        Issue *issue = &p->trace.issues[i];
        issue->link_time = (issue->operation->request + issue->payload) / bandwidth;
        issue->core_time = (issue->operation->work + issue->operation->work_per_byte * issue->payload) / share;
        if (issue->link_time != link_time || issue->core_time != core_time) {
            link_time = issue->link_time;
            core_time = issue->core_time;
            tie |= fmod(link_time, unit) == half || fmod(core_time, unit) == half;
        }
    }
    return tie;
}

/* The files finished in the period, and the cores after it. */
static int periods_keep(Periods *p, const State *s, const Files *files, int64_t done, Trouble *trouble)
{
    const int64_t count = files->finished.count - done;
    if (p->finished_room < count)
        p->finished = grown(p->finished, &p->finished_room, count, sizeof(int64_t), trouble);
    if (p->finished_at_room < count)
        p->finished_at = grown(p->finished_at, &p->finished_at_room, count, sizeof(double), trouble);
    if (!p->cores)
        p->cores = malloc((size_t)s->core_count * sizeof(double));
    if (trouble->no_memory || !p->cores) {
        trouble->no_memory = 1;
        return 0;
    }
    p->finished_count = count;
    memcpy(p->cores, s->cores, (size_t)s->core_count * sizeof(double));
    if (!count)
        return 1;
    for (int64_t i = 0; i < count; i++)
        p->finished[i] = files->plain ? done + i : ((int64_t *)files->finished.at)[done + i];
    memcpy(p->finished_at, files->finished_at.at + done, (size_t)count * sizeof(double));
    return 1;
}

/* What is admitted of a copy: the store, whose rate falls, is served one by one. */
static void copies_admit(const Server *server, State *s, Files *files, Drain *drain, const Admission *from,
                         const Admission *to, double shift)
{
    Buffered *b = &s->buffered;
    double admitted = s->admitted, position = s->position, drained = s->drained, sent = s->sent[0];
    double *times = files->admitted.times.at + files->admitted.times.count;
    double *values = files->plain ? NULL : files->admitted.values.at + files->admitted.values.count;
    const double *const begin = times;
    for (; from < to; from++) {
        const double at = from->at + shift, payload = from->payload;
        double work = from->work;
        if (payload != 0.0) {
            admitted += payload;
            sent += payload;
            *times++ = at;
            if (values)
                *values++ = sent;
            const double place = sooner(position, server->capacity);
            work += payload / sqrt(server->square + server->fall * place / server->capacity);
            position += payload;
        }
        drain_serve(drain, at, work);
        while (b->head < b->count && b->at[b->head].time <= at)
            drained = b->at[b->head++].admitted;
        if (payload != 0.0)
            b->at[b->count++] = (Payload){admitted, drain->free_at};
    }
    files->admitted.times.count += times - begin;
    files->admitted.values.count += times - begin;
    s->admitted = admitted;
    s->position = position;
    s->drained = drained;
    s->sent[0] = sent;
}

/* What a meter finds when an RPC is about to enter its link. */
static void copies_read_meters(const Periods *p, State *s, Record *record, Schedule *schedule, const Drain *drain,
                               int link, int64_t index, double shift, Trouble *trouble)
{
    const Issue *issue = &p->trace.issues[index];
    s->link_free[link] = issue->link_free + shift;
    s->core_seen = issue->core_seen + shift;
    s->admitted_at = issue->admitted_at + shift;
    for (int64_t i = 0; i < s->core_count; i++)
        s->cores[i] = p->trace.cores[index * s->core_count + i] + shift;
    s->store_free = drain->free_at;
    s->store_busy = drain->busy;
    record_read_meters(record, s, &schedule->share, trouble);
}

static void copies_move_turn(Turn *turn, double dt, int64_t issued)
{
    if (turn->key != NEVER_KEY && turn->key != UNKNOWN_KEY) {
        turn->time += dt;
        turn->key += issued * MOST_STREAMS;
    }
}

/* Move all that the pictures show by the copies' length, and every number by what happened in them. */
static void copies_move(const Periods *p, State *s, const Setup *setup, int link, int64_t count)
{
    const double dt = (double)count * p->length;
    const int64_t issued = count * p->trace.issue_count, served = count * p->served, files = count * p->files;
    for (int64_t i = 0; i < s->stream_count; i++) {
        Stream *stream = &s->streams[i];
        copies_move_turn(&stream->last, dt, issued);
        if (stream->is_held)
            copies_move_turn(&stream->held, dt, issued);
        if (stream->file >= 0)
            stream->file += files;
    }
    for (int64_t i = 0; i < setup->rings; i++)
        copies_move_turn(&s->rings[i], dt, issued);
    for (int64_t i = 0; i < s->ready_count; i++)
        copies_move_turn(&s->ready[i], dt, issued);
    for (int64_t i = 0; i < s->flight.count; i++) {
        Flight *rpc = &s->flight.at[i];
        rpc->time += dt;
        rpc->order += served;
        rpc->number += issued;
    }
    const double *past = p->second.look; /* link_free, core_seen, admitted_at, from its base */
    s->link_free[link] = p->second.base + past[0] + dt;
    s->core_seen = p->second.base + past[1] + dt;
    s->admitted_at = p->second.base + past[2] + dt;
    for (int64_t i = 0; i < s->core_count; i++)
        s->cores[i] = p->cores[i] + dt;
    s->arrived[0] += dt;
    s->time += dt;
    s->number += issued;
    s->served += served;
    s->taken[0] += files;
}

/* Whether copies of a period leave a plain record plain. */
static int copies_plain(const Periods *p, const Files *files)
{
    int plain = files->plain && p->files == p->finished_count;
    for (int64_t i = 0; i < p->trace.admission_count; i++) {
        const double payload = p->trace.admissions[i].payload;
        plain &= payload == 0.0 || payload == files->each;
    }
    return plain;
}

/* Lay copies of a period as if they were stepped through, up to where the buffer may be full; returns how many. */
static int64_t copies_lay(Periods *p, const Setup *setup, Schedule *schedule, State *s, Record *record, int link,
                          int64_t most, Trouble *trouble)
{
    const Trace *trace = &p->trace;
    const Issue *const issues = trace->issues;
    const int64_t each = trace->issue_count, admissions = trace->admission_count;
    Files *const files = &record->files[0];
    Drain drain = drain_of(s, schedule);
    double bytes = 0.0, link_busy = s->link_busy[link], core_busy = s->core_busy;
    for (int64_t i = 0; i < admissions; i++)
        bytes += trace->admissions[i].payload;
    if (!copies_plain(p, files)) {
        files_write_out(files, trouble);
        column_reserve(&files->admitted.values, most * admissions, trouble);
        column_reserve(&files->finished, most * p->finished_count, trouble);
    }
    column_reserve(&files->admitted.times, most * admissions, trouble);
    column_reserve(&files->finished_at, most * p->finished_count, trouble);
    int64_t number = s->number, lap = 0;
    while (lap < most && !trouble->no_memory && s->admitted + bytes - s->drained <= setup->server.buffer) {
        const double shift = (double)++lap * p->length;
        const Admission *admission = trace->admissions, *stop = admission + issues[0].admissions;
        buffered_reserve(&s->buffered, admissions, trouble);
        if (trouble->no_memory)
            break;
        for (int64_t i = 0; i < each;) {
            copies_admit(&setup->server, s, files, &drain, admission, stop, shift);
            admission = stop;
            if (number % METER_EVERY == 0) {
                s->link_busy[link] = link_busy;
                s->core_busy = core_busy;
                copies_read_meters(p, s, record, schedule, &drain, link, i, shift, trouble);
            }
            const int64_t gap = METER_EVERY - number % METER_EVERY, until = i + gap < each ? i + gap : each;
            number += until - i;
            for (; i < until; i++) {
                link_busy += issues[i].link_time;
                core_busy += issues[i].core_time;
            }
            stop = trace->admissions + (i < each ? issues[i].admissions : admissions);
        }
        copies_admit(&setup->server, s, files, &drain, admission, stop, shift);
        double *const finished_at = files->finished_at.at + files->finished_at.count;
        for (int64_t i = 0; i < p->finished_count; i++)
            finished_at[i] = p->finished_at[i] + shift;
        for (int64_t i = 0; i < p->finished_count && !files->plain; i++)
            ((int64_t *)files->finished.at)[files->finished.count + i] = p->finished[i] + lap * p->files;
        files->finished.count += p->finished_count;
        files->finished_at.count += p->finished_count;
    }
    s->link_busy[link] = link_busy;
    s->core_busy = core_busy;
    s->store_free = drain.free_at;
    s->store_busy = drain.busy;
    copies_move(p, s, setup, link, lap);
    return lap;
}

/* Compute a period RPC by RPC and, if it repeats, more of them; returns how many more. */
static int64_t periods_traced(Periods *p, Queue *q, double to, double until)
{
    State *s = q->state;
    const Setup *setup = q->setup;
    Files *files = &q->record->files[0];
    const int link = setup->clients[0].link;
    double low, high;
    if (queue_run(q, to, 1) || !picture_take(&p->first, s, setup, link, q->trouble))
        return 0;
    const int64_t taken = s->taken[0], served = s->served, done = files->finished.count;
    p->trace.issue_count = p->trace.admission_count = 0;
    q->trace = &p->trace;
    const int ended = queue_run(q, to, p->rpcs);
    q->trace = NULL;
    if (ended || q->trouble->no_memory || !picture_take(&p->second, s, setup, link, q->trouble))
        return 0;
    p->files = s->taken[0] - taken;
    p->served = s->served - served;
    p->length = p->second.base - p->first.base;
    if (p->first.count != p->second.count || !p->files || !(p->length > 0) ||
        memcmp(p->first.look, p->second.look, (size_t)p->first.count * sizeof(double)))
        return 0;
    powers(p->first.base, &low, &high);
    if (!(later(low, last_change(q->schedule, p->first.base)) <= p->first.least) || periods_tie(p, q->schedule, low))
        return 0;
    const double room = (sooner(high, until) - p->second.most) / p->length;
    int64_t count = room < 2 ? 0 : room < AT_ONCE ? (int64_t)room - 1 : AT_ONCE;
    if (count > AT_ONCE / p->rpcs)
        count = AT_ONCE / p->rpcs;
    count = periods_alike(s, q->record, p->files, count);
    if (count <= 0 || !periods_keep(p, s, files, done, q->trouble))
        return 0;
    return copies_lay(p, setup, q->schedule, s, q->record, link, count, q->trouble);
}

/* Move a state on by a period and as many like it as fit, or by nothing; sets when to look again. */
static void periods_leap(Periods *p, Queue *q, double to)
{
    State *s = q->state;
    const int64_t number = s->number, rpcs = periods_rpcs(s, q->setup, q->record);
    p->rpcs = rpcs;
    if (!rpcs) {
        p->due = number + AGAIN;
        return;
    }
    const Capacity *const bandwidth = &q->schedule->bandwidth[0], *const share = &q->schedule->share;
    if (bandwidth->values[bandwidth->count - 1] == 0.0 || share->values[share->count - 1] == 0.0) {
        /* Nobody may be left waiting in a period for what never comes, as far as known. */
        p->due = number + rpcs;
        return;
    }
    double low, high;
    const double begin = s->flight.count ? sooner(s->ready[0].time, s->flight.at[0].time) : s->ready[0].time;
    const double until = sooner(to, schedule_front_change(q->schedule, begin));
    double past = sooner(s->link_free[q->setup->clients[0].link], s->admitted_at);
    powers(begin, &low, &high);
    for (int64_t i = 0; i < s->core_count; i++)
        past = sooner(s->cores[i], past);
    const double near = sooner(until, high) - begin;
    if (!(near >= ROOM * p->length) || !(past >= later(low, last_change(q->schedule, begin)))) {
        /* Too near, though the next period may be shorter; or not yet in step. */
        const int64_t ahead = near < ROOM * p->length && near > 0 ? (int64_t)(near / p->length) : 0;
        p->due = number + (rpcs * (1 + ahead) << (until < high ? p->disturbed : 0));
        p->disturbed += until < high && p->disturbed < CALM;
        p->length *= 0.9;
        return;
    }
    const double blocked = s->blocked;
    const int64_t count = periods_traced(p, q, to, until);
    if (2 * count >= ROOM)
        p->disturbed = 0;
    p->vain = count ? 0 : p->vain < PATIENCE ? p->vain + 1 : PATIENCE;
    p->due = s->number + (count * rpcs < AT_ONCE - rpcs ? rpcs << 2 * p->vain : 0);
    if (s->blocked != blocked)
        /* The buffer is full: the pace is now the store's, which never repeats. */
        p->due = s->number + AGAIN;
}

#endif
