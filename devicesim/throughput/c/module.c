/* devicesim.throughput.compiled: the replay of a transfer as a Python type.
 *
 * Each header is the C form of the Python module of its name, and gives the same bits; the Python module says why.
 * Nothing here may be compiled so that a * b + c is rounded once (-ffp-contract=off), or with fast-math.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "fluid.h"
#include "forecast.h"
#include "replay.h"

typedef struct {
    PyObject_HEAD
    Replay replay;
    Py_buffer *lent; /* per client: sizes that nobody can change are looked at where they are */
    int busy; /* computing without the interpreter's lock */
} ReplayObject;

/* A column of a record, as Python looks at it. */
typedef struct {
    PyObject_HEAD
    ReplayObject *owner;
    Column *column;
    Files *plain; /* whose column it is, if that may still have to be written */
    Py_ssize_t length;
    const char *format;
} ColumnObject;

static PyTypeObject ColumnType;

/* What is read comes as the named tuples of ../reading.py. */
static PyObject *FileColumns, *Readings, *Standing;

static PyObject *named(PyObject *type, PyObject *values)
{
    PyObject *made = values ? PyObject_CallObject(type, values) : NULL;
    Py_XDECREF(values);
    return made;
}

/* Reading Python objects. */

/* An attribute by its name, which must be a literal: the string that Python looks up by is made once for each. */
static PyObject *attribute_of(PyObject *object, const char *name)
{
    static struct {
        const char *name;
        PyObject *string;
    } known[128];
    size_t at = (uintptr_t)name / 4 % 128;
    while (known[at].name && known[at].name != name)
        at = (at + 1) % 128;
    if (!known[at].name) {
        known[at].string = PyUnicode_InternFromString(name);
        if (!known[at].string)
            return NULL;
        known[at].name = name;
    }
    return PyObject_GetAttr(object, known[at].string);
}

static int number_of(PyObject *object, const char *name, double *value)
{
    PyObject *attribute = attribute_of(object, name);
    if (!attribute)
        return 0;
    *value = PyFloat_AsDouble(attribute);
    Py_DECREF(attribute);
    return !(*value == -1.0 && PyErr_Occurred());
}

static int whole_of(PyObject *object, const char *name, int64_t *value)
{
    PyObject *attribute = attribute_of(object, name);
    if (!attribute)
        return 0;
    *value = PyLong_AsLongLong(attribute);
    Py_DECREF(attribute);
    return !(*value == -1 && PyErr_Occurred());
}

static int operation_of(PyObject *object, Operation *operation)
{
    PyObject *wait = attribute_of(object, "wait");
    if (!wait)
        return 0;
    operation->wait = PyObject_IsTrue(wait);
    Py_DECREF(wait);
    if (operation->wait < 0 || !number_of(object, "request", &operation->request) ||
        !number_of(object, "work", &operation->work) ||
        !number_of(object, "work_per_byte", &operation->work_per_byte) ||
        !number_of(object, "store", &operation->store))
        return 0;
    operation->stores = operation->store > 0 || operation->wait;
    return 1;
}

static int operations_of(PyObject *operations, Client *client)
{
    PyObject *before = attribute_of(operations, "before");
    PyObject *after = attribute_of(operations, "after");
    PyObject *write = attribute_of(operations, "write");
    int good = before && after && write && PyTuple_Check(before) && PyTuple_Check(after);
    if (good) {
        client->before = (int)PyTuple_GET_SIZE(before);
        client->after = (int)PyTuple_GET_SIZE(after);
        client->life = calloc((size_t)(client->before + 1 + client->after), sizeof(Operation));
        good = client->life != NULL;
    }
    if (good) {
        client->write = client->life + client->before;
        good = operation_of(write, client->write);
        for (int i = 0; good && i < client->before; i++)
            good = operation_of(PyTuple_GET_ITEM(before, i), &client->life[i]);
        for (int i = 0; good && i < client->after; i++)
            good = operation_of(PyTuple_GET_ITEM(after, i), &client->write[1 + i]);
    }
    Py_XDECREF(before);
    Py_XDECREF(after);
    Py_XDECREF(write);
    if (!good && !PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "operations must be Operations");
    return good;
}

static int client_of(PyObject *object, Client *client)
{
    int64_t link = 0;
    PyObject *operations = attribute_of(object, "operations");
    int good = operations && operations_of(operations, client);
    Py_XDECREF(operations);
    good = good && whole_of(object, "streams", &client->streams) && whole_of(object, "window", &client->window) &&
           whole_of(object, "link", &link) && number_of(object, "block", &client->block) &&
           number_of(object, "start", &client->start);
    if (good && (link < 0 || link >= 1 << 20 || client->streams < 1 || client->window < 1 ||
                 client->streams > MOST_STREAMS || client->window > MOST_STREAMS)) {
        PyErr_SetString(PyExc_ValueError, "a client's streams, window or link is out of range");
        good = 0;
    }
    client->link = (int)link;
    return good;
}

static int server_of(PyObject *object, Server *server)
{
    double start, end;
    PyObject *store = attribute_of(object, "store");
    int good = store && whole_of(object, "cores", &server->cores) && number_of(object, "buffer", &server->buffer) &&
               number_of(store, "rate_start", &start) && number_of(store, "rate_end", &end) &&
               number_of(store, "capacity", &server->capacity) && number_of(store, "position", &server->position);
    Py_XDECREF(store);
    if (good && (server->cores < 1 || server->cores > MOST_STREAMS)) {
        PyErr_SetString(PyExc_ValueError, "a server's cores are out of range");
        good = 0;
    }
    if (good) {
        server->square = start * start;
        server->fall = end * end - server->square;
    }
    return good;
}

