/* The general loop, for several links, several cores, RPCs that overtake one another: the C form of ../queued.py. */

#ifndef DEVICESIM_QUEUED_H
#define DEVICESIM_QUEUED_H

#include "state.h"

/* An RPC about to enter its link: what a meter read then would find, RPCs admitted until then, what it is, and (known
 * later) how long link and core serve it. */
typedef struct {
    double link_free, core_seen, admitted_at, payload, link_time, core_time;
    int64_t admissions;
    const Operation *operation;
} Issue;

/* An RPC admitted: when, its payload, its own work of the store. */
typedef struct {
    double at, payload, work;
} Admission;

/* Every RPC issued and every one admitted, with the cores as each was issued. */
typedef struct {
    Issue *issues;
    double *cores;
    Admission *admissions;
    int64_t issue_count, issue_room, cores_room, admission_count, admission_room;
} Trace;

typedef struct {
    const Setup *setup;
    Schedule *schedule;
    State *state;
    Record *record;
    Trouble *trouble;
    int one_link, one_core;
    Trace *trace; /* what happens is noted here, if anywhere */
} Queue;

static void trace_issue(Trace *t, const State *s, int link, const Flight *rpc, Trouble *trouble)
{
    const int64_t count = t->issue_count, cores = s->core_count;
    if (count == t->issue_room)
        t->issues = grown(t->issues, &t->issue_room, count + 1, sizeof(Issue), trouble);
    if ((count + 1) * cores > t->cores_room)
        t->cores = grown(t->cores, &t->cores_room, (count + 1) * cores, sizeof(double), trouble);
    if (trouble->no_memory)
        return;
    t->issues[count] = (Issue){.link_free = s->link_free[link], .core_seen = s->core_seen,
                               .admitted_at = s->admitted_at, .payload = rpc->payload,
                               .admissions = t->admission_count, .operation = rpc->operation};
    memcpy(t->cores + count * cores, s->cores, (size_t)cores * sizeof(double));
    t->issue_count++;
}

static void trace_admission(Trace *t, double at, const Flight *rpc, Trouble *trouble)
{
    if (t->admission_count == t->admission_room)
        t->admissions = grown(t->admissions, &t->admission_room, t->admission_count + 1, sizeof(Admission), trouble);
    if (!trouble->no_memory)
        t->admissions[t->admission_count++] = (Admission){at, rpc->payload, rpc->operation->store};
}

static void queue_arrive(Queue *q, Flight *rpc);
static void queue_leave(Queue *q, const Flight *rpc);
static void queue_reply(Queue *q, double time, const Flight *rpc);

/* Take an RPC over its link from the time it was issued; 0, and nothing done, if it never gets through. */
static int queue_cross(Queue *q, const Flight *rpc)
{
    State *s = q->state;
    const int32_t client = rpc->client;
    const int link = q->setup->clients[client].link;
    double took, done = capacity_serve(&q->schedule->bandwidth[client], later(rpc->time, s->link_free[link]),
                                       rpc->operation->request + rpc->payload, &took);
    if (done == INFINITY)
        return 0;
    double arrival = later(s->arrived[client], done + capacity_at(&q->schedule->latency[client], done));
    if (rpc->number % METER_EVERY == 0)
        record_read_meters(q->record, s, &q->schedule->share, q->trouble);
    s->link_free[link] = done;
    s->link_busy[link] += took;
    s->arrived[client] = arrival;
    Flight next = *rpc;
    next.time = arrival;
    next.kind = 1;
    next.order = rpc->number;
    if (q->one_link)
        queue_arrive(q, &next);
    else
        flight_push(&s->flight, &next, q->trouble);
    return 1;
}

