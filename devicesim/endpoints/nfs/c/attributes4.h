/* Attributes as NFSv4 has them: the form of ../v4/attributes.py, for those that clients ask for of every node. */

#ifndef ATTRIBUTES4_H
#define ATTRIBUTES4_H

#include "calls.h"

enum {
    A_TYPE = 1, A_CHANGE = 3, A_SIZE = 4, A_FSID = 8, A_RDATTR_ERROR = 11, A_FILEHANDLE = 19, A_FILEID = 20, A_MODE = 33,
    A_NUMLINKS = 35, A_OWNER = 36, A_GROUP = 37, A_RAWDEV = 41, A_SPACE_USED = 45, A_TIME_ACCESS = 47,
    A_TIME_METADATA = 52, A_TIME_MODIFY = 53, A_MOUNTED_ON = 55
};
#define MOST_BITMAP 64 /* words */
#define MOST_ATTRIBUTE 24 /* bytes of the largest of them */

/* nfstime4: seconds may be before 1970. */
static unsigned char *put_time4(unsigned char *to, int64_t ns, int64_t epoch, int *strange)
{
    int64_t civil, seconds;
    *strange |= __builtin_add_overflow(ns, epoch, &civil);
    if (*strange)
        return to + 12;
    seconds = civil / SECOND - (civil % SECOND < 0);
    return put_uint(put_hyper(to, (uint64_t)seconds), (uint32_t)(civil - seconds * SECOND));
}

/* A number as text, as owners are told. */
static unsigned char *put_digits(unsigned char *to, int64_t value, int *strange)
{
    unsigned char digits[12];
    int many = 0;
    *strange |= value < 0 || value > UINT32_MAX;
    for (uint32_t left = (uint32_t)value; !many || left; left /= 10)
        digits[many++] = '0' + left % 10;
    to = put_hyper(put_hyper(put_uint(to, many), 0), 0) - 16;
    for (int each = 0; each < many; each++)
        to[each] = digits[many - 1 - each];
    return to + ((many + 3) & ~3);
}

static unsigned char *put_count(unsigned char *to, int64_t value, int *strange)
{
    *strange |= value < 0 || value > UINT32_MAX;
    return put_uint(to, (uint32_t)value);
}

/* One attribute of a file or directory; ``strange`` is set where Python has to tell. */
static unsigned char *put_attribute(Asked *asked, unsigned char *to, PyObject *node, int which, int *strange)
{
    int directory = Py_TYPE(node) == Directory;
    int64_t epoch = asked->quick->epoch;
    uint64_t size = directory ? BLOCK : (uint64_t)number(node, SIZE, strange);
    switch (which) {
    case A_TYPE: return put_uint(to, directory ? 2 : 1);
    case A_CHANGE: return put_hyper(to, (uint64_t)number(node, CHANGE, strange));
    case A_SIZE: return put_hyper(to, size);
    case A_FSID: return put_hyper(put_hyper(to, FSID), 0);
    case A_RDATTR_ERROR: return put_uint(to, 0);
    case A_FILEHANDLE: asked->to = to; put_handle(asked, node); return asked->to;
    case A_FILEID: case A_MOUNTED_ON: return put_hyper(to, (uint64_t)number(node, FILEID, strange));
    case A_MODE: return put_count(to, number(node, MODE, strange), strange);
    case A_NUMLINKS: return put_count(to, number(node, NLINK, strange), strange);
    case A_OWNER: return put_digits(to, number(node, UID, strange), strange);
    case A_GROUP: return put_digits(to, number(node, GID, strange), strange);
    case A_RAWDEV: return put_hyper(to, 0);
    case A_SPACE_USED: return put_hyper(to, (size + BLOCK - 1) & ~(uint64_t)(BLOCK - 1));
    case A_TIME_ACCESS: return put_time4(to, number(node, ATIME, strange), epoch, strange);
    case A_TIME_METADATA: return put_time4(to, number(node, CTIME, strange), epoch, strange);
    case A_TIME_MODIFY: return put_time4(to, number(node, MTIME, strange), epoch, strange);
    }
    *strange = 1;
    return to;
}

/* fattr4 to be set, where it sets size and mode at most: NULL without an exception where Python has to look.
 *
 * Gives a Wanted, the attributes that it sets as a bitmap4 of two words, of which ``*many`` are needed, and the size.
 */
static PyObject *wanted4(Asked *asked, uint32_t mask[2], int *many, uint64_t *length)
{
    Words *words = &asked->words;
    uint32_t count = uint_of(words), size;
    mask[0] = mask[1] = 0;
    if (count > MOST_BITMAP)
        return NULL;
    for (uint32_t each = 0; each < count && !words->short_; each++) {
        uint32_t word = uint_of(words);
        if (each < 2)
            mask[each] = word;
        else if (word)
            return NULL;
    }
    const unsigned char *values = opaque_of(words, &size);
    if (!values || mask[0] & ~(1u << A_SIZE) || mask[1] & ~(1u << (A_MODE - 32)))
        return NULL;
    Words given = {values, values + size, 0};
    *length = mask[0] ? hyper_of(&given) : 0;
    uint32_t mode = mask[1] ? uint_of(&given) : 0;
    if (given.short_ || given.at != given.end || mode > 07777)
        return NULL;
    *many = mask[1] ? 2 : mask[0] ? 1 : 0;
    PyObject *argument[4] = {NULL, Py_None, Py_None, NULL};
    argument[0] = mask[1] ? PyLong_FromUnsignedLong(mode) : Py_NewRef(Py_None);
    argument[3] = mask[0] ? PyLong_FromUnsignedLongLong(*length) : Py_NewRef(Py_None);
    PyObject *made = argument[0] && argument[3] ? PyObject_Vectorcall(asked->quick->wanted, argument, 4, NULL) : NULL;
    Py_XDECREF(argument[0]);
    Py_XDECREF(argument[3]);
    return made;
}

#endif
