/* The fast loop, for RPCs that reach every station in the order of their issue: the C form of ../ordered.py. */

#ifndef DEVICESIM_ORDERED_H
#define DEVICESIM_ORDERED_H

#include "state.h"

/* Up to so many turns an array in order is quicker than a heap. */
#define FEW_TURNS 24

/* What one operation of a client costs in the present regime, and the stage that follows it. */
typedef struct {
    double link_time, core_time, latency, work;
    int32_t follow, follow_empty; /* the latter if the file holds nothing more */
    int32_t stores, wait;
    double even[2]; /* to make a row 64 bytes */
} Row;

typedef struct {
    const Row *write; /* write[stage] is the row of a stage */
    Row *rows;
    const Operation *operation; /* of WRITE; operation[stage] likewise */
    double block, bandwidth;
    double partial, partial_link, partial_core; /* the last WRITE that was not full, and its times */
} Data;

/* The regime ahead of the store at one time, and until when it holds. */
typedef struct {
    Data *data; /* per client */
    double change, edge, share;
} Front;

static void front_end(Front *front, int64_t clients)
{
    if (front->data)
        for (int64_t i = 0; i < clients; i++)
            free(front->data[i].rows);
    free(front->data);
    front->data = NULL;
}

static int front_make(Front *front, const Setup *setup)
{
    front->data = calloc((size_t)setup->client_count, sizeof(Data));
    if (!front->data)
        return 0;
    for (int64_t i = 0; i < setup->client_count; i++) {
        const Client *client = &setup->clients[i];
        Data *data = &front->data[i];
        data->rows = calloc((size_t)(client->before + 1 + client->after), sizeof(Row));
        if (!data->rows)
            return 0;
        data->write = data->rows + client->before;
        data->operation = client->write;
        data->block = client->block;
    }
    return 1;
}

/* Take up the regime of a time; where a rate is zero every RPC has to walk the curves. */
static void front_look(Front *front, const Setup *setup, Schedule *schedule, double time)
{
    double share = capacity_at(&schedule->share, time);
    int flows = share != 0.0;
    front->change = schedule_front_change(schedule, time);
    front->share = share != 0.0 ? share : 1.0;
    for (int64_t i = 0; i < setup->client_count; i++) {
        const Client *client = &setup->clients[i];
        Data *data = &front->data[i];
        double bandwidth = capacity_at(&schedule->bandwidth[i], time);
        double latency = capacity_at(&schedule->latency[i], time);
        flows &= bandwidth != 0.0;
        data->bandwidth = bandwidth != 0.0 ? bandwidth : 1.0;
        data->partial = -1.0;
        for (int32_t stage = -client->before; stage <= client->after; stage++) {
            const Operation *operation = &client->write[stage];
            Row *row = &data->rows[client->before + stage];
            double payload = stage == 0 ? data->block : 0.0;
            row->link_time = (operation->request + payload) / data->bandwidth;
            row->core_time = (operation->work + operation->work_per_byte * payload) / front->share;
            row->latency = latency;
            row->work = operation->store;
            row->stores = payload > 0 || operation->stores;
            row->wait = operation->wait;
            row->follow = stage == 0 ? (client->after ? 1 : NO_STAGE)
                        : stage == client->after ? NO_STAGE : stage + 1;
            row->follow_empty = row->follow == 0 ? (client->after ? 1 : NO_STAGE) : row->follow;
        }
    }
    front->edge = flows ? front->change : -INFINITY;
}

/* Put turns in order; they are nearly so. */
static void turns_sort(Turn *turns, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        const Turn turn = turns[i];
        int64_t at = i;
        for (; at > 0 && turn_before(turn, turns[at - 1]); at--)
            turns[at] = turns[at - 1];
        turns[at] = turn;
    }
}

/* Turns by the time. Few stand in order and move along their array: the first is taken away by a step, and the place of
 * a new one is looked for from the end, where nearly all belong; one that is never taken stands behind the last. Many
 * are a heap. */
