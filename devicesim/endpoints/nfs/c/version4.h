/* Compounds of NFSv4.0 and 4.1: the form of ../v4/version.py.
 *
 * A compound goes on from operation to operation, here or in Python: what C does not answer is done by the Python form
 * of that operation alone, which finds everything as the operations before have left it, and leaves it to those behind.
 */

#ifndef VERSION4_H
#define VERSION4_H

#include "operations4.h"

#include <stddef.h>

enum { REP_TOO_BIG = 10066, REP_TOO_BIG_TO_CACHE = 10067 };

#define MOST_TAG 1024
#define MOST_OPERATIONS 256 /* of a compound of NFSv4.0 */
#define SHORT_REPLY 1024 /* bytes up to which replies are kept in their slots */
#define NO_WEIGHT 255

static PyObject *ReplayError;
static PyObject *str_look, *str_one, *str_told_of, *str_position, *str_reader, *str_index, *str_node, *str_saved,
    *str_stateid, *str_saved_stateid, *str_session, *str_slot, *str_client, *str_reply, *str_join;

/* What Python's form of a compound is told before an operation of its own, or tells afterwards. */
static int exchanged(Compound *c, int telling)
{
    struct {
        PyObject *name, **held;
    } const nodes[] = {
        {str_node, &c->node}, {str_saved, &c->saved}, {str_session, &c->session}, {str_slot, &c->slot},
        {str_client, &c->client},
    };
    struct {
        PyObject *name;
        unsigned char *bytes;
        int *has;
    } const stateids[] = {
        {str_stateid, c->stateid, &c->has_stateid}, {str_saved_stateid, c->saved_stateid, &c->has_saved},
    };
    for (size_t each = 0; each < sizeof nodes / sizeof *nodes; each++) {
        PyObject *value = *nodes[each].held;
        if (telling) {
            if (PyObject_SetAttr(c->compound, nodes[each].name, value ? value : Py_None))
                return 0;
            continue;
        }
        if (!(value = PyObject_GetAttr(c->compound, nodes[each].name)))
            return 0;
        hold(nodes[each].held, value == Py_None ? NULL : value);
        Py_DECREF(value);
    }
    for (size_t each = 0; each < 2; each++) {
        PyObject *value = telling && *stateids[each].has
                              ? PyBytes_FromStringAndSize((char *)stateids[each].bytes, STATEID)
                          : telling ? Py_NewRef(Py_None)
                                    : PyObject_GetAttr(c->compound, stateids[each].name);
        int done = value != NULL;
        if (done && telling)
            done = !PyObject_SetAttr(c->compound, stateids[each].name, value);
        else if (done && (*stateids[each].has = value != Py_None)) {
            done = PyBytes_Check(value) && PyBytes_GET_SIZE(value) == STATEID;
            if (done)
                memcpy(stateids[each].bytes, PyBytes_AS_STRING(value), STATEID);
            else
                PyErr_SetString(PyExc_TypeError, "a stateid is 16 bytes");
        }
        Py_XDECREF(value);
        if (!done)
            return 0;
    }
    return 1;
}

/* Put a number, which is stolen, where Python looks for it. */
static int tell_number(PyObject *to, PyObject *name, PyObject *value)
{
    int done = value && !PyObject_SetAttr(to, name, value);
    Py_XDECREF(value);
    return done;
}

/* Give what was written so far, and go on behind it; 0 with an exception set. */
static int flush(Compound *c)
{
    if (!c->sent && !(c->sent = PyList_New(0)))
        return 0;
    if (c->asked->to == c->bytes)
        return 1;
    PyObject *part = PyBytes_FromStringAndSize((char *)c->bytes, c->asked->to - c->bytes);
    int done = part && !PyList_Append(c->sent, part);
    Py_XDECREF(part);
    c->asked->to = c->bytes;
    return done;
}