/* A tuple of as many numbers as there are clients. */
static int numbers_of(PyObject *object, const char *name, double *values, int64_t count)
{
    PyObject *numbers = attribute_of(object, name);
    int good = numbers && PyTuple_Check(numbers) && PyTuple_GET_SIZE(numbers) == count;
    for (int64_t i = 0; good && i < count; i++) {
        values[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(numbers, i));
        good = !(values[i] == -1.0 && PyErr_Occurred());
    }
    Py_XDECREF(numbers);
    if (!good && !PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "%s must be a tuple of %lld numbers", name, (long long)count);
    return good;
}

/* Begin and end. */

static int setup_of(Setup *setup, PyObject *server, PyObject *clients)
{
    PyObject *list = PySequence_Fast(clients, "clients must be a sequence");
    if (!list)
        return 0;
    setup->client_count = PySequence_Fast_GET_SIZE(list);
    setup->clients = calloc((size_t)setup->client_count + 1, sizeof(Client));
    int good = setup->clients && server_of(server, &setup->server);
    for (int64_t i = 0; good && i < setup->client_count; i++) {
        Client *client = &setup->clients[i];
        good = client_of(PySequence_Fast_GET_ITEM(list, i), client);
        if (!good)
            break;
        setup->stream_count += client->streams;
        setup->rings += client->streams * client->window;
        if (client->link >= setup->link_count)
            setup->link_count = client->link + 1;
        for (int stage = -client->before; stage <= client->after; stage++)
            setup->waits |= client->write[stage].wait;
    }
    Py_DECREF(list);
    if (good && setup->stream_count >= MOST_STREAMS) {
        PyErr_Format(PyExc_ValueError, "streams of all clients must be < %lld, got %lld", (long long)MOST_STREAMS,
                     (long long)setup->stream_count);
        return 0;
    }
    if (!good && !PyErr_Occurred())
        PyErr_NoMemory();
    return good;
}

static int schedule_of(Schedule *schedule, const Setup *setup, PyObject *regime)
{
    const int64_t count = setup->client_count;
    double share, store, *values = malloc(2 * (size_t)count * sizeof(double) + 1);
    schedule->clients = count;
    schedule->bandwidth = calloc((size_t)count + 1, sizeof(Capacity));
    schedule->latency = calloc((size_t)count + 1, sizeof(Capacity));
    schedule->one_link = 1;
    int good = values && schedule->bandwidth && schedule->latency;
    if (!good)
        PyErr_NoMemory();
    good = good && numbers_of(regime, "bandwidth", values, count) &&
           numbers_of(regime, "latency", values + count, count) && number_of(regime, "share", &share) &&
           number_of(regime, "store", &store);
    for (int64_t i = 0; good && i < count; i++) {
        good = capacity_begin(&schedule->bandwidth[i], values[i]) &&
               capacity_begin(&schedule->latency[i], values[count + i]);
        schedule->one_link &= setup->clients[i].link == setup->clients[0].link;
    }
    good = good && capacity_begin(&schedule->share, share) && capacity_begin(&schedule->store, store);
    free(values);
    if (!good && !PyErr_Occurred())
        PyErr_NoMemory();
    return good;
}

static int record_begin(Record *record, const Setup *setup, double at, Trouble *trouble)
{
    record->client_count = setup->client_count;
    record->link_count = setup->link_count;
    record->files = calloc((size_t)setup->client_count, sizeof(Files));
    record->links = calloc((size_t)setup->link_count, sizeof(Meter));
    if (!record->files || !record->links)
        return 0;
    for (int64_t i = 0; i < record->link_count; i++)
        meter_read(&record->links[i], at, 0.0, trouble);
    Meter *others[] = {&record->cores, &record->store, &record->stored, &record->blocked};
    for (int i = 0; i < 4; i++)
        meter_read(others[i], at, 0.0, trouble);
    /* Where clients or cores are several, files overtake one another. */
    record->files[0].plain = setup->client_count == 1 && setup->server.cores == 1;
    return !trouble->no_memory;
}

static int poll_signals(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    int go_on = PyErr_CheckSignals() == 0;
    PyGILState_Release(state);
    return go_on;
}

static int replay_init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    ReplayObject *self = (ReplayObject *)object;
    PyObject *server, *clients, *regime;
    double at;
    long long every;
    if (keywords && PyDict_GET_SIZE(keywords)) {
        PyErr_SetString(PyExc_TypeError, "Replay takes no keywords");
        return -1;
    }
    if (!PyArg_ParseTuple(arguments, "OOOdL", &server, &clients, &regime, &at, &every))
        return -1;
    Replay *r = &self->replay;
    if (self->busy || r->setup.clients) {
        PyErr_SetString(PyExc_RuntimeError, "a replay begins once");
        return -1;
    }
    r->through = -INFINITY;
    r->every = every;
    r->poll = poll_signals;
    if (!setup_of(&r->setup, server, clients) || !schedule_of(&r->schedule, &r->setup, regime))
        return -1;
    if (!state_begin(&r->state, &r->setup, at) || !record_begin(&r->record, &r->setup, at, &r->trouble) ||
        !front_make(&r->front, &r->setup)) {
        PyErr_NoMemory();
        return -1;
    }
    self->lent = calloc((size_t)r->setup.client_count, sizeof(Py_buffer));
    if (!self->lent) {
        PyErr_NoMemory();
        return -1;
    }
    periods_begin(&r->periods, &r->setup);
    r->ordered = schedule_keeps_order(&r->schedule) && r->setup.server.cores == 1;
    replay_freeze(r);
    if (r->trouble.no_memory) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

