/* What a server of NFSv4 remembers of its clients, as C sees it: ../v4/state.py and ../v4/sessions.py by their slots. */

#ifndef STATE4_H
#define STATE4_H

#include "nodes.h"

enum { S_CLIENT, S_MOST_REQUEST, S_MOST_REPLY, S_MOST_KEPT, S_MOST_OPERATIONS, S_SLOTS, SESSION_SLOTS };
enum { T_SEQUENCE, T_REPLY, T_DIGEST, T_KEEP, SLOT_SLOTS };
enum { O_OWNER, O_NODE, O_ACCESS, O_SEQUENCE, O_OTHER, OPEN_SLOTS };
enum { W_CLIENT, W_CONFIRMED, OWNER_SLOTS };
enum { C_RECLAIMED, CLIENT_SLOTS };

static PyTypeObject *Session, *Slot, *OpenState, *Owner, *Client;
static Py_ssize_t session_places[SESSION_SLOTS], slot_places[SLOT_SLOTS], open_places[OPEN_SLOTS],
    owner_places[OWNER_SLOTS], client_places[CLIENT_SLOTS];

typedef struct {
    PyTypeObject **type;
    const char *name;
    const char *const *slots;
    Py_ssize_t *places;
    int many;
} Learnt;

static const char *const SESSION_NAMES[] = {
    "client", "most_request", "most_reply", "most_kept", "most_operations", "slots"};
static const char *const SLOT_NAMES[] = {"sequence", "reply", "digest", "keep"};
static const char *const OPEN_NAMES[] = {"owner", "node", "access", "sequence", "other"};
static const char *const OWNER_NAMES[] = {"client", "confirmed"};
static const char *const CLIENT_NAMES[] = {"reclaimed"};

static const Learnt OF_SESSIONS[] = {
    {&Session, "Session", SESSION_NAMES, session_places, SESSION_SLOTS},
    {&Slot, "Slot", SLOT_NAMES, slot_places, SLOT_SLOTS},
};
static const Learnt OF_STATE[] = {
    {&OpenState, "OpenState", OPEN_NAMES, open_places, OPEN_SLOTS},
    {&Owner, "Owner", OWNER_NAMES, owner_places, OWNER_SLOTS},
    {&Client, "Client", CLIENT_NAMES, client_places, CLIENT_SLOTS},
};

/* A whole number in a slot, from 0 on; ``strange`` is set where there is none. */
static int64_t count_in(PyObject *object, Py_ssize_t place, int *strange)
{
    PyObject *value = slot(object, place);
    int overflow = 0;
    int64_t found = value && PyLong_Check(value) ? PyLong_AsLongLongAndOverflow(value, &overflow) : -1;
    *strange |= overflow != 0 || found < 0;
    return found;
}

/* Put a value, which is stolen, into a slot. */
static void set_slot(PyObject *object, Py_ssize_t place, PyObject *value)
{
    PyObject **held = (PyObject **)((char *)object + place), *former = *held;
    *held = value;
    Py_XDECREF(former);
}

/* Learn types of a module, and where they keep what; 0 with an exception set. */
static int learn_state(const char *module, const Learnt *types, int many)
{
    PyObject *from = PyImport_ImportModule(module);
    int learnt = from != NULL;
    for (int each = 0; learnt && each < many; each++) {
        PyObject *type = PyObject_GetAttrString(from, types[each].name);
        *types[each].type = (PyTypeObject *)type;
        learnt = type != NULL;
        for (int which = 0; learnt && which < types[each].many; which++)
            learnt = (types[each].places[which] = place_of(type, types[each].slots[which])) >= 0;
    }
    Py_XDECREF(from);
    return learnt;
}

#endif
