/* devicesim.endpoints.nfs.compiled: the calls that clients make most, answered without the interpreter.
 *
 * Each gives the bytes that ../service.py, ../v3.py and ../v4/ give, which say why; whatever is not plain is left to
 * them. What changes the share goes through its Python verbs.
 */

#include "version3.h"
#include "version4.h"

#define PROGRAM 100003
#define MOST_AUTH 400

/* Read the head of a call: its version, or 0 where Python has to look. */
static uint32_t begun(Asked *asked, uint32_t *procedure)
{
    Words *words = &asked->words;
    asked->xid = uint_of(words);
    uint32_t kind = uint_of(words), rpc = uint_of(words), program = uint_of(words), version = uint_of(words);
    *procedure = uint_of(words);
    uint32_t flavor = uint_of(words), size, none;
    const unsigned char *credential = opaque_of(words, &size);
    uint_of(words);
    const unsigned char *verifier = opaque_of(words, &none);
    if (!credential || !verifier || kind || rpc != 2 || program != PROGRAM || size > MOST_AUTH || none > MOST_AUTH)
        return 0;
    asked->caller = caller_of(asked->quick, flavor, credential, size);
    if (asked->caller)
        asked->uid = attribute_number(asked->caller, str_uid);
    if (!asked->caller || PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return version;
}

static PyObject *answered(Asked *asked)
{
    uint32_t procedure, version = begun(asked, &procedure);
    if (version == 3)
        return answered3(asked, procedure);
    if (version == 4 && procedure == 1)
        return answered4(asked);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(answer_doc, "answer(record, connection, host, now, place, beside)\n--\n\n"
                         "The parts of the reply to a call, or None where nothing was done and Python has to answer.");

static PyObject *quick_answer(Quick *quick, PyObject *const *given, Py_ssize_t many)
{
    if (many != 6) {
        PyErr_SetString(PyExc_TypeError, "answer takes a record, a connection, a host, a time, a place and data");
        return NULL;
    }
    Py_buffer buffer;
    Py_ssize_t place = PyLong_AsSsize_t(given[4]), size = given[5] == Py_None ? 0 : PyObject_Size(given[5]);
    if (PyErr_Occurred() || PyObject_GetBuffer(given[0], &buffer, PyBUF_SIMPLE))
        return NULL;
    const unsigned char *start = buffer.buf;
    Asked asked = {.quick = quick, .record = given[0], .connection = given[1], .host = given[2], .now = given[3],
                   .start = start, .words = {start, start + buffer.len, 0}};
    if (given[5] != Py_None && place >= 0 && place <= buffer.len && size <= UINT32_MAX)
        asked.beside = given[5], asked.place = start + place, asked.many = (uint32_t)size;
    PyObject *parts = answered(&asked);
    PyBuffer_Release(&buffer);
    return parts;
}

#define HELD(quick) \
    PyObject **held[] = {&quick->tree, &quick->share, &quick->nodes, &quick->overlays, &quick->callers, \
                         &quick->caller_of, &quick->refused, &quick->find, &quick->keep, &quick->crc32, \
                         &quick->wanted, &quick->version4, &quick->clients, &quick->sessions, &quick->states, \
                         &quick->pseudo, &quick->plans[0], &quick->plans[1], &quick->weights, &quick->once}

static int quick_traverse(Quick *quick, visitproc visit, void *arg)
{
    HELD(quick);
    for (size_t each = 0; each < sizeof held / sizeof *held; each++)
        Py_VISIT(*held[each]);
    return 0;
}

static int quick_clear(Quick *quick)
{
    HELD(quick);
    for (size_t each = 0; each < sizeof held / sizeof *held; each++)
        Py_CLEAR(*held[each]);
    return 0;
}

static void quick_dealloc(Quick *quick)
{
    PyObject_GC_UnTrack(quick);
    quick_clear(quick);
    Py_TYPE(quick)->tp_free(quick);
}

/* What ../quick.py gives. */
static PyObject *quick_new(PyTypeObject *type, PyObject *positional, PyObject *named)
{
    static char *words[] = {"signature", "epoch_ns", "nodes", "overlays", "sessions", "states", "plans_0", "plans_1",
                            "weights", "once", "tree", "share", "caller_of", "refused", "find", "keep", "crc32",
                            "wanted", "version4", "clients", "pseudo", NULL};
    PyObject *given[19];
    const char *signature;
    Py_ssize_t size;
    long long epoch;
    if (!PyArg_ParseTupleAndKeywords(
            positional, named, "y#LO!O!O!O!O!O!SSOOOOOOOOOOO:Quick", words, &signature, &size, &epoch, &PyList_Type,
            &given[0], &PyDict_Type, &given[1], &PyDict_Type, &given[2], &PyDict_Type, &given[3], &PyDict_Type,
            &given[4], &PyDict_Type, &given[5], &given[6], &given[7], &given[8], &given[9], &given[10], &given[11],
            &given[12], &given[13], &given[14], &given[15], &given[16], &given[17], &given[18]))
        return NULL;
    Quick *quick = (Quick *)type->tp_alloc(type, 0);
    if (!quick)
        return NULL;
    PyObject **fields[] = {&quick->nodes, &quick->overlays, &quick->sessions, &quick->states, &quick->plans[0],
                           &quick->plans[1], &quick->weights, &quick->once, &quick->tree, &quick->share,
                           &quick->caller_of, &quick->refused, &quick->find, &quick->keep, &quick->crc32,
                           &quick->wanted, &quick->version4, &quick->clients, &quick->pseudo};
    for (size_t each = 0; each < sizeof fields / sizeof *fields; each++)
        *fields[each] = Py_NewRef(given[each]);
    quick->callers = PyDict_New();
    if (quick->callers && size != 4)
        PyErr_SetString(PyExc_ValueError, "a signature is 4 bytes");
    if (PyErr_Occurred()) {
        Py_DECREF(quick);
        return NULL;
    }
    memcpy(quick->signature, signature, 4);
    quick->epoch = epoch;
    return (PyObject *)quick;
}

static PyMethodDef quick_methods[] = {
    {"answer", (PyCFunction)(void (*)(void))quick_answer, METH_FASTCALL, answer_doc},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject QuickType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "devicesim.endpoints.nfs.compiled.Quick",
    .tp_doc = "Answers the plain calls for one run of a device.",
    .tp_basicsize = sizeof(Quick),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = quick_new,
    .tp_dealloc = (destructor)quick_dealloc,
    .tp_traverse = (traverseproc)quick_traverse,
    .tp_clear = (inquiry)quick_clear,
    .tp_methods = quick_methods,
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "compiled", .m_doc = "The plain calls in C.", .m_size = -1};

/* The types of a share's nodes, and where they keep what. */
static int learn(void)
{
    PyObject *nodes = PyImport_ImportModule("devicesim.device.share.nodes");
    PyObject *limits = PyImport_ImportModule("devicesim.device.share.limits");
    PyObject *entries = nodes ? PyObject_GetAttrString(nodes, "Entries") : NULL;
    int learnt = 0;
    if (!entries || !limits)
        goto end;
    File = (PyTypeObject *)PyObject_GetAttrString(nodes, "File");
    Directory = (PyTypeObject *)PyObject_GetAttrString(nodes, "Directory");
    ShareError = PyObject_GetAttrString(limits, "ShareError");
    if (!File || !Directory || !ShareError)
        goto end;
    for (int each = 0; each < NODE_SLOTS; each++)
        if ((node_places[each] = place_of((PyObject *)File, NODE_NAMES[each])) < 0)
            goto end;
    for (int each = 0; each < DIRECTORY_SLOTS; each++)
        if ((directory_places[each] = place_of((PyObject *)Directory, DIRECTORY_NAMES[each])) < 0)
            goto end;
    learnt = (nodes_place = place_of(entries, "nodes")) >= 0;
    learnt = learnt && learn_state("devicesim.endpoints.nfs.v4.sessions", OF_SESSIONS, 2);
    learnt = learnt && learn_state("devicesim.endpoints.nfs.v4.state", OF_STATE, 3);
    PyObject *sessions = learnt ? PyImport_ImportModule("devicesim.endpoints.nfs.v4.sessions") : NULL;
    ReplayError = sessions ? PyObject_GetAttrString(sessions, "ReplayError") : NULL;
    learnt = ReplayError != NULL;
    Py_XDECREF(sessions);
end:
    Py_XDECREF(nodes);
    Py_XDECREF(limits);
    Py_XDECREF(entries);
    return learnt;
}

static int intern(void)
{
    struct {
        PyObject **to;
        const char *text;
    } const names[] = {
        {&str_uid, "uid"}, {&str_gid, "gid"}, {&str_groups, "groups"}, {&str_name, "name"},
        {&str_unlisted, "unlisted"}, {&str_verifier, "verifier"}, {&str_write, "write"}, {&str_create, "create"},
        {&str_setattr, "setattr"}, {&str_mark_stable, "mark_stable"}, {&str_limits, "limits"},
        {&str_name_bytes, "name_bytes"}, {&str_errno, "errno"}, {&str_look, "look"}, {&str_renew, "renew"},
        {&str_one, "one"}, {&str_told_of, "told_of"}, {&str_closed, "closed"}, {&str_undenied, "undenied"},
        {&str_read, "read"},
        {&str_position, "position"}, {&str_reader, "reader"}, {&str_index, "index"}, {&str_node, "node"},
        {&str_saved, "saved"}, {&str_stateid, "stateid"}, {&str_saved_stateid, "saved_stateid"},
        {&str_session, "session"}, {&str_slot, "slot"}, {&str_client, "client"}, {&str_reply, "reply"}, {&str_join, "join"},
    };
    for (size_t each = 0; each < sizeof names / sizeof *names; each++)
        if (!(*names[each].to = PyUnicode_InternFromString(names[each].text)))
            return 0;
    kw_stable = Py_BuildValue("(s)", "stable");
    kw_guarded = Py_BuildValue("(s)", "guarded");
    kw_opened = Py_BuildValue("(s)", "opened");
    return kw_stable && kw_guarded && kw_opened;
}

PyMODINIT_FUNC PyInit_compiled(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && (!learn() || !intern() || PyModule_AddType(module, &QuickType)))
        Py_CLEAR(module);
    return module;
}