typedef struct {
    Turn *first, *end, *array;
    int64_t count, room;
} Line;

#define NO_TURN ((Turn){INFINITY, INT64_MAX})

static void line_up(Line *line, State *s, const int few)
{
    line->array = line->first = s->ready;
    line->count = s->ready_count;
    line->room = READY_ROOM(s->stream_count);
    if (few) {
        turns_sort(s->ready, s->ready_count);
        line->end = s->ready;
        for (int64_t i = 0; i < s->ready_count; i++)
            if (s->ready[i].key != NEVER_KEY)
                *line->end++ = s->ready[i];
        *line->end = NO_TURN;
    }
}

/* Put the turns back into the state. */
static void line_settle(Line *line, State *s, const int few)
{
    if (few) {
        line->count = line->end - line->first;
        memmove(line->array, line->first, (size_t)line->count * sizeof(Turn));
        line->array[line->count++] = (Turn){INFINITY, NEVER_KEY};
        turns_sort(line->array, line->count);
    }
    s->ready_count = line->count;
}

static ALWAYS_INLINE Turn line_pop(Line *line, const int few)
{
    if (!few)
        return turn_pop(line->first, &line->count);
    return line->first < line->end ? *line->first++ : NO_TURN;
}

static ALWAYS_INLINE void line_insert(Line *line, Turn turn, const int few)
{
    if (!few) {
        turn_push(line->first, &line->count, turn);
        return;
    }
    if (UNLIKELY(line->end + 1 == line->array + line->room)) {
        const int64_t count = line->end - line->first;
        memmove(line->array, line->first, (size_t)count * sizeof(Turn));
        line->first = line->array;
        line->end = line->first + count;
    }
    Turn *at = line->end++;
    *line->end = NO_TURN;
    while (at > line->first && turn_before(turn, at[-1])) {
        *at = at[-1];
        at--;
    }
    *at = turn;
}

/* Insert a turn and take the first. */
static ALWAYS_INLINE Turn line_next(Line *line, Turn turn, const int few)
{
    if (turn_before(turn, *line->first))
        return turn;
    if (!few) {
        const Turn next = *line->first;
        turn_replace(line->first, line->count, turn);
        return next;
    }
    line_insert(line, turn, few);
    return *line->first++;
}

/* An RPC that leaves the cores beyond the present regime: walk the curves. Returns when it leaves the cores. */
static double cross(const Front *front, Schedule *schedule, const Stream *stream, double payload, double start,
                    double core_free, double *done, double *link_time, double *core_time)
{
    const Operation *operation = &front->data[stream->client].operation[stream->stage];
    *done = capacity_serve(&schedule->bandwidth[stream->client], start, operation->request + payload, link_time);
    if (*done == INFINITY)
        return INFINITY;
    double arrival = *done + capacity_at(&schedule->latency[stream->client], *done);
    return capacity_serve(&schedule->share, later(arrival, core_free),
                          operation->work + operation->work_per_byte * payload, core_time);
}

/* Take RPCs in turn until none issued at or before ``to`` is left (1) or ``budget`` have been taken (0).
 *
 * What every RPC touches lies in local variables, and goes back into the state when the loop ends. With one client
 * (``single``, known when this is compiled, as is whether turns are ``few``) so does what belongs to a client. */
