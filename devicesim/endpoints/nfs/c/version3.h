/* The calls of NFSv3 that clients make most: the form of ../v3.py. */

#ifndef VERSION3_H
#define VERSION3_H

#include "attributes3.h"
#include "calls.h"

enum { GETATTR = 1, SETATTR = 2, LOOKUP = 3, ACCESS = 4, WRITE = 7, CREATE = 8, COMMIT = 21 };

#define PLAIN_3 (1 << GETATTR | 1 << SETATTR | 1 << LOOKUP | 1 << ACCESS | 1 << WRITE | 1 << CREATE | 1 << COMMIT)
#define MOST_REPLY 512

static PyObject *ShareError;

/* Attributes of any node, behind the word that says that they follow. */
static Outcome tell(Asked *asked, PyObject *node)
{
    unsigned char *to = is_plain(node) ? put_attributes(asked->to, node, asked->quick->epoch) : NULL;
    if (!to)
        return LEFT;
    asked->to = to;
    return DONE;
}

static Outcome tell_before(Asked *asked, PyObject *node)
{
    unsigned char *to = put_before(asked->to, node, asked->quick->epoch);
    if (!to)
        return LEFT;
    asked->to = to;
    return DONE;
}

/* Whether attributes can be told, so that nothing is done whose result could not be. */
static int can_tell(Asked *asked, PyObject *node)
{
    unsigned char *to = asked->to;
    int able = tell(asked, node) == DONE;
    asked->to = to;
    return able;
}

static Outcome getattr_(Asked *asked)
{
    PyObject *node = node_of(asked);
    if (!node)
        return LEFT;
    unsigned char *start = asked->to;
    asked->to -= 4; /* the word that says that attributes follow is where the status belongs */
    Outcome outcome = tell(asked, node);
    put_uint(start - 4, 0);
    return outcome;
}

static Outcome lookup(Asked *asked)
{
    PyObject *directory = directory_of(asked), *node;
    const unsigned char *name;
    uint32_t size;
    Outcome found = directory ? named(asked, directory, &name, &size, &node) : LEFT;
    if (found != DONE)
        return found;
    if (!node) {
        put_uint(asked->to - 4, 2); /* NOENT */
        asked->to = put_uint(asked->to, 0);
        return DONE;
    }
    if (!is_plain(node))
        return LEFT;
    put_handle(asked, node);
    return tell(asked, node) == DONE ? tell(asked, directory) : LEFT;
}

static Outcome access_(Asked *asked)
{
    PyObject *node = node_of(asked);
    uint32_t wanted = uint_of(&asked->words);
    if (!node || asked->words.short_)
        return LEFT;
    int bits = granted(asked, node);
    if (bits < 0)
        return FAILED;
    if (tell(asked, node) != DONE)
        return LEFT;
    asked->to = put_uint(asked->to, bits & wanted);
    return DONE;
}

static Outcome write_(Asked *asked)
{
    PyObject *node = node_of(asked);
    Words *words = &asked->words;
    uint64_t offset = hyper_of(words);
    uint32_t count = uint_of(words), stable = uint_of(words), size;
    if (!node || Py_TYPE(node) != File || words->short_ || stable > 2 || offset > INT64_MAX - (uint64_t)count)
        return LEFT;
    int allowed = may_write(asked, node), strange = 0;
    if (allowed < 0)
        return FAILED;
    if (!allowed || (asked->uid && number(node, MODE, &strange) & MAY_SET_IDS) || !can_tell(asked, node))
        return LEFT;
    PyObject *data = data_of(asked, &size);
    if (!data)
        return PyErr_Occurred() ? FAILED : LEFT;
    if (size != count || tell_before(asked, node) != DONE) {
        Py_DECREF(data);
        return LEFT;
    }
    int64_t accepted = written(asked, node, offset, data, stable != 0);
    Py_DECREF(data);
    if (accepted < 0 || tell(asked, node) != DONE)
        return FAILED;
    asked->to = put_uint(put_uint(asked->to, (uint32_t)accepted), stable ? 2 : 0);
    return put_verifier(asked);
}

static Outcome commit(Asked *asked)
{
    PyObject *node = node_of(asked);
    uint64_t offset = hyper_of(&asked->words);
    uint32_t count = uint_of(&asked->words);
    if (!node || Py_TYPE(node) != File || asked->words.short_)
        return LEFT;
    int allowed = may_write(asked, node);
    if (allowed < 0)
        return FAILED;
    if (!allowed || !can_tell(asked, node) || tell_before(asked, node) != DONE)
        return LEFT;
    return settled(asked, node, offset, count) && tell(asked, node) == DONE ? put_verifier(asked) : FAILED;
}