/* Give back the sizes that a client has lent. */
static void lent_return(ReplayObject *self, int64_t client)
{
    self->replay.record.files[client].sizes.at = NULL;
    PyBuffer_Release(&self->lent[client]);
}

static void replay_dealloc(PyObject *object)
{
    ReplayObject *self = (ReplayObject *)object;
    for (int64_t i = 0; self->lent && i < self->replay.record.client_count; i++)
        if (self->lent[i].obj)
            lent_return(self, i);
    free(self->lent);
    replay_end(&((ReplayObject *)object)->replay);
    Py_TYPE(object)->tp_free(object);
}

/* Every method begins with ready(), and what computes ends with well(). */

static int ready(ReplayObject *self)
{
    if (self->busy)
        PyErr_SetString(PyExc_RuntimeError, "the transfer is being computed in another thread");
    else if (!self->replay.checkpoint_count)
        PyErr_SetString(PyExc_RuntimeError, "the replay has not begun");
    else
        return 1;
    return 0;
}

static int well(Replay *r)
{
    if (r->interrupted) {
        r->interrupted = 0;
        return 0;
    }
    if (!r->trouble.no_memory)
        return 1;
    r->trouble.no_memory = 0;
    for (int64_t i = 0; i < r->record.client_count; i++)
        if (r->record.files[i].sizes.in_use) {
            r->record.files[i].sizes.in_use = 0;
            PyErr_SetString(PyExc_BufferError, "a column cannot grow while it is looked at");
            return 0;
        }
    for (int64_t i = 0; i < record_columns(&r->record); i++)
        if (record_column(&r->record, i)->in_use) {
            record_column(&r->record, i)->in_use = 0;
            PyErr_SetString(PyExc_BufferError, "a column cannot grow while it is looked at");
            return 0;
        }
    PyErr_NoMemory();
    return 0;
}

static int catch_up(ReplayObject *self, double to)
{
    Replay *r = &self->replay;
    self->busy = 1;
    Py_BEGIN_ALLOW_THREADS
    replay_catch_up(r, to);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    return well(r);
}

static PyObject *method_catch_up(PyObject *object, PyObject *argument)
{
    ReplayObject *self = (ReplayObject *)object;
    double to = PyFloat_AsDouble(argument);
    if (to == -1.0 && PyErr_Occurred())
        return NULL;
    if (isnan(to)) {
        PyErr_SetString(PyExc_ValueError, "to must be a time, got nan");
        return NULL;
    }
    if (!ready(self) || !catch_up(self, sooner(to, LAST)))
        return NULL;
    Py_RETURN_NONE;
}

static int known_client(const Replay *r, long long client)
{
    if (client >= 0 && client < r->setup.client_count)
        return 1;
    PyErr_Format(PyExc_IndexError, "client must be in [0, %lld], got %lld", (long long)r->setup.client_count - 1, client);
    return 0;
}

/* Sizes that are copied and looked at together stay in the processor's cache meanwhile. */
#define SOME_SIZES 2048

/* The WRITEs that files need, or a few more; their sizes are copied on the way, if there is somewhere to. */
WIDE static double sizes_count(const double *sizes, double *copy, int64_t count, double block)
{
    const double blocks = 1 / block;
    double writes = (double)count;
    for (int64_t from = 0; from < count; from += SOME_SIZES) {
        const int64_t some = count - from < SOME_SIZES ? count - from : SOME_SIZES;
        const double *const these = sizes + from;
        if (copy)
            memcpy(copy + from, these, (size_t)some * sizeof(double));
        for (int64_t i = 0; i < some; i++)
            writes += floor(these[i] * blocks);
    }
    return writes;
}

/* Room for what the record of so many files just appended will at least need: to grow step by step costs more. */
static void reserve_record(Replay *r, int64_t client, int64_t count, double wanted)
{
    const Client *who = &r->setup.clients[client];
    Files *files = &r->record.files[client];
    /* Of files of very many WRITEs no more than of others: they need room only as they come. */
    const double most = 16.0 * (double)count;
    const int64_t writes = (int64_t)(wanted < most ? wanted : most);
    const int64_t rpcs = writes + count * (who->before + who->after);
    files->writes += writes;
    if (!files->plain) {
        column_reserve(&files->finished, files->sizes.count - files->finished.count, &r->trouble);
        column_reserve(&files->admitted.values, writes + METER_EVERY, &r->trouble);
    }
    column_reserve(&files->finished_at, files->sizes.count - files->finished_at.count, &r->trouble);
    column_reserve(&files->admitted.times, writes + METER_EVERY, &r->trouble);
    Meter *meters[] = {&r->record.links[who->link], &r->record.cores, &r->record.store, &r->record.stored,
                       &r->record.blocked};
    for (int i = 0; i < 5; i++) {
        column_reserve(&meters[i]->times, rpcs / METER_EVERY + 1, &r->trouble);
        column_reserve(&meters[i]->values, rpcs / METER_EVERY + 1, &r->trouble);
    }
}

/* Copy the sizes that a client has lent, as others follow. */
static void sizes_own(ReplayObject *self, int64_t client, int64_t more)
{
    Column *column = &self->replay.record.files[client].sizes, own = {.at = NULL};
    Trouble *trouble = &self->replay.trouble;
    if (column->views)
        column->in_use = trouble->no_memory = 1;
    else
        column_reserve(&own, column->count + more, trouble);
    if (trouble->no_memory)
        return;
    memcpy(own.at, column->at, (size_t)column->count * sizeof(double));
    own.count = column->count;
    lent_return(self, client);
    *column = own;
}