/* Why what was just done cannot be told in its session; 0 if it can, -1 with an exception set. */
static int64_t too_long(Compound *c)
{
    int strange = 0;
    if (!c->session)
        return 0;
    int64_t most = count_in(c->session, session_places[S_MOST_REPLY], &strange);
    int64_t kept = count_in(c->session, session_places[S_MOST_KEPT], &strange);
    if (strange || !c->slot) {
        PyErr_SetString(PyExc_TypeError, "a session has bounds");
        return -1;
    }
    if (c->size > (uint64_t)most)
        return REP_TOO_BIG;
    return slot(c->slot, slot_places[T_KEEP]) == Py_True && c->size > (uint64_t)kept ? REP_TOO_BIG_TO_CACHE : 0;
}

/* Append a part of a result; a large one is sent as it is. 0 with an exception set. */
static int put_part(Compound *c, PyObject *part)
{
    Py_ssize_t size = PyBytes_GET_SIZE(part);
    if (size > MOST_HERE)
        return flush(c) && !PyList_Append(c->sent, part);
    if (!make_room(c, size))
        return 0;
    memcpy(c->asked->to, PyBytes_AS_STRING(part), size);
    c->asked->to += size;
    return 1;
}

/* Put the number, the status and the body that Python gives, a tuple, which is stolen; 0 with an exception set. */
static int put_result(Compound *c, PyObject *result)
{
    PyObject *body, *parts = NULL;
    int64_t problem = -1;
    if (result && PyArg_ParseTuple(result, "IIO:result", &c->operation, &c->status, &body) && make_room(c, 8)) {
        parts = PyTuple_Check(body) ? Py_NewRef(body) : PyTuple_Pack(1, body);
        c->size += 8;
        for (Py_ssize_t each = 0; parts && each < PyTuple_GET_SIZE(parts); each++)
            if (PyBytes_Check(PyTuple_GET_ITEM(parts, each)))
                c->size += (uint64_t)PyBytes_GET_SIZE(PyTuple_GET_ITEM(parts, each));
            else {
                PyErr_SetString(PyExc_TypeError, "a result is bytes");
                Py_CLEAR(parts);
            }
        problem = parts ? too_long(c) : -1;
    }
    int done = problem >= 0;
    if (problem > 0)
        c->status = (uint32_t)problem;
    if (done)
        c->asked->to = put_uint(put_uint(c->asked->to, c->operation), c->status);
    for (Py_ssize_t each = 0; done && !problem && each < PyTuple_GET_SIZE(parts); each++)
        done = put_part(c, PyTuple_GET_ITEM(parts, each));
    Py_XDECREF(parts);
    Py_XDECREF(result);
    return done;
}

/* Do the operation that begins at a place in Python; 0 with an exception set. */
static int by_python(Compound *c, const unsigned char *from)
{
    Asked *asked = c->asked;
    if (!c->compound) {
        PyObject *beside = asked->beside ? asked->beside : Py_None;
        c->compound = PyObject_CallMethod(
            asked->quick->version4, "begun", "OnnOOOOII", asked->record, (Py_ssize_t)(c->arguments - asked->start),
            asked->beside ? (Py_ssize_t)(asked->place - asked->start) : (Py_ssize_t)-1, beside, asked->caller,
            asked->connection, asked->now, c->minor, c->count);
        c->reader = c->compound ? PyObject_GetAttr(c->compound, str_reader) : NULL;
        if (!c->reader)
            return 0;
    }
    if (!exchanged(c, 1) || !tell_number(c->reader, str_position, PyLong_FromSsize_t(from - asked->start)) ||
        !tell_number(c->compound, str_index, PyLong_FromUnsignedLong(c->index)))
        return 0;
    PyObject *result = PyObject_CallMethodOneArg(asked->quick->version4, str_one, c->compound);
    PyObject *position = result ? PyObject_GetAttr(c->reader, str_position) : NULL;
    Py_ssize_t place = position ? PyLong_AsSsize_t(position) : -1, whole = asked->words.end - asked->start;
    Py_XDECREF(position);
    if (place < 0 || !exchanged(c, 0)) {
        Py_XDECREF(result);
        return 0;
    }
    asked->words.at = asked->start + (place > whole ? whole : place);
    asked->words.short_ = 0;
    return put_result(c, result);
}