static ALWAYS_INLINE int run_in_order(const Setup *setup, Schedule *schedule, State *state, Record *record, Front *front,
                                      double to, int64_t budget, Trouble *trouble, const int single, const int few)
{
    const Server *const server = &setup->server;
    const int64_t link = setup->clients[0].link, budget_end = state->number + budget;
    const double buffer = server->buffer, capacity = server->capacity, square = server->square;
    const double fall = server->fall, past = nextafter(to, INFINITY);
    /* Of one client each file has an RPC, so no more of them end than there are RPCs. */
    const int plain = single && setup->clients[0].before > 0;
    Turn *const rings = state->rings;
    Stream *const streams = state->streams;
    Data *const datas = front->data;
    Files *const files = record->files;
    Drain drain = drain_of(state, schedule);
    Buffered buffered = state->buffered;
    int64_t number = state->number;
    double link_free = state->link_free[link], core_free = state->cores[0];
    double link_busy = state->link_busy[link], core_busy = state->core_busy;
    double admitted_at = state->admitted_at, admitted = state->admitted, drained = state->drained;
    double position = state->position, blocked = state->blocked, last = state->time, sent = state->sent[0];
    double limit = -INFINITY, edge;
    int ended = 0;
    Line line;
    line_up(&line, state, few);
    Turn turn = line_pop(&line, few);

    front_look(front, setup, schedule, turn.time);
    edge = front->edge;

    while (!ended && number < budget_end) {
        const int64_t stop = number - number % METER_EVERY + METER_EVERY;
        for (int64_t i = 0; i < setup->client_count; i++) {
            column_reserve(&files[i].admitted.times, METER_EVERY, trouble);
            column_reserve(&files[i].admitted.values, METER_EVERY, trouble);
        }
        column_reserve(&files->finished, METER_EVERY, trouble);
        column_reserve(&files->finished_at, METER_EVERY, trouble);
        buffered_reserve(&buffered, METER_EVERY, trouble);
        if (trouble->no_memory)
            break;
        double *note_time = files->admitted.times.at + files->admitted.times.count;
        double *note_sent = files->admitted.values.at + files->admitted.values.count;
        for (; number < stop; number++) {
            const double time = turn.time;
            if (UNLIKELY(time >= limit)) {
                if (time > to) {
                    ended = 1;
                    break;
                }
                if (time >= front->change)
                    front_look(front, setup, schedule, time);
                limit = sooner(front->change, past);
                edge = state->stalled_count ? -INFINITY : front->edge;
            }
            const int64_t index = STREAM_OF(turn.key);
            Stream *const stream = &streams[index];
            Data *const data = single ? datas : &datas[stream->client];
            last = time;
            if (stream->stage == NO_STAGE) {
                if (!(plain ? stream_take_plain(state, files, stream, time)
                            : stream_take(state, record, stream, time, trouble))) {
                    state->parked[state->parked_count++] = turn;
                    turn = line_pop(&line, few);
                    continue;
                }
            }
            const int32_t stage = stream->stage;
            const Row *const row = &data->write[stage];
            const double start = later(time, link_free);
            if (stage) {
                double link_time = row->link_time, core_time = row->core_time;
                double done = start + link_time;
                double leave = later(done + row->latency, core_free) + core_time;
                if (UNLIKELY(leave >= edge)) {
                    leave = cross(front, schedule, stream, 0.0, start, core_free, &done, &link_time, &core_time);
                    if (leave == INFINITY || state->stalled_count) {
                        /* Nothing overtakes it: whatever comes next must not take the short way. */
                        state->stalled[state->stalled_count++] = turn;
                        turn = line_pop(&line, few);
                        edge = -INFINITY;
                        continue;
                    }
                }
                link_free = done;
                core_free = leave;
                link_busy += link_time;
                core_busy += core_time;
                double reply = leave;
                if (row->stores) {
                    admitted_at = reply = later(admitted_at, leave);
                    drain_serve(&drain, reply, row->work);
                    if (row->wait)
                        reply = drain.free_at;
                }
                double latency = row->latency;
                if (UNLIKELY(reply >= edge))
                    latency = capacity_at(&schedule->latency[stream->client], reply);
                stream->stage = stream->left == 0.0 ? row->follow_empty : row->follow;
                turn = line_next(&line, (Turn){reply + latency, KEY(number, index)}, few);
                continue;
            }
            double payload = stream->left, link_time = row->link_time, core_time = row->core_time;
            if (payload >= data->block)
                payload = data->block;
            else {
                if (payload != data->partial) {
                    const Operation *const write = data->operation;
                    data->partial = payload;
                    data->partial_link = (write->request + payload) / data->bandwidth;
                    data->partial_core = (write->work + write->work_per_byte * payload) / front->share;
                }
                link_time = data->partial_link;
                core_time = data->partial_core;
            }
            double done = start + link_time;
            double leave = later(done + row->latency, core_free) + core_time;
            if (UNLIKELY(leave >= edge)) {
                leave = cross(front, schedule, stream, payload, start, core_free, &done, &link_time, &core_time);
                if (leave == INFINITY || state->stalled_count) {
                    state->stalled[state->stalled_count++] = turn;
                    turn = line_pop(&line, few);
                    edge = -INFINITY;
                    continue;
                }
            }
            link_free = done;
            core_free = leave;
            link_busy += link_time;
            core_busy += core_time;
            double reply = later(admitted_at, leave), work = row->work;
            admitted += payload;
            if (admitted - drained > buffer && reply < INFINITY) {
                /* Among these are some that the store has had for long. */
                const double head = reply;
                while (admitted - drained > buffer && buffered.head < buffered.count) {
                    const Payload oldest = buffered.at[buffered.head++];
                    drained = oldest.admitted;
                    reply = later(oldest.time, reply);
                }
                blocked += reply - head;
            }
            if (reply < INFINITY) {
                if (single) {
                    sent += payload;
                    *note_time++ = reply;
                    *note_sent++ = sent;
                } else {
                    Meter *const noted = &files[stream->client].admitted;
                    noted->times.at[noted->times.count++] = reply;
                    noted->values.at[noted->values.count++] = state->sent[stream->client] += payload;
                }
                const double place = sooner(position, capacity);
                work += payload / sqrt(square + fall * place / capacity);
                position += payload;
            }
            admitted_at = reply;
            drain_serve(&drain, reply, work);
            buffered.at[buffered.count++] = (Payload){admitted, drain.free_at};
            if (row->wait)
                reply = drain.free_at;
            double latency = row->latency;
            if (UNLIKELY(reply >= edge))
                latency = capacity_at(&schedule->latency[stream->client], reply);
            const Turn answer = {reply + latency, KEY(number, index)};
            const double left = stream->left - payload;
            stream->left = left;
            Turn *const ring = rings + stream->ring;
            int64_t slot = stream->slot;
            ring[slot] = answer;
            if (++slot == stream->window)
                slot = 0;
            stream->slot = slot;
            if (turn_before(stream->last, answer))
                stream->last = answer;
            if (left == 0.0) {
                stream->stage = row->follow;
                turn = line_next(&line, stream->last, few);
            } else if (turn_before(turn, ring[slot])) {
                turn = line_next(&line, ring[slot], few);
            }
        }
        /* Those that hold nobody up any more. */
        while (buffered.head < buffered.count && buffered.at[buffered.head].time <= admitted_at)
            drained = buffered.at[buffered.head++].admitted;
        if (single) {
            files->admitted.times.count = note_time - files->admitted.times.at;
            files->admitted.values.count = note_sent - files->admitted.values.at;
            state->sent[0] = sent;
        }
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
    if (turn.key != INT64_MAX)
        line_insert(&line, turn, few);
    line_settle(&line, state, few);
    state->buffered = buffered;
    state->number = number;
    state->drained = drained;
    state->position = position;
    state->time = last;
    return ended;
}

WIDE static int run_ordered(const Setup *setup, Schedule *schedule, State *state, Record *record, Front *front,
                            double to, int64_t budget, Trouble *trouble)
{
    const int single = setup->client_count == 1, few = state->ready_count <= FEW_TURNS;
    if (single && few)
        return run_in_order(setup, schedule, state, record, front, to, budget, trouble, 1, 1);
    if (few)
        return run_in_order(setup, schedule, state, record, front, to, budget, trouble, 0, 1);
    return run_in_order(setup, schedule, state, record, front, to, budget, trouble, single, 0);
}

#endif