static PyObject *method_submit(PyObject *object, PyObject *arguments)
{
    ReplayObject *self = (ReplayObject *)object;
    Replay *r = &self->replay;
    long long client;
    Py_buffer sizes;
    if (!PyArg_ParseTuple(arguments, "Ly*", &client, &sizes))
        return NULL;
    int good = ready(self) && known_client(r, client);
    if (good) {
        Column *column = &r->record.files[client].sizes;
        const int64_t count = sizes.len / (Py_ssize_t)sizeof(double), had = column->count;
        const double block = r->setup.clients[client].block;
        const int borrows = sizes.readonly && count && !column->at;
        if (borrows) {
            self->lent[client] = sizes;
            column->at = sizes.buf;
            column->room = column->count = count;
            reserve_record(r, client, count, sizes_count(sizes.buf, NULL, count, block));
        } else {
            if (self->lent[client].obj)
                sizes_own(self, client, count);
            if (!r->trouble.no_memory)
                column_reserve(column, count, &r->trouble); /* never one that is lent */
            if (!r->trouble.no_memory && count) {
                const double writes = sizes_count(sizes.buf, column->at + had, count, block);
                column->count += count;
                reserve_record(r, client, count, writes);
            }
        }
        if (r->trouble.no_memory)
            column->count = had;
        good = well(r);
        if (borrows)
            sizes.obj = NULL; /* not to be released */
    }
    if (sizes.obj)
        PyBuffer_Release(&sizes);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *put(ReplayObject *self, Input input)
{
    Replay *r = &self->replay;
    if (!ready(self) || !known_client(r, input.client))
        return NULL;
    replay_put(r, input);
    if (!well(r))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *method_grant(PyObject *object, PyObject *arguments)
{
    long long count;
    Input input = {.kind = GRANT};
    if (!PyArg_ParseTuple(arguments, "iLdd", &input.client, &count, &input.at, &input.after))
        return NULL;
    input.count = count;
    return put((ReplayObject *)object, input);
}

static PyObject *method_pause(PyObject *object, PyObject *arguments)
{
    int paused;
    Input input = {.kind = PAUSE};
    if (!PyArg_ParseTuple(arguments, "ipdd", &input.client, &paused, &input.at, &input.after))
        return NULL;
    input.count = paused;
    return put((ReplayObject *)object, input);
}

static PyObject *method_offer(PyObject *object, PyObject *arguments)
{
    ReplayObject *self = (ReplayObject *)object;
    Replay *r = &self->replay;
    PyObject *what;
    Operation operation;
    Input input = {.kind = OFFER};
    if (!PyArg_ParseTuple(arguments, "iOdd", &input.client, &what, &input.payload, &input.at) ||
        !operation_of(what, &operation) || !ready(self) || !known_client(r, input.client))
        return NULL;
    input.after = input.at;
    input.serial = ++r->asking;
    input.operation = replay_operation(r, operation);
    if (!input.operation || r->trouble.no_memory) {
        well(r);
        return NULL;
    }
    replay_put(r, input);
    if (!well(r) || !catch_up(self, input.at))
        return NULL;
    double told = isnan(r->state.told) ? replay_answer(r) : r->state.told;
    return well(r) ? PyFloat_FromDouble(told) : NULL;
}

static PyObject *method_lay(PyObject *object, PyObject *arguments)
{
    ReplayObject *self = (ReplayObject *)object;
    Replay *r = &self->replay;
    PyObject *regime;
    double at, share, store;
    if (!PyArg_ParseTuple(arguments, "Od", &regime, &at) || !ready(self))
        return NULL;
    const int64_t count = r->setup.client_count;
    double few[16], *values = count <= 4 ? few : malloc(4 * (size_t)count * sizeof(double));
    if (!values)
        return PyErr_NoMemory();
    int went_back = 0;
    int good = numbers_of(regime, "bandwidth", values, count) && numbers_of(regime, "latency", values + count, count) &&
               number_of(regime, "share", &share) && number_of(regime, "store", &store);
    if (good) {
        Schedule *schedule = &r->schedule;
        Differences differs = {.bandwidth = values + 2 * count, .latency = values + 3 * count};
        for (int64_t i = 0; i < count; i++) {
            differs.bandwidth[i] = capacity_lay(&schedule->bandwidth[i], at, values[i], &r->trouble);
            differs.latency[i] = capacity_lay(&schedule->latency[i], at, values[count + i], &r->trouble);
        }
        differs.share = capacity_lay(&schedule->share, at, share, &r->trouble);
        differs.store = capacity_lay(&schedule->store, at, store, &r->trouble);
        r->ordered = r->ordered && schedule_keeps_order(schedule);
        if (!replay_untouched(r, &r->state, &differs)) {
            replay_go_back(r, &differs, 0.0, 0);
            went_back = 1;
        }
        replay_revive(r);
        r->through = -INFINITY;
        good = well(r);
    }
    if (values != few)
        free(values);
    return good ? PyBool_FromLong(went_back) : NULL;
}

static PyObject *method_settle(PyObject *object, PyObject *argument)
{
    ReplayObject *self = (ReplayObject *)object;
    double time = PyFloat_AsDouble(argument);
    if ((time == -1.0 && PyErr_Occurred()) || !ready(self))
        return NULL;
    replay_settle(&self->replay, time);
    Py_RETURN_NONE;
}

static PyObject *method_settle_inputs(PyObject *object, PyObject *argument)
{
    ReplayObject *self = (ReplayObject *)object;
    long long keep = PyLong_AsLongLong(argument);
    if ((keep == -1 && PyErr_Occurred()) || !ready(self))
        return NULL;
    Replay *r = &self->replay;
    if (r->unsettled <= 2 * keep)
        return PyFloat_FromDouble(-INFINITY);
    r->unsettled = keep;
    if (r->input_count < keep)
        return PyFloat_FromDouble(-INFINITY);
    double time = r->inputs[r->input_count - keep].at;
    replay_settle(r, time);
    return PyFloat_FromDouble(time);
}

static PyObject *method_freeze(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    ReplayObject *self = (ReplayObject *)object;
    if (!ready(self))
        return NULL;
    replay_freeze(&self->replay);
    if (!well(&self->replay))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *method_leap(PyObject *object, PyObject *arguments)
{
    ReplayObject *self = (ReplayObject *)object;
    double dt, size, store_free;
    Py_buffer amounts, times;
    if (!PyArg_ParseTuple(arguments, "ddy*y*d", &dt, &size, &amounts, &times, &store_free))
        return NULL;
    int good = ready(self);
    if (good && amounts.len != times.len) {
        PyErr_SetString(PyExc_ValueError, "amounts and times must be as many");
        good = 0;
    }
    if (good) {
        replay_leap(&self->replay, dt, size, amounts.buf, times.buf, amounts.len / (Py_ssize_t)sizeof(double), store_free);
        good = well(&self->replay);
    }
    PyBuffer_Release(&amounts);
    PyBuffer_Release(&times);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

/* What can be read. */

static PyObject *column_of(ReplayObject *self, Column *column, Files *plain, const char *format)
{
    ColumnObject *object = PyObject_New(ColumnObject, &ColumnType);
    if (!object)
        return NULL;
    Py_INCREF(self);
    object->owner = self;
    object->column = column;
    object->plain = plain;
    object->length = (Py_ssize_t)column->count;
    object->format = format;
    return (PyObject *)object;
}

static PyObject *method_files(PyObject *object, PyObject *argument)
{
    ReplayObject *self = (ReplayObject *)object;
    long long client = PyLong_AsLongLong(argument);
    if ((client == -1 && PyErr_Occurred()) || !ready(self) || !known_client(&self->replay, client))
        return NULL;
    Files *files = &self->replay.record.files[client];
    return named(FileColumns, Py_BuildValue("NNNNN", column_of(self, &files->sizes, NULL, "d"),
                         column_of(self, &files->finished, files, "q"),
                         column_of(self, &files->finished_at, NULL, "d"),
                         column_of(self, &files->admitted.times, NULL, "d"),
                         column_of(self, &files->admitted.values, files, "d")));
}

/* A station's readings, and the latest points beyond them: times, values, [(time, value), ...]. */
static PyObject *method_meter(PyObject *object, PyObject *arguments)
{
    ReplayObject *self = (ReplayObject *)object;
    const char *station;
    long long link = 0;
    if (!PyArg_ParseTuple(arguments, "s|L", &station, &link) || !ready(self))
        return NULL;
    Replay *r = &self->replay;
    const State *s = &r->state;
    Meter *meter;
    double time, value;
    PyObject *points;
    if (!strcmp(station, "link") && link >= 0 && link < r->setup.link_count) {
        meter = &r->record.links[link];
        points = Py_BuildValue("[(dd)]", s->link_free[link], s->link_busy[link]);
    } else if (!strcmp(station, "cores")) {
        meter = &r->record.cores;
        core_reading(s, &r->schedule.share, &time, &value);
        points = Py_BuildValue("[(dd)(dd)]", time, value, latest_core(s), s->core_busy);
    } else if (!strcmp(station, "store")) {
        meter = &r->record.store;
        points = Py_BuildValue("[(dd)]", s->store_free, s->store_busy);
    } else if (!strcmp(station, "stored")) {
        meter = &r->record.stored;
        points = Py_BuildValue("[(dd)]", s->store_free, s->admitted);
    } else if (!strcmp(station, "buffer")) {
        meter = &r->record.blocked;
        points = Py_BuildValue("[(dd)]", s->admitted_at, s->blocked);
    } else {
        return PyErr_Format(PyExc_KeyError, "no station %s %lld", station, link);
    }
    return named(Readings,
                 Py_BuildValue("NNN", column_of(self, &meter->times, NULL, "d"), column_of(self, &meter->values, NULL, "d"),
                               points));
}

static PyObject *numbers(const double *values, int64_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (int64_t i = 0; list && i < count; i++)
        PyList_SET_ITEM(list, (Py_ssize_t)i, PyFloat_FromDouble(values[i]));
    return list;
}

static PyObject *curve_of(const Capacity *c)
{
    return Py_BuildValue("(NN)", numbers(c->times, c->count), numbers(c->values, c->count));
}

/* Every capacity as far as known: bandwidths, latencies, share, store. */
static PyObject *method_capacities(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    ReplayObject *self = (ReplayObject *)object;
    if (!ready(self))
        return NULL;
    Schedule *schedule = &self->replay.schedule;
    PyObject *bandwidth = PyList_New(0), *latency = PyList_New(0);
    for (int64_t i = 0; bandwidth && latency && i < schedule->clients; i++) {
        PyObject *one = curve_of(&schedule->bandwidth[i]), *other = curve_of(&schedule->latency[i]);
        if (!one || !other || PyList_Append(bandwidth, one) || PyList_Append(latency, other)) {
            Py_XDECREF(one);
            Py_XDECREF(other);
            Py_CLEAR(bandwidth);
            break;
        }
        Py_DECREF(one);
        Py_DECREF(other);
    }
    if (!bandwidth || !latency) {
        Py_XDECREF(bandwidth);
        Py_XDECREF(latency);
        return NULL;
    }
    return Py_BuildValue("NNNN", bandwidth, latency, curve_of(&schedule->share), curve_of(&schedule->store));
}

/* Some stream never gets its answer, as far as known; operations offered at doors do not count. */
static int stuck(const State *s)
{
    if (s->stalled_count)
        return 1;
    for (int64_t i = 0; i < s->link_count; i++)
        for (int64_t k = 0; k < s->pending[i].count; k++)
            if (s->pending[i].at[k].stream >= 0)
                return 1;
    for (int64_t i = 0; i < s->ready_count; i++)
        if (s->ready[i].time == INFINITY && s->ready[i].key != NEVER_KEY)
            return 1;
    return 0;
}

/* Where the transfer stands: link_free, front_free, store_free, buffered, position, taken, paused, stuck, streams. */
static PyObject *method_standing(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    ReplayObject *self = (ReplayObject *)object;
    if (!ready(self))
        return NULL;
    const State *s = &self->replay.state;
    PyObject *taken = PyList_New((Py_ssize_t)s->client_count), *paused = PyList_New((Py_ssize_t)s->client_count);
    PyObject *streams = PyList_New((Py_ssize_t)s->stream_count);
    double stored = s->drained, front_free = later(s->admitted_at, latest_core(s));
    for (int64_t i = 0; i < s->link_count; i++)
        front_free = later(s->link_free[i], front_free);
    for (int64_t i = s->buffered.head; i < s->buffered.count && s->buffered.at[i].time <= s->admitted_at; i++)
        stored = s->buffered.at[i].admitted;
    for (int64_t i = 0; taken && paused && i < s->client_count; i++) {
        PyList_SET_ITEM(taken, (Py_ssize_t)i, PyLong_FromLongLong(s->taken[i]));
        PyList_SET_ITEM(paused, (Py_ssize_t)i, PyBool_FromLong(s->paused[i]));
    }
    for (int64_t i = 0; streams && i < s->stream_count; i++) {
        const Stream *stream = &s->streams[i];
        PyObject *stage = stream->stage == NO_STAGE ? Py_NewRef(Py_None) : PyLong_FromLong(stream->stage);
        PyList_SET_ITEM(streams, (Py_ssize_t)i, Py_BuildValue("(iNd)", stream->client, stage, stream->left));
    }
    if (!taken || !paused || !streams) {
        Py_XDECREF(taken);
        Py_XDECREF(paused);
        Py_XDECREF(streams);
        return NULL;
    }
    return named(Standing, Py_BuildValue("NddddNNNN", numbers(s->link_free, s->link_count), front_free, s->store_free,
                                         s->admitted - stored, s->position, taken, paused,
                         PyBool_FromLong(stuck(s)), streams));
}

/* The latest or the oldest payloads ahead of the store: bytes admitted up to and with each, and when the store has it. */
static PyObject *method_buffered(PyObject *object, PyObject *arguments)
{
    ReplayObject *self = (ReplayObject *)object;
    long long most;
    int oldest;
    if (!PyArg_ParseTuple(arguments, "Lp", &most, &oldest) || !ready(self))
        return NULL;
    const State *s = &self->replay.state;
    const Buffered *b = &s->buffered;
    int64_t first = b->head, end = b->count;
    while (first < end && b->at[first].time <= s->admitted_at)
        first++;
    if (most < end - first) {
        if (oldest)
            end = first + most;
        else
            first = end - most;
    }
    PyObject *amounts = PyList_New((Py_ssize_t)(end - first)), *times = PyList_New((Py_ssize_t)(end - first));
    for (int64_t i = first; amounts && times && i < end; i++) {
        PyList_SET_ITEM(amounts, (Py_ssize_t)(i - first), PyFloat_FromDouble(b->at[i].admitted));
        PyList_SET_ITEM(times, (Py_ssize_t)(i - first), PyFloat_FromDouble(b->at[i].time));
    }
    if (!amounts || !times) {
        Py_XDECREF(amounts);
        Py_XDECREF(times);
        return NULL;
    }
    return Py_BuildValue("(NN)", amounts, times);
}

static PyObject *get_through(PyObject *object, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble(((ReplayObject *)object)->replay.through);
}

static PyObject *get_time(PyObject *object, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble(((ReplayObject *)object)->replay.state.time);
}

static PyObject *get_unfinished(PyObject *object, void *Py_UNUSED(closure))
{
    const Record *record = &((ReplayObject *)object)->replay.record;
    int64_t count = 0;
    for (int64_t i = 0; i < record->client_count; i++)
        count += record->files[i].sizes.count - record->files[i].finished.count;
    return PyLong_FromLongLong(count);
}

static PyObject *get_finished_by(PyObject *object, void *Py_UNUSED(closure))
{
    const Record *record = &((ReplayObject *)object)->replay.record;
    double latest = -INFINITY;
    for (int64_t i = 0; i < record->client_count; i++) {
        const Column *finished_at = &record->files[i].finished_at;
        if (finished_at->count)
            latest = later(finished_at->at[finished_at->count - 1], latest);
    }
    return PyFloat_FromDouble(latest);
}

static PyMethodDef replay_methods[] = {
    {"catch_up", method_catch_up, METH_O, "Apply the inputs not yet applied, each at its time, and go on to a time."},
    {"submit", method_submit, METH_VARARGS, "Append sizes to a client's list."},
    {"grant", method_grant, METH_VARARGS, "Add so many files of a client's list at a time."},
    {"pause", method_pause, METH_VARARGS, "Let a client issue nothing from a time on, or let it go on."},
    {"offer", method_offer, METH_VARARGS, "Send an RPC of no stream; return when its reply arrives, as far as known."},
    {"lay", method_lay, METH_VARARGS, "Let a regime hold from a time on; return whether that went back."},
    {"leap", method_leap, METH_VARARGS, "Go on by some time and bytes as if all went on as it does."},
    {"settle", method_settle, METH_O, "Drop what it would take to go back before a time."},
    {"settle_inputs", method_settle_inputs, METH_O, "Settle all but the latest inputs; return up to when."},
    {"freeze", method_freeze, METH_NOARGS, "Keep the present state to go back to."},
    {"files", method_files, METH_O, "Columns of a client: sizes, finished, finished_at, admitted times and bytes."},
    {"meter", method_meter, METH_VARARGS, "A station's readings, and the latest points beyond them."},
    {"capacities", method_capacities, METH_NOARGS, "Every capacity as far as known."},
    {"buffered", method_buffered, METH_VARARGS, "The latest or the oldest payloads ahead of the store, and when it has them."},
    {"standing", method_standing, METH_NOARGS, "Where the transfer stands."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef replay_getset[] = {
    {"through", get_through, NULL, "everything that happens by then has been computed [s]", NULL},
    {"time", get_time, NULL, "time of the latest step or input [s]", NULL},
    {"finished_by", get_finished_by, NULL, "when the latest file finished was, -inf if there is none [s]", NULL},
    {"unfinished", get_unfinished, NULL, "files submitted and not finished", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject ReplayType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "devicesim.throughput.compiled.Replay",
    .tp_doc = "Computes a transfer up to any time, and again when an input comes late.",
    .tp_basicsize = sizeof(ReplayObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = replay_init,
    .tp_dealloc = replay_dealloc,
    .tp_methods = replay_methods,
    .tp_getset = replay_getset,
};

static void column_dealloc(PyObject *object)
{
    Py_DECREF(((ColumnObject *)object)->owner);
    PyObject_Free(object);
}

static Py_ssize_t column_length(PyObject *object) { return ((ColumnObject *)object)->length; }

static int column_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    static double nothing;
    ColumnObject *self = (ColumnObject *)object;
    if (flags & PyBUF_WRITABLE) {
        PyErr_SetString(PyExc_BufferError, "a column can only be read");
        view->obj = NULL;
        return -1;
    }
    if (self->owner->busy || self->column->count < self->length) {
        PyErr_SetString(PyExc_BufferError, "the column has changed since it was asked for");
        view->obj = NULL;
        return -1;
    }
    if (self->plain) {
        Trouble trouble = {0};
        files_write_out(self->plain, &trouble);
        if (trouble.no_memory) {
            PyErr_NoMemory();
            view->obj = NULL;
            return -1;
        }
    }
    Py_INCREF(object);
    view->obj = object;
    view->buf = self->length ? (void *)self->column->at : (void *)&nothing;
    view->len = self->length * (Py_ssize_t)sizeof(double);
    view->readonly = 1;
    view->itemsize = sizeof(double);
    view->format = (flags & PyBUF_FORMAT) ? (char *)self->format : NULL;
    view->ndim = 1;
    view->shape = (flags & PyBUF_ND) ? &self->length : NULL;
    view->strides = (flags & PyBUF_STRIDES) ? &view->itemsize : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    self->column->views++;
    return 0;
}

static void column_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view))
{
    ((ColumnObject *)object)->column->views--;
}

static PyBufferProcs column_buffer = {column_getbuffer, column_releasebuffer};
static PySequenceMethods column_sequence = {.sq_length = column_length};

static PyTypeObject ColumnType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "devicesim.throughput.compiled.Column",
    .tp_doc = "A growing array; it cannot grow while it is looked at.",
    .tp_basicsize = sizeof(ColumnObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = column_dealloc,
    .tp_as_buffer = &column_buffer,
    .tp_as_sequence = &column_sequence,
};

/* The fast tier's. */

static PyObject *function_sums(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer sizes, made;
    long long length;
    double block, reach, largest;
    if (!PyArg_ParseTuple(arguments, "y*Ldddw*", &sizes, &length, &block, &reach, &largest, &made))
        return NULL;
    int64_t count = length > 0 ? sizes.len / (Py_ssize_t)sizeof(double) / length : 0;
    int good = 0, fits = made.len == (Py_ssize_t)(6 * count * (int64_t)sizeof(double));
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        good = block_sums(sizes.buf, count, length, block, reach, largest, made.buf, count);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&sizes);
    PyBuffer_Release(&made);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "made must have six sums for each block");
        return NULL;
    }
    return PyBool_FromLong(good);
}

/* Whether all are from 0 up to a largest; NaN is not. */
WIDE static int all_within(const double *values, int64_t count, double largest)
{
    int64_t beyond = 0;
    for (int64_t i = 0; i < count; i++)
        beyond |= -(int64_t)!(values[i] >= 0.0 && values[i] <= largest);
    return !beyond;
}

static PyObject *function_within(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer values;
    double largest;
    if (!PyArg_ParseTuple(arguments, "y*d", &values, &largest))
        return NULL;
    const int good = all_within(values.buf, values.len / (Py_ssize_t)sizeof(double), largest);
    PyBuffer_Release(&values);
    return PyBool_FromLong(good);
}

static PyObject *function_flow(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer times, sizes, works;
    double now, limit, held, until;
    if (!PyArg_ParseTuple(arguments, "w*y*w*dddd", &times, &sizes, &works, &now, &limit, &held, &until))
        return NULL;
    int64_t count = times.len / (Py_ssize_t)sizeof(double);
    int fits = sizes.len == times.len && works.len == times.len;
    double *known = fits ? malloc(2 * (size_t)(count + 2) * sizeof(double)) : NULL;
    if (known)
        flow(times.buf, sizes.buf, works.buf, count, now, limit, held, until, known, known + count + 2);
    PyBuffer_Release(&times);
    PyBuffer_Release(&sizes);
    PyBuffer_Release(&works);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "times, sizes and works must be as many");
        return NULL;
    }
    if (!known)
        return PyErr_NoMemory();
    free(known);
    Py_RETURN_NONE;
}