static void queue_arrive(Queue *q, Flight *rpc)
{
    State *s = q->state;
    const Operation *operation = rpc->operation;
    const double time = rpc->time;
    double took, leave = capacity_serve(&q->schedule->share, later(time, s->cores[0]),
                                        operation->work + operation->work_per_byte * rpc->payload, &took);
    if (q->one_core)
        s->cores[0] = leave;
    else
        core_replace(s->cores, s->core_count, leave);
    s->core_seen = time;
    s->core_busy += took;
    if (rpc->payload == 0.0 && !operation->stores) {
        queue_reply(q, leave, rpc);
        return;
    }
    s->served++;
    rpc->time = leave;
    rpc->kind = 0;
    rpc->order = s->served;
    if (q->one_core)
        queue_leave(q, rpc);
    else
        flight_push(&s->flight, rpc, q->trouble);
}

static void queue_leave(Queue *q, const Flight *rpc)
{
    State *s = q->state;
    const double payload = rpc->payload;
    double work = rpc->operation->store, admit = later(rpc->time, s->admitted_at), took;
    if (payload != 0.0) {
        s->admitted += payload;
        if (s->admitted - s->drained > q->setup->server.buffer && admit < INFINITY)
            admit = wait_for_room(s, q->setup->server.buffer, admit);
        if (admit < INFINITY) {
            s->sent[rpc->client] += payload;
            file_admitted(&q->record->files[rpc->client], admit, payload, s->sent[rpc->client], q->trouble);
            work += payload / store_rate(&q->setup->server, s->position);
            s->position += payload;
        }
    }
    s->admitted_at = admit;
    s->store_free = capacity_serve(&q->schedule->store, later(admit, s->store_free), work, &took);
    s->store_busy += took;
    if (payload != 0.0)
        buffer_payload(s, s->admitted, s->store_free, q->trouble);
    if (UNLIKELY(q->trace != NULL))
        trace_admission(q->trace, s->admitted_at, rpc, q->trouble);
    if (rpc->operation->wait)
        admit = s->store_free;
    queue_reply(q, admit, rpc);
}

/* Give a reply to its stream: the next operation in a series, or room in the window. */
static void queue_reply(Queue *q, double time, const Flight *rpc)
{
    State *s = q->state;
    Turn turn = {time + capacity_at(&q->schedule->latency[rpc->client], time), KEY(rpc->number, rpc->stream)};
    if (rpc->stream < 0) {
        if (rpc->number == s->asked)
            s->told = turn.time;
        return;
    }
    Stream *stream = &s->streams[rpc->stream];
    if (stream->stage != 0 && stream->stage != NO_STAGE) {
        turn_push(s->ready, &s->ready_count, turn);
        int32_t stage = stream->stage + 1;
        if (stage == 0 && stream->left == 0.0)
            stage = 1;
        stream->stage = stage <= stream->after ? stage : NO_STAGE;
        return;
    }
    s->rings[stream->ring + rpc->slot] = turn;
    stream->unanswered--;
    if (turn_before(stream->last, turn))
        stream->last = turn;
    if (stream->left == 0.0) {
        if (!stream->unanswered) {
            stream->stage = stream->after ? 1 : NO_STAGE;
            turn_push(s->ready, &s->ready_count, stream->last);
        }
    } else if (stream->is_held && stream->slot == rpc->slot) {
        turn_push(s->ready, &s->ready_count, turn_before(stream->held, turn) ? turn : stream->held);
        stream->is_held = 0;
    }
}

static int queue_send(Queue *q, const Flight *rpc)
{
    const int link = q->setup->clients[rpc->client].link;
    Flights *waiting = &q->state->pending[link];
    if (UNLIKELY(q->trace != NULL))
        trace_issue(q->trace, q->state, link, rpc, q->trouble);
    if (waiting->count || !queue_cross(q, rpc)) {
        if (waiting->count == waiting->room)
            waiting->at = grown(waiting->at, &waiting->room, waiting->count + 1, sizeof(Flight), q->trouble);
        if (!q->trouble->no_memory)
            waiting->at[waiting->count++] = *rpc;
        return 0;
    }
    return 1;
}