/* Put the status of an operation that raised what is known; 0 with an exception set. */
static int refused4(Compound *c)
{
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_OverflowError, "numbers beyond 64 bits");
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    if (trace)
        PyException_SetTraceback(error, trace);
    PyObject *which = PyLong_FromUnsignedLong(c->operation), *result = NULL;
    if (which)
        result = PyObject_CallMethodObjArgs(c->asked->quick->version4, str_told_of, which, error, NULL);
    Py_XDECREF(which);
    Py_XDECREF(kind);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    return put_result(c, result);
}

/* Do the next operation, here or there, and put its result; 0 with an exception set. */
static int one(Compound *c)
{
    Asked *asked = c->asked;
    if (!make_room(c, ROOM))
        return 0;
    const unsigned char *from = asked->words.at;
    size_t start = asked->to - c->bytes;
    c->operation = uint_of(&asked->words), c->status = 0;
    asked->to += 8;
    Outcome outcome = asked->words.short_ ? LEFT : plainly(c);
    if (outcome != DONE) {
        asked->to = c->bytes + start;
        return outcome == LEFT ? by_python(c, from) : refused4(c);
    }
    c->size += asked->to - c->bytes - start;
    int64_t problem = too_long(c);
    if (problem > 0) {
        asked->to = c->bytes + start + 8;
        c->status = (uint32_t)problem;
    }
    put_uint(put_uint(c->bytes + start, c->operation), c->status);
    return problem >= 0;
}

/* Do what a compound asks; 0 with an exception set. */
static int run(Compound *c)
{
    PyObject *weights = c->asked->quick->weights;
    c->weight = NO_WEIGHT;
    for (c->index = 0; c->index < c->count;) {
        if (!one(c))
            return 0;
        c->index++;
        if (c->operation < (uint32_t)PyBytes_GET_SIZE(weights)) {
            unsigned char weight = PyBytes_AS_STRING(weights)[c->operation];
            c->weight = weight < c->weight ? weight : c->weight;
        }
        if (c->status)
            break;
    }
    return 1;
}

/* All of a reply without the RPC's head, from the parts of it: a new reference. */
static PyObject *joined(PyObject *parts)
{
    PyObject *nothing = PyBytes_FromStringAndSize(NULL, 0);
    PyObject *whole = nothing ? PyObject_CallMethodOneArg(nothing, str_join, parts) : NULL;
    PyObject *result = whole ? PySequence_GetSlice(whole, HEAD, PY_SSIZE_T_MAX) : NULL;
    Py_XDECREF(nothing);
    Py_XDECREF(whole);
    return result;
}

/* The parts of the reply, a tuple: what was written last behind what was given before, with the head in front. */
static PyObject *parts_of(Compound *c)
{
    if (!flush(c))
        return NULL;
    PyObject *first = PyList_GET_ITEM(c->sent, 0);
    unsigned char *to = (unsigned char *)PyBytes_AS_STRING(first); /* nobody else has seen it */
    put_uint(to + HEAD, c->status);
    put_uint(to + HEAD + 8 + ((c->tag_size + 3) & ~3u), c->index);
    return PyList_AsTuple(c->sent);
}

