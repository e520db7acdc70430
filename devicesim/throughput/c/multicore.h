/* The quick loop for one link and several cores: the C form of ../multicore.py. RPCs reach the cores in the order of
 * their issue, and only on the way from there to admission do they overtake one another. What happens is what queued.h says; here what every RPC
 * touches lies in local variables, and the RPCs between cores and admission in a list in order, whose latest entry
 * is rarely far from where the next one belongs. */

#ifndef DEVICESIM_MULTICORE_H
#define DEVICESIM_MULTICORE_H

#include "ordered.h"
#include "queued.h"

/* Whether the state is one that this loop can move. */
static int multicore_can(const State *state)
{
    for (int64_t i = 0; i < state->link_count; i++)
        if (state->pending[i].count)
            return 0;
    for (int64_t i = 0; i < state->client_count; i++)
        if (state->paused[i])
            return 0;
    for (int64_t i = 0; i < state->flight.count; i++)
        if (state->flight.at[i].kind)
            return 0;
    return 1;
}

static void flights_sort(Flights *flights)
{
    for (int64_t i = 1; i < flights->count; i++)
        if (flight_before(&flights->at[i], &flights->at[i - 1])) {
            qsort(flights->at, (size_t)flights->count, sizeof(Flight), flight_order);
            return;
        }
}

/* Room for all that those ahead of admission, and METER_EVERY more, will note. */
static void multicore_reserve(Record *record, Buffered *buffered, int64_t ahead, Trouble *trouble)
{
    for (int64_t i = 0; i < record->client_count; i++) {
        column_reserve(&record->files[i].admitted.times, ahead + METER_EVERY, trouble);
        column_reserve(&record->files[i].admitted.values, ahead + METER_EVERY, trouble);
    }
    buffered_reserve(buffered, ahead + METER_EVERY, trouble);
}

/* Go on until nothing is left to happen at or before ``to`` (1), ``budget`` RPCs have been issued (0), or the state
 * is one for the general loop (-1). */
