/* The quick loop for one client whose streams all have something to do: each goes behind the others after its RPC.
 *
 * Nothing here is in ../ordered.py but what its loop does: the same RPCs in the same order with the same arithmetic.
 * One core answers in the order of issue, so a reply nearly always allows a turn later than all others. The streams
 * stand in a ring, and whoever had his turn is the last of it by going on to the next. Only where a turn does not come
 * last is its place looked for. Whatever else may happen is left to the other loop, before anything is changed: a
 * regime that ends, a list that ends, a time up to which to go. */

#ifndef DEVICESIM_ROTATION_H
#define DEVICESIM_ROTATION_H

#include "ordered.h"

/* A place in the ring, and the stream that stands there: when its turn is, number of the RPC whose reply allows it, and
 * what it does then. */
typedef struct Place {
    double time;
    int64_t cause;
    const Row *step;
    Stream *stream;
    int64_t index; /* of the stream */
    struct Place *next, *before;
    int64_t even; /* to make a place 64 bytes */
} Place;

static inline int64_t cause_of(int64_t key) { return (key - STREAM_OF(key)) / MOST_STREAMS; }

static inline int place_before(const Place *a, const Place *b)
{
    return a->time < b->time || (a->time == b->time && a->cause < b->cause);
}

/* Whether all streams stand in line, few enough, and what they do is written down one by one. */
static int rotation_can(const Setup *setup, const State *s, const Record *record)
{
    return setup->client_count == 1 && setup->clients[0].before && s->ready_count == s->stream_count + 1 &&
           s->ready_count <= FEW_TURNS && !s->stalled_count && s->admitted_at < INFINITY && !record->files->plain;
}

/* Stand the streams in a ring, the first one first. */
static void rotation_make(Place *places, const State *s, const Data *data)
{
    Turn turns[FEW_TURNS];
    int64_t count = 0;
    for (int64_t i = 0; i < s->ready_count; i++)
        if (s->ready[i].key != NEVER_KEY)
            turns[count++] = s->ready[i];
    turns_sort(turns, count);
    for (int64_t i = 0; i < count; i++) {
        const int64_t index = STREAM_OF(turns[i].key);
        Stream *const stream = &s->streams[index];
        places[i] = (Place){turns[i].time, cause_of(turns[i].key), step_of_stream(data, stream), stream, index,
                            &places[i + 1 < count ? i + 1 : 0], &places[i ? i - 1 : count - 1], 0};
    }
}

static void rotation_settle(const Place *places, State *s)
{
    for (int64_t i = 0; i < s->stream_count; i++) {
        Stream *const stream = places[i].stream;
        stream->step = places[i].step;
        stream->stage = stage_of_step(stream);
        s->ready[i] = (Turn){places[i].time, KEY(places[i].cause, places[i].index)};
    }
    s->ready[s->stream_count] = (Turn){INFINITY, NEVER_KEY};
    turns_sort(s->ready, s->ready_count);
}

/* Someone has a turn that is not later than all others: move him to where he belongs, by those who come later. Whose
 * turn it is now. */
static Place *rotation_sink(Place *place)
{
    Place *const first = place->next;
    const Place moving = *place;
    if (place_before(&moving, first))
        return place;
    while (place != first && place_before(&moving, place->before)) {
        const Place *const ahead = place->before;
        place->time = ahead->time;
        place->cause = ahead->cause;
        place->step = ahead->step;
        place->stream = ahead->stream;
        place->index = ahead->index;
        place = place->before;
    }
    place->time = moving.time;
    place->cause = moving.cause;
    place->step = moving.step;
    place->stream = moving.stream;
    place->index = moving.index;
    return first;
}