/* Keep a reply where repetitions look for it; 0 with an exception set. */
static int kept4(Compound *c, PyObject *key, PyObject *parts)
{
    Quick *quick = c->asked->quick;
    int known = c->slot && (slot(c->slot, slot_places[T_KEEP]) == Py_True || c->size <= SHORT_REPLY);
    int once = c->weight != NO_WEIGHT && PyBytes_AS_STRING(quick->once)[c->weight];
    if (!known && !once)
        return 1;
    PyObject *whole = joined(parts);
    if (!whole)
        return 0;
    if (known)
        set_slot(c->slot, slot_places[T_REPLY], Py_NewRef(whole));
    PyObject *one_part = once ? PyTuple_Pack(1, whole) : NULL, *done = NULL;
    if (one_part)
        done = PyObject_CallFunctionObjArgs(quick->keep, key, c->asked->connection, one_part, NULL);
    Py_DECREF(whole);
    Py_XDECREF(one_part);
    Py_XDECREF(done);
    return !once || done;
}

/* The reply to a compound that came before, as its slot kept it; NULL with an exception set. */
static PyObject *replayed(const unsigned char *head)
{
    PyObject *kind, *error, *trace, *parts = NULL;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    PyObject *front = PyBytes_FromStringAndSize((const char *)head, HEAD);
    PyObject *reply = front ? PyObject_GetAttr(error, str_reply) : NULL;
    if (reply)
        parts = PyTuple_Pack(2, front, reply);
    Py_XDECREF(front);
    Py_XDECREF(reply);
    Py_XDECREF(kind);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    return parts;
}

/* Read the head of a compound; whether it is a plain one, of which nothing was done yet. */
static int begun4(Compound *c)
{
    Asked *asked = c->asked;
    Words *words = &asked->words;
    c->arguments = words->at;
    c->tag = opaque_of(words, &c->tag_size);
    c->minor = uint_of(words), c->count = uint_of(words);
    if (!c->tag || words->short_ || c->tag_size > MOST_TAG || c->minor > 1 ||
        (!c->minor && c->count > MOST_OPERATIONS))
        return 0;
    for (uint32_t at = 0; at < c->tag_size; at++)
        if (c->tag[at] >= 0x80)
            return 0;
    memset(c->own, 0, HEAD);
    put_uint(put_uint(c->own, asked->xid), 1);
    unsigned char *to = put_uint(c->own + HEAD + 4, c->tag_size);
    memcpy(to, c->tag, c->tag_size);
    memset(to + c->tag_size, 0, -c->tag_size & 3);
    asked->to = to + ((c->tag_size + 3) & ~3u) + 4;
    c->size = c->tag_size + 12;
    return 1;
}

/* The parts of the reply to a call of version 4, or None where nothing was done. */
static PyObject *answered4(Asked *asked)
{
    Compound c;
    Quick *quick = asked->quick;
    memset(&c, 0, offsetof(Compound, own));
    c.asked = asked, c.bytes = c.own, c.room = sizeof c.own;
    if (!begun4(&c))
        Py_RETURN_NONE;
    PyObject *parts = NULL, *key = key_of(asked, 1), *looked = NULL;
    PyObject *kept = key ? PyObject_CallFunctionObjArgs(quick->find, key, asked->connection, NULL) : NULL;
    if (kept && kept != Py_None)
        parts = Py_NewRef(Py_None); /* Python gives it */
    else if (kept && (looked = PyObject_CallMethodNoArgs(quick->clients, str_look))) {
        if (run(&c)) {
            parts = parts_of(&c);
            if (parts && !kept4(&c, key, parts))
                Py_CLEAR(parts);
        } else if (PyErr_ExceptionMatches(ReplayError)) {
            unsigned char head[HEAD] = {0};
            put_uint(put_uint(head, asked->xid), 1);
            parts = replayed(head);
        }
    }
    PyObject *held[] = {key, kept, looked, c.node, c.saved, c.session, c.slot, c.client, c.compound, c.reader, c.sent};
    for (size_t each = 0; each < sizeof held / sizeof *held; each++)
        Py_XDECREF(held[each]);
    if (c.bytes != c.own)
        PyMem_Free(c.bytes);
    return parts;
}

#endif