static ALWAYS_INLINE int run_some_cores(Queue *queue, Front *front, double to, int64_t budget, const int single,
                                        const int few)
{
    const Setup *const setup = queue->setup;
    Schedule *const schedule = queue->schedule;
    State *const state = queue->state;
    Record *const record = queue->record;
    Trouble *const trouble = queue->trouble;
    const Server *const server = &setup->server;
    const int64_t link = setup->clients[0].link, end = state->number + budget, core_count = state->core_count;
    const double buffer = server->buffer, past = nextafter(to, INFINITY);
    const int two = core_count == 2;
    double line_times[few ? LINE_ROOM : 1];
    int64_t line_keys[few ? LINE_ROOM : 1];
    Line line = {.time = line_times, .key = line_keys};
    Turn *const rings = state->rings;
    Stream *const streams = state->streams;
    Data *const datas = front->data;
    double *const cores = state->cores;
    Buffered *const buffered = &state->buffered;
    Drain drain = drain_of(state, schedule);
    /* The flights lie in order from the first on. */
    Flights *const flights = &state->flight;
    flights_sort(flights);
    Flight *first = flights->at, *behind = flights->at + flights->count;
    int64_t number = state->number, served = state->served;
    double link_free = state->link_free[link], link_busy = state->link_busy[link], core_busy = state->core_busy;
    double core_seen = state->core_seen, admitted_at = state->admitted_at, admitted = state->admitted;
    double drained = state->drained, position = state->position, blocked = state->blocked, latest = state->time;
    double limit = -INFINITY, edge, due = first < behind ? first->time : INFINITY;
    /* The rate is computed ahead: an RPC need not wait for it. */
    double rate = store_rate(server, position), sent = state->sent[0], arrived = state->arrived[0];
    int ended = 0;

    line_up(&line, state, few);
    /* Replies on their way may come before the first turn. */
    Turn turn = line_pop(&line, few);
    front_look(front, setup, schedule, sooner(due, turn.time));
    edge = front->edge;
    for (int64_t i = 0; i < state->stream_count; i++)
        streams[i].step = step_of_stream(&datas[streams[i].client], &streams[i]);
    multicore_reserve(record, buffered, behind - first, trouble);
    Meter *const noted = &record->files->admitted; /* of the only client */
    double *note_time = noted->times.at + noted->times.count, *note_sent = noted->values.at + noted->values.count;
    Payload *payloads = buffered->at;
    int64_t head = buffered->head, count = buffered->count;

    while (number < end) {
        const double time = turn.time;

        if (due <= time) {
            /* An RPC leaves its core: admission, store, reply. */
            if (due > to) {
                ended = 1;
                break;
            }
            const Flight *const rpc = first++;
            const double leave = due, payload = rpc->payload;
            const int32_t client = single ? 0 : rpc->client;
            due = first < behind ? first->time : INFINITY;
            latest = later(leave, latest);
            double reply = later(admitted_at, leave), work = rpc->operation->store;
            if (payload != 0.0) {
                admitted += payload;
                if (admitted - drained > buffer && reply < INFINITY) {
                    /* Among these are some that the store has had for long. */
                    const double come = reply;
                    while (admitted - drained > buffer && head < count) {
                        const Payload *const oldest = &payloads[head++];
                        drained = oldest->admitted;
                        reply = later(oldest->time, reply);
                    }
                    blocked += reply - come;
                }
                if (reply < INFINITY) {
                    if (single) {
                        *note_time++ = reply;
                        *note_sent++ = sent += payload;
                    } else {
                        Meter *const others = &record->files[client].admitted;
                        others->times.at[others->times.count++] = reply;
                        others->values.at[others->values.count++] = state->sent[client] += payload;
                    }
                    work += payload / rate;
                    position += payload;
                    rate = store_rate(server, position);
                }
            }
            admitted_at = reply;
            drain_serve(&drain, reply, work);
            if (payload != 0.0) {
                payloads[count].admitted = admitted;
                payloads[count++].time = drain.free_at;
            }
            if (rpc->operation->wait)
                reply = drain.free_at;
            double latency = datas[client].write->latency;
            if (UNLIKELY(reply >= edge))
                latency = capacity_at(&schedule->latency[client], reply);
            const Turn answer = {reply + latency, KEY(rpc->number, rpc->stream)};
            if (UNLIKELY(rpc->stream < 0)) {
                if (rpc->number == state->asked)
                    state->told = answer.time;
                continue;
            }
            Stream *const stream = &streams[rpc->stream];
            if (!stream->step->writes) {
                line_put(&line, &turn, answer, few);
                stream->step = stream->step->then;
                continue;
            }
            Turn *const ring = &rings[stream->ring + rpc->slot];
            ring->time = answer.time;
            ring->key = answer.key;
            stream->unanswered--;
            if (turn_before(stream->last, answer)) {
                stream->last.time = answer.time;
                stream->last.key = answer.key;
            }
            if (stream->left == 0.0) {
                if (!stream->unanswered) {
                    stream->step = stream->step->then;
                    line_put(&line, &turn, stream->last, few);
                }
            } else if (stream->is_held && stream->slot == rpc->slot) {
                line_put(&line, &turn, turn_before(stream->held, answer) ? answer : stream->held, few);
                stream->is_held = 0;
            }
            continue;
        }

        if (UNLIKELY(time >= limit)) {
            if (time > to) {
                ended = 1;
                break;
            }
            if (time >= front->change)
                front_look(front, setup, schedule, time);
            limit = sooner(front->change, past);
            edge = front->edge;
        }
        const int64_t index = STREAM_OF(turn.key);
        Stream *const stream = &streams[index];
        const int32_t client = single ? 0 : stream->client;
        const Data *const data = &datas[client];
        const Row *row = stream->step;
        latest = later(time, latest);
        if (row->takes) {
            if (!stream_take(state, record, stream, time, trouble)) {
                state->parked[state->parked_count++] = turn;
                turn = line_pop(&line, few);
                if (trouble->no_memory)
                    break;
                continue;
            }
            stream->step = row = &data->write[stream->stage];
        }
        double payload = 0.0, link_time = row->link_time, core_time = row->core_time;
        if (row->writes) {
            payload = data->block;
            if (stream->left < payload) {
                payload = stream->left;
                if (payload == 0.0) {
                    /* An empty file has no WRITE. */
                    stream->step = row->then;
                    continue;
                }
                link_time = (data->operation->request + payload) / data->bandwidth;
                core_time = (data->operation->work + data->operation->work_per_byte * payload) / front->share;
            }
        }
        const double core_free = cores[0];
        double done = later(time, link_free) + link_time;
        const double before = single ? arrived : state->arrived[client];
        double arrival = later(before, done + row->latency);
        double leave = later(arrival, core_free) + core_time;
        if (UNLIKELY(leave >= edge)) {
            const Operation *const operation = &data->operation[row->stage];
            double taken;
            done = capacity_serve(&schedule->bandwidth[client], later(time, link_free), operation->request + payload,
                                  &taken);
            link_time = taken;
            if (done == INFINITY) {
                ended = -1;
                break;
            }
            arrival = later(before, done + capacity_at(&schedule->latency[client], done));
            leave = capacity_serve(&schedule->share, later(arrival, core_free),
                                   operation->work + operation->work_per_byte * payload, &taken);
            core_time = taken;
        }
        if (number % METER_EVERY == 0) {
            state->link_free[link] = link_free;
            state->link_busy[link] = link_busy;
            state->core_busy = core_busy;
            state->core_seen = core_seen;
            state->store_free = drain.free_at;
            state->store_busy = drain.busy;
            state->admitted_at = admitted_at;
            state->admitted = admitted;
            state->blocked = blocked;
            record_read_meters(record, state, &schedule->share, trouble);
            if (single) {
                noted->times.count = note_time - noted->times.at;
                noted->values.count = note_sent - noted->values.at;
            }
            /* Those that hold nobody up any more. */
            while (head < count && payloads[head].time <= admitted_at)
                drained = payloads[head++].admitted;
            buffered->head = head;
            buffered->count = count;
            multicore_reserve(record, buffered, behind - first, trouble);
            note_time = noted->times.at + noted->times.count;
            note_sent = noted->values.at + noted->values.count;
            payloads = buffered->at;
            head = buffered->head;
            count = buffered->count;
            if (trouble->no_memory)
                break;
        }
        link_free = done;
        link_busy += link_time;
        core_seen = arrival;
        if (single)
            arrived = arrival;
        else
            state->arrived[client] = arrival;
        core_busy += core_time;
        if (two) {
            const double other = cores[1];
            cores[0] = sooner(leave, other);
            cores[1] = later(leave, other);
        } else
            core_replace(cores, core_count, leave);
        if (!row->stores) {
            double latency = row->latency;
            if (UNLIKELY(leave >= edge))
                latency = capacity_at(&schedule->latency[client], leave);
            const Turn answer = {leave + latency, KEY(number, index)};
            number++;
            stream->step = row->then;
            turn = line_next(&line, answer, few);
            continue;
        }
        const int64_t slot = stream->slot;
        if (!row->writes)
            turn = line_pop(&line, few);
        else {
            Turn *const ring = rings + stream->ring;
            int64_t next = slot + 1;
            ring[slot].time = INFINITY;
            ring[slot].key = UNKNOWN_KEY;
            if (next == stream->window)
                next = 0;
            stream->slot = next;
            stream->unanswered++;
            stream->left -= payload;
            if (stream->left == 0.0)
                turn = line_pop(&line, few);
            else if (ring[next].key == UNKNOWN_KEY) {
                stream->held.time = time;
                stream->held.key = turn.key;
                stream->is_held = 1;
                turn = line_pop(&line, few);
            } else if (turn_before(turn, ring[next]))
                turn = line_next(&line, ring[next], few);
        }
        if (UNLIKELY(behind == flights->at + flights->room)) {
            flights->count = behind - first;
            if (first > flights->at)
                memmove(flights->at, first, (size_t)flights->count * sizeof(Flight));
            else
                flights->at = grown(flights->at, &flights->room, flights->count + 1, sizeof(Flight), trouble);
            first = flights->at;
            behind = flights->at + flights->count;
            if (trouble->no_memory)
                break;
        }
        Flight *at = behind++;
        for (; at > first && leave < at[-1].time; at--)
            *at = at[-1];
        at->time = leave;
        at->payload = payload;
        at->order = ++served;
        at->number = number++;
        at->operation = &data->operation[row->stage];
        at->slot = (int32_t)slot;
        at->kind = 0;
        at->stream = (int32_t)index;
        at->client = client;
        due = first->time;
    }
    while (head < count && payloads[head].time <= admitted_at)
        drained = payloads[head++].admitted;
    buffered->head = head;
    buffered->count = count;
    flights->count = behind - first;
    if (first > flights->at)
        memmove(flights->at, first, (size_t)flights->count * sizeof(Flight));
    for (int64_t i = 0; i < state->stream_count; i++)
        streams[i].stage = stage_of_step(&streams[i]);
    if (single) {
        noted->times.count = note_time - noted->times.at;
        noted->values.count = note_sent - noted->values.at;
        state->sent[0] = sent;
        state->arrived[0] = arrived;
    }
    if (turn.key != INT64_MAX)
        line_insert(&line, turn, few);
    line_settle(&line, state, few);
    state->number = number;
    state->served = served;
    state->link_free[link] = link_free;
    state->link_busy[link] = link_busy;
    state->core_busy = core_busy;
    state->core_seen = core_seen;
    state->store_free = drain.free_at;
    state->store_busy = drain.busy;
    state->admitted_at = admitted_at;
    state->admitted = admitted;
    state->drained = drained;
    state->position = position;
    state->blocked = blocked;
    state->time = latest;
    return ended;
}

WIDE static int run_multicore(Queue *queue, Front *front, double to, int64_t budget)
{
    const int single = queue->setup->client_count == 1, few = queue->state->ready_count <= FEW_TURNS;
    if (single && few)
        return run_some_cores(queue, front, to, budget, 1, 1);
    return few ? run_some_cores(queue, front, to, budget, 0, 1) : run_some_cores(queue, front, to, budget, single, 0);
}

#endif