/* Take at most so many RPCs in turn, as long as there is nothing but them. */
WIDE static void run_rotation(const Setup *setup, Schedule *schedule, State *state, Record *record, Front *front,
                              double to, int64_t budget, Trouble *trouble)
{
    const Server *const server = &setup->server;
    const int64_t link = setup->clients[0].link, budget_end = state->number + budget, available = state->available[0];
    const int64_t listed = record->files->sizes.count;
    const double buffer = server->buffer, *const sizes = record->files->sizes.at;
    Turn *const rings = state->rings;
    const Data *const data = front->data;
    Files *const files = record->files;
    Buffered *const buffered = &state->buffered;
    Drain drain = drain_of(state, schedule);
    int64_t number = state->number;
    double link_free = state->link_free[link], core_free = state->cores[0];
    double link_busy = state->link_busy[link], core_busy = state->core_busy;
    double admitted_at = state->admitted_at, admitted = state->admitted, drained = state->drained;
    double position = state->position, blocked = state->blocked, last = state->time, sent = state->sent[0];
    /* The rate is computed ahead: an RPC need not wait for it. */
    double rate = store_rate(server, position);
    int ended = 0;
    Place places[FEW_TURNS];
    rotation_make(places, state, data);
    Place *place = places;
    double latest = place->before->time;
    /* Up to here what an RPC meets is known. */
    front_look(front, setup, schedule, place->time);
    const double bound = sooner(front->edge, nextafter(to, INFINITY)), latency = data->write->latency;

    while (!ended && number < budget_end) {
        const int64_t stop = number - number % METER_EVERY + METER_EVERY;
        column_reserve(&files->admitted.times, METER_EVERY, trouble);
        column_reserve(&files->admitted.values, METER_EVERY, trouble);
        column_reserve(&files->finished, METER_EVERY, trouble);
        column_reserve(&files->finished_at, METER_EVERY, trouble);
        buffered_reserve(buffered, METER_EVERY, trouble);
        if (trouble->no_memory)
            break;
        Payload *const payloads = buffered->at;
        int64_t taken = state->taken[0], over = files->finished_at.count;
        int64_t *const finished = (int64_t *)files->finished.at;
        double *const finished_at = files->finished_at.at;
        double *const note_time = files->admitted.times.at, *const note_sent = files->admitted.values.at;
        int64_t notes = files->admitted.times.count, head = buffered->head;
        const int64_t ahead = buffered->count - notes;
        for (; number < stop; number++) {
            const double time = place->time;
            const Row *row = place->step;
        again:
            if (row->sort == ROW_WRITES) {
                Stream *const stream = place->stream;
                const double left = stream->left;
                const int ends = left <= data->block;
                double payload = data->block, link_time = row->link_time, core_time = row->core_time;
                if (ends) {
                    if (UNLIKELY(left == 0.0)) {
                        row = row->then;
                        goto again;
                    }
                    payload = left;
                    link_time = (data->operation->request + payload) / data->bandwidth;
                    core_time = (data->operation->work + data->operation->work_per_byte * payload) / front->share;
                }
                const double done = later(time, link_free) + link_time;
                const double leave = later(done + latency, core_free) + core_time;
                if (UNLIKELY(leave >= bound)) {
                    ended = 1;
                    break;
                }
                double reply = later(admitted_at, leave);
                const double more = admitted + payload;
                if (more - drained > buffer) {
                    /* Among these are some that the store has had for long. */
                    const double come = reply;
                    const int64_t count = notes + ahead;
                    int64_t gone = head;
                    double then = drained;
                    while (more - then > buffer && gone < count) {
                        const Payload oldest = payloads[gone++];
                        then = oldest.admitted;
                        reply = later(oldest.time, reply);
                    }
                    if (UNLIKELY(reply == INFINITY)) {
                        ended = 1;
                        break;
                    }
                    head = gone;
                    drained = then;
                    blocked += reply - come;
                }
                admitted = more;
                last = time;
                link_free = done;
                core_free = leave;
                link_busy += link_time;
                core_busy += core_time;
                sent += payload;
                note_time[notes] = reply;
                note_sent[notes] = sent;
                const double work = row->work + payload / rate;
                position += payload;
                rate = store_rate(server, position);
                admitted_at = reply;
                drain_serve(&drain, reply, work);
                payloads[notes + ahead].admitted = admitted;
                payloads[notes + ahead].time = drain.free_at;
                notes++;
                if (row->wait)
                    reply = drain.free_at;
                const Turn answer = {
                    reply + (UNLIKELY(reply >= bound) ? capacity_at(&schedule->latency[0], reply) : latency),
                    KEY(number, place->index)};
                stream->left = left - payload;
                if (answer.time >= stream->last.time)
                    stream->last = answer;
                Turn turn;
                if (!stream->brief) {
                    Turn *const ring = rings + stream->ring;
                    int64_t slot = stream->slot;
                    ring[slot] = answer;
                    if (++slot == stream->window)
                        slot = 0;
                    stream->slot = slot;
                    turn = ring[slot];
                }
                if (ends) {
                    place->step = row->then;
                    turn = stream->last;
                } else {
                    place->step = row;
                    if (stream->brief || !turn_before((Turn){time, KEY(place->cause, place->index)}, turn))
                        continue;
                }
                place->time = turn.time;
                place->cause = cause_of(turn.key);
                if (turn.time <= latest) {
                    place = rotation_sink(place);
                    latest = place->before->time;
                } else {
                    latest = turn.time;
                    place = place->next;
                }
                continue;
            }
            const double done = later(time, link_free) + row->link_time;
            const double leave = later(done + latency, core_free) + row->core_time;
            if (UNLIKELY(leave >= bound)) {
                ended = 1;
                break;
            }
            double turn = leave + latency;
            if (row->sort != ROW_PLAIN) {
                if (row->takes) {
                    if (UNLIKELY(taken == available)) {
                        ended = 1;
                        break;
                    }
                    Stream *const stream = place->stream;
                    if (stream->file >= 0) {
                        finished[over] = stream->file;
                        finished_at[over++] = time;
                    }
                    const double left = sizes[taken];
                    stream->file = taken++;
                    stream->left = left;
                    /* Where one file is like the next, a look for periods sees the ring. */
                    stream->brief = (left <= data->brief) & (sizes[taken < listed ? taken : taken - 1] != left);
                }
                if (row->stores) {
                    double reply = admitted_at = later(admitted_at, leave);
                    drain_serve(&drain, reply, row->work);
                    if (row->wait)
                        reply = drain.free_at;
                    turn = reply + (UNLIKELY(reply >= bound) ? capacity_at(&schedule->latency[0], reply) : latency);
                }
            }
            last = time;
            link_free = done;
            core_free = leave;
            link_busy += row->link_time;
            core_busy += row->core_time;
            place->step = row->then;
            place->time = turn;
            place->cause = number;
            if (UNLIKELY(turn < latest)) {
                place = rotation_sink(place);
                latest = place->before->time;
            } else {
                latest = turn;
                place = place->next;
            }
        }
        /* Those that hold nobody up any more. */
        while (head < notes + ahead && payloads[head].time <= admitted_at)
            drained = payloads[head++].admitted;
        state->taken[0] = taken;
        files->finished.count = files->finished_at.count = over;
        buffered->head = head;
        buffered->count = notes + ahead;
        files->admitted.times.count = files->admitted.values.count = notes;
        state->sent[0] = sent;
        state->link_free[link] = link_free;
        state->link_busy[link] = link_busy;
        state->cores[0] = core_free;
        state->core_busy = core_busy;
        state->store_free = drain.free_at;
        state->store_busy = drain.busy;
        state->admitted_at = admitted_at;
        state->admitted = admitted;
        state->blocked = blocked;
        if (!ended)
            record_read_meters(record, state, &schedule->share, trouble);
    }
    rotation_settle(places, state);
    state->number = number;
    state->drained = drained;
    state->position = position;
    state->time = last;
}

#endif