/* After a WRITE: the next at the answer to the one a window before it, once that is known. */
static void queue_write_on(Queue *q, Stream *stream, double payload, Turn turn)
{
    State *s = q->state;
    Turn *ring = s->rings + stream->ring;
    ring[stream->slot] = (Turn){INFINITY, UNKNOWN_KEY};
    if (++stream->slot == stream->window)
        stream->slot = 0;
    stream->unanswered++;
    stream->left -= payload;
    Turn free_at = ring[stream->slot];
    if (stream->left == 0.0) {
        turn_pop(s->ready, &s->ready_count);
    } else if (free_at.key == UNKNOWN_KEY) {
        stream->held = turn_pop(s->ready, &s->ready_count);
        stream->is_held = 1;
    } else if (turn_before(turn, free_at)) {
        turn_replace(s->ready, s->ready_count, free_at);
    }
}

static void queue_issue(Queue *q, Turn turn)
{
    State *s = q->state;
    const int32_t index = (int32_t)STREAM_OF(turn.key);
    Stream *stream = &s->streams[index];
    if (s->paused[stream->client]) {
        stream_close(q->record, stream, turn.time, q->trouble);
        s->parked[s->parked_count++] = turn_pop(s->ready, &s->ready_count);
        return;
    }
    if (stream->stage == NO_STAGE && !stream_take(s, q->record, stream, turn.time, q->trouble)) {
        s->parked[s->parked_count++] = turn_pop(s->ready, &s->ready_count);
        return;
    }
    const Client *client = &q->setup->clients[stream->client];
    Flight rpc = {.time = turn.time, .kind = 1, .order = s->number, .number = s->number, .stream = index,
                  .slot = (int32_t)stream->slot, .client = stream->client, .operation = &client->write[stream->stage]};
    if (stream->stage)
        turn_pop(s->ready, &s->ready_count);
    else {
        rpc.payload = sooner(client->block, stream->left);
        queue_write_on(q, stream, rpc.payload, turn);
    }
    s->number++;
    queue_send(q, &rpc);
}

/* Go on until nothing is left to happen at or before ``to`` (1) or ``budget`` RPCs have been issued (0). */
static int queue_run(Queue *q, double to, int64_t budget)
{
    State *s = q->state;
    const int64_t end = s->number + budget;
    while (s->number < end && !q->trouble->no_memory) {
        double time = s->ready[0].time;
        if (s->flight.count && s->flight.at[0].time <= time) {
            time = s->flight.at[0].time;
            if (time > to)
                return 1;
            Flight rpc = flight_pop(&s->flight);
            if (rpc.kind)
                queue_arrive(q, &rpc);
            else
                queue_leave(q, &rpc);
        } else if (time > to) {
            return 1;
        } else {
            queue_issue(q, s->ready[0]);
        }
        if (time > s->time)
            s->time = time;
    }
    return 0;
}

/* Send an RPC of no stream; 0 if it has to wait for its link for good, as far as known. */
static int queue_offer(Queue *q, int32_t client, const Operation *operation, double payload, double time)
{
    State *s = q->state;
    const int64_t number = s->number++;
    Flight rpc = {.time = time, .kind = 1, .order = number, .number = number, .stream = -1,
                  .client = client, .operation = operation, .payload = payload};
    return queue_send(q, &rpc);
}

/* Let RPCs that had no way through their link try again. */
static void queue_retry(Queue *q)
{
    for (int64_t i = 0; i < q->state->link_count; i++) {
        Flights *waiting = &q->state->pending[i];
        int64_t gone = 0;
        while (gone < waiting->count && queue_cross(q, &waiting->at[gone]))
            gone++;
        if (gone) {
            waiting->count -= gone;
            memmove(waiting->at, waiting->at + gone, (size_t)waiting->count * sizeof(Flight));
        }
    }
}

#endif