/* sattr3 as a Wanted, a new reference; NULL without an exception where Python has to look. */
static PyObject *wanted_of(Asked *asked)
{
    PyObject *given[8];
    Words *words = &asked->words;
    int many = 0, odd = 0;
    for (; many < 4; many++) {
        uint32_t follows = uint_of(words);
        odd |= follows > 1;
        if (!follows) {
            given[many] = Py_None;
            Py_INCREF(Py_None);
        } else
            given[many] = PyLong_FromUnsignedLongLong(many == 3 ? hyper_of(words) : uint_of(words));
    }
    for (int each = 0; each < 2; each++, many++) {
        uint32_t how = uint_of(words);
        odd |= how > 2;
        given[6 + each] = how == 1 ? Py_True : Py_False;
        Py_INCREF(given[6 + each]);
        given[4 + each] = Py_None;
        if (how == 2) {
            uint32_t seconds = uint_of(words), rest = uint_of(words);
            given[4 + each] = PyLong_FromLongLong((int64_t)(seconds * (uint64_t)SECOND + rest) - asked->quick->epoch);
        } else
            Py_INCREF(Py_None);
    }
    PyObject *made = NULL;
    int whole = 1;
    for (int each = 0; each < 8; each++)
        whole &= given[each] != NULL;
    if (whole && !odd && !words->short_)
        made = PyObject_Vectorcall(asked->quick->wanted, given, 8, NULL);
    for (int each = 0; each < 8; each++)
        Py_XDECREF(given[each]);
    return made;
}

static Outcome setattr_(Asked *asked)
{
    PyObject *node = node_of(asked);
    PyObject *wanted = node ? wanted_of(asked) : NULL;
    if (!wanted)
        return PyErr_Occurred() ? FAILED : LEFT;
    Outcome outcome = LEFT;
    if (!uint_of(&asked->words) && !asked->words.short_ && can_tell(asked, node) && tell_before(asked, node) == DONE) {
        PyObject *done = PyObject_CallMethodObjArgs(
            asked->quick->tree, str_setattr, asked->caller, node, wanted, asked->now, NULL);
        outcome = done && tell(asked, node) == DONE ? DONE : FAILED;
        Py_XDECREF(done);
    }
    Py_DECREF(wanted);
    return outcome;
}

static Outcome create(Asked *asked)
{
    PyObject *directory = directory_of(asked), *wanted = NULL, *text = NULL, *made = NULL;
    uint32_t size;
    const unsigned char *name = directory ? name_of(asked, &size) : NULL;
    uint32_t how = uint_of(&asked->words);
    if (!name || asked->words.short_ || how > 1 || !can_tell(asked, directory))
        return LEFT;
    wanted = wanted_of(asked);
    if (!wanted)
        return PyErr_Occurred() ? FAILED : LEFT;
    unsigned char earlier[BEFORE], *to = put_before(earlier, directory, asked->quick->epoch);
    text = to ? PyBytes_FromStringAndSize((const char *)name, size) : NULL;
    if (text) {
        PyObject *given[] = {asked->quick->tree, asked->caller, directory, text, wanted, asked->now,
                             how ? Py_True : Py_False};
        made = PyObject_VectorcallMethod(str_create, given, 6, kw_guarded);
    }
    Py_DECREF(wanted);
    Py_XDECREF(text);
    if (!made)
        return PyErr_Occurred() ? FAILED : LEFT;
    PyObject *node = PyTuple_Check(made) && PyTuple_GET_SIZE(made) == 2 ? PyTuple_GET_ITEM(made, 0) : NULL;
    Outcome outcome = FAILED;
    if (node && is_plain(node)) {
        asked->to = put_uint(asked->to, 1);
        put_handle(asked, node);
        if (tell(asked, node) == DONE) {
            memcpy(asked->to, earlier, BEFORE);
            asked->to += BEFORE;
            outcome = tell(asked, directory) == DONE ? DONE : FAILED;
        }
    } else if (node)
        outcome = LEFT; /* it was there already, in a collection: finding it changed nothing */
    Py_DECREF(made);
    return outcome;
}

