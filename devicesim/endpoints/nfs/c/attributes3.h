/* Attributes as NFSv3 has them: the form of ../attributes3.py. */

#ifndef ATTRIBUTES3_H
#define ATTRIBUTES3_H

#include "nodes.h"

#define BEFORE 28 /* bytes of pre_op_attr */

/* nfstime3: no second before 1970, none after 2106. */
static unsigned char *put_time(unsigned char *to, int64_t ns, int64_t epoch, int *strange)
{
    int64_t civil;
    if (__builtin_add_overflow(ns, epoch, &civil)) {
        *strange = 1;
        return to + 8;
    }
    if (civil < 0)
        return put_hyper(to, 0);
    if (civil / SECOND > UINT32_MAX)
        return put_uint(put_uint(to, UINT32_MAX), 0);
    return put_uint(put_uint(to, (uint32_t)(civil / SECOND)), (uint32_t)(civil % SECOND));
}

/* post_op_attr of a file or directory; NULL without an exception where Python has to tell. */
static unsigned char *put_attributes(unsigned char *to, PyObject *node, int64_t epoch)
{
    int strange = 0, directory = Py_TYPE(node) == Directory;
    int64_t size = directory ? BLOCK : number(node, SIZE, &strange);
    to = put_uint(put_uint(to, 1), directory ? 2 : 1);
    static const int owned[] = {MODE, NLINK, UID, GID};
    for (int each = 0; each < 4; each++) {
        int64_t value = number(node, owned[each], &strange);
        strange |= value < 0 || value > UINT32_MAX;
        to = put_uint(to, (uint32_t)value);
    }
    to = put_hyper(put_hyper(to, (uint64_t)size), ((uint64_t)size + BLOCK - 1) & ~(uint64_t)(BLOCK - 1));
    to = put_hyper(put_hyper(to, 0), FSID);
    to = put_hyper(to, (uint64_t)number(node, FILEID, &strange));
    to = put_time(to, number(node, ATIME, &strange), epoch, &strange);
    to = put_time(to, number(node, MTIME, &strange), epoch, &strange);
    to = put_time(to, number(node, CTIME, &strange), epoch, &strange);
    return strange ? NULL : to;
}

/* pre_op_attr; likewise. */
static unsigned char *put_before(unsigned char *to, PyObject *node, int64_t epoch)
{
    int strange = 0;
    int64_t size = Py_TYPE(node) == Directory ? BLOCK : number(node, SIZE, &strange);
    to = put_hyper(put_uint(to, 1), (uint64_t)size);
    to = put_time(to, number(node, MTIME, &strange), epoch, &strange);
    to = put_time(to, number(node, CTIME, &strange), epoch, &strange);
    return strange ? NULL : to;
}

#endif