static PyObject *function_forecast(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *server, *client;
    Py_buffer b[14]; /* sums, begins, four kinds of regimes, wanted, three axes, table, end, sizes, files */
    long long each;
    if (!PyArg_ParseTuple(arguments, "OOy*Ly*y*y*y*y*y*y*y*y*y*w*w*w*", &server, &client, &b[0], &each, &b[1], &b[2],
                          &b[3], &b[4], &b[5], &b[6], &b[7], &b[8], &b[9], &b[10], &b[11], &b[12], &b[13]))
        return NULL;
    Story story;
    memset(&story, 0, sizeof story);
    int good = server_of(server, &story.server) && client_of(client, &story.client);
    double *held = NULL;
    if (good) {
        const int64_t word = sizeof(double), count = b[11].len / word, wanted = b[6].len / word;
        story.sums = b[0].buf;
        story.blocks = b[0].len / word / 6;
        story.table = b[10].buf;
        int64_t corners = 1;
        for (int k = 0; k < 3; k++) {
            story.axis[k] = b[7 + k].buf;
            story.nodes[k] = b[7 + k].len / word;
            corners *= story.nodes[k];
        }
        for (int i = 0; i < story.client.before + 1 + story.client.after; i++) {
            const Operation *o = &story.client.life[i];
            story.waits |= o->wait;
            if (o != story.client.write) {
                story.serial_request += o->request;
                story.serial_work += o->work;
                story.serial_store += o->store;
            }
        }
        good = each > 0 && b[10].len / word == corners && b[12].len / word == count * wanted &&
               b[13].len / word == count * wanted;
        for (int k = 1; k < 6; k++)
            good = good && b[k].len / word == count * each;
        if (!good)
            PyErr_SetString(PyExc_ValueError, "shapes must fit");
        const int64_t room_for = story.blocks + each + 2;
        held = good ? malloc(6 * (size_t)room_for * sizeof(double)) : NULL;
        if (good && !held) {
            PyErr_NoMemory();
            good = 0;
        }
        if (good) {
            Room room = {held, held + room_for, held + 2 * room_for, held + 3 * room_for, held + 4 * room_for};
            story.works = held + 5 * room_for;
            works_of(&story, story.works);
            const double *begins = b[1].buf, *kinds[4] = {b[2].buf, b[3].buf, b[4].buf, b[5].buf};
            double *end = b[11].buf, *sizes = b[12].buf, *files = b[13].buf;
            Py_BEGIN_ALLOW_THREADS
            for (int64_t i = 0; i < count; i++) {
                const double *const row[4] = {kinds[0] + i * each, kinds[1] + i * each, kinds[2] + i * each,
                                              kinds[3] + i * each};
                int64_t knots;
                end[i] = forecast_one(&story, begins + i * each, row, each, &room, &knots);
                if (wanted)
                    course_at(&room, knots, b[6].buf, wanted, sizes + i * wanted, files + i * wanted);
            }
            Py_END_ALLOW_THREADS
        }
    }
    free(held);
    free(story.client.life);
    for (int k = 0; k < 14; k++)
        PyBuffer_Release(&b[k]);
    if (!good)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"forecast", function_forecast, METH_VARARGS, "Ends and courses of many replications, in place."},
    {"sums", function_sums, METH_VARARGS, "Sums over the blocks of a list; False if a size is refused."},
    {"within", function_within, METH_VARARGS, "Whether all of an array are from 0 up to a largest."},
    {"flow", function_flow, METH_VARARGS, "When parts of a leap are admitted and stored, in place."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "compiled",
    .m_doc = "The transfer core, compiled: the same bits as devicesim.throughput.replay, in less time.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit_compiled(void)
{
    if (PyType_Ready(&ReplayType) < 0 || PyType_Ready(&ColumnType) < 0)
        return NULL;
    PyObject *reading = PyImport_ImportModule("devicesim.throughput.reading");
    if (!reading)
        return NULL;
    FileColumns = attribute_of(reading, "FileColumns");
    Readings = attribute_of(reading, "Readings");
    Standing = attribute_of(reading, "Standing");
    Py_DECREF(reading);
    PyObject *made = FileColumns && Readings && Standing ? PyModule_Create(&module) : NULL;
    if (!made)
        return NULL;
    Py_INCREF(&ReplayType);
    if (PyModule_AddObject(made, "Replay", (PyObject *)&ReplayType) < 0) {
        Py_DECREF(&ReplayType);
        Py_DECREF(made);
        return NULL;
    }
    return made;
}
