"""Who a client of NFSv4.0 is: SETCLIENTID, its confirmation, RENEW (RFC 7530, 16.33 to 16.35)."""

from __future__ import annotations

from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.v4.compound import NONE, Body, Compound, Operation, RefusedError
from devicesim.endpoints.nfs.xdr import HYPER, opaque

_MOST_NAME = 1024


def setclientid(compound: Compound) -> Body:
    """SETCLIENTID: a client id, confirmed or not yet."""
    reader, clients = compound.reader, compound.clients
    verifier, name = reader.fixed(8), reader.opaque(_MOST_NAME)
    reader.uint(), reader.opaque(), reader.opaque(), reader.uint()  # its callback, which is never called
    known = clients.named(name, 0, confirmed=True)
    if known is not None and known.principal != compound.caller.uid:
        if known.states:
            host = opaque(b"tcp") + opaque(b"0.0.0.0.0.0")
            raise RefusedError(Status.CLID_INUSE, host)
        clients.drop(known)
        known = None
    waiting = clients.named(name, 0, confirmed=False)
    if waiting is not None:
        clients.drop(waiting)
    if known is not None and known.verifier == verifier:
        # The same run of the client with another callback: it keeps its id and its state.
        known.confirm = HYPER.pack(clients.number())
        return HYPER.pack(known.number) + known.confirm
    client = clients.add(name, verifier, compound.caller.uid, 0)
    client.confirm = HYPER.pack(clients.number())
    return HYPER.pack(client.number) + client.confirm


def setclientid_confirm(compound: Compound) -> Body:
    """SETCLIENTID_CONFIRM: earlier runs of the client lose what they had."""
    number, confirm, clients = compound.reader.hyper(), compound.reader.fixed(8), compound.clients
    client = clients.by_number.get(number)
    if client is None or client.minor or client.confirm != confirm:
        raise NfsError(Status.STALE_CLIENTID)
    if client.principal != compound.caller.uid:
        raise NfsError(Status.CLID_INUSE)
    if not client.confirmed:
        earlier = clients.named(client.name, 0, confirmed=True)
        if earlier is not None:
            clients.drop(earlier)
        client.confirmed = client.reclaimed = True
    clients.renew(client)
    return NONE


def renew(compound: Compound) -> Body:
    """RENEW."""
    compound.clients.renew(compound.clients.get(compound.reader.hyper()))
    return NONE


OPERATIONS: dict[int, Operation] = {30: renew, 35: setclientid, 36: setclientid_confirm}