/* The result of a procedure that the share refused, a new reference; NULL with an exception set. */
static PyObject *refusal(Asked *asked, uint32_t procedure)
{
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_OverflowError, "attributes beyond 64 bits");
    if (!PyErr_ExceptionMatches(ShareError))
        return NULL;
    PyObject *kind, *error, *trace, *result = NULL;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    PyObject *code = PyObject_GetAttr(error, str_errno), *which = PyLong_FromUnsignedLong(procedure);
    if (code && which)
        result = PyObject_CallFunctionObjArgs(asked->quick->refused, which, code, NULL);
    Py_XDECREF(code);
    Py_XDECREF(which);
    Py_XDECREF(kind);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    if (result && !PyBytes_Check(result)) {
        Py_DECREF(result);
        PyErr_SetString(PyExc_TypeError, "a refusal is bytes");
        return NULL;
    }
    return result;
}

/* The whole reply from the words of its head and its result. */
static PyObject *reply_of(Asked *asked, PyObject *result)
{
    Py_ssize_t size = result ? PyBytes_GET_SIZE(result) : asked->to - asked->reply - HEAD;
    PyObject *reply = PyBytes_FromStringAndSize(NULL, HEAD + size);
    if (reply) {
        char *to = PyBytes_AS_STRING(reply);
        memcpy(to, asked->reply, HEAD);
        memcpy(to + HEAD, result ? PyBytes_AS_STRING(result) : (char *)asked->reply + HEAD, size);
    }
    return reply;
}

/* Do a call that must not be done twice, or give the answer of the first time. */
static PyObject *once(Asked *asked, uint32_t procedure)
{
    PyObject *reply = NULL, *result = NULL, *parts = NULL;
    PyObject *key = key_of(asked, procedure);
    PyObject *kept = key ? PyObject_CallFunctionObjArgs(asked->quick->find, key, asked->connection, NULL) : NULL;
    Outcome outcome = LEFT; /* where it was answered before, Python gives the answer */
    if (kept == Py_None)
        outcome = procedure == CREATE ? create(asked) : setattr_(asked);
    if (!kept)
        goto end;
    if (outcome == LEFT) {
        reply = Py_NewRef(Py_None);
        goto end;
    }
    result = outcome == FAILED
                 ? refusal(asked, procedure)
                 : PyBytes_FromStringAndSize((char *)asked->reply + HEAD, asked->to - asked->reply - HEAD);
    parts = result ? PyTuple_Pack(1, result) : NULL;
    if (parts) {
        PyObject *done = PyObject_CallFunctionObjArgs(asked->quick->keep, key, asked->connection, parts, NULL);
        if (done)
            reply = reply_of(asked, result);
        Py_XDECREF(done);
    }
end:
    Py_XDECREF(result);
    Py_XDECREF(parts);
    Py_XDECREF(key);
    Py_XDECREF(kept);
    return reply;
}

static PyObject *plainly3(Asked *asked, uint32_t procedure)
{
    Outcome outcome = LEFT;
    switch (procedure) {
    case SETATTR: case CREATE: return once(asked, procedure);
    case GETATTR: outcome = getattr_(asked); break;
    case LOOKUP: outcome = lookup(asked); break;
    case ACCESS: outcome = access_(asked); break;
    case WRITE: outcome = write_(asked); break;
    case COMMIT: outcome = commit(asked); break;
    }
    if (outcome == LEFT)
        Py_RETURN_NONE;
    if (outcome == DONE)
        return reply_of(asked, NULL);
    PyObject *result = refusal(asked, procedure);
    PyObject *reply = result ? reply_of(asked, result) : NULL;
    Py_XDECREF(result);
    return reply;
}

/* The parts of the reply to a call of version 3, a tuple, or None where nothing was done. */
static PyObject *answered3(Asked *asked, uint32_t procedure)
{
    unsigned char bytes[MOST_REPLY];
    if (procedure > COMMIT || !(1 << procedure & PLAIN_3))
        Py_RETURN_NONE;
    memset(bytes, 0, HEAD + 4);
    put_uint(put_uint(bytes, asked->xid), 1);
    asked->reply = bytes;
    asked->to = bytes + HEAD + 4;
    PyObject *reply = plainly3(asked, procedure);
    if (!reply || reply == Py_None)
        return reply;
    PyObject *parts = PyTuple_Pack(1, reply);
    Py_DECREF(reply);
    return parts;
}

#endif
