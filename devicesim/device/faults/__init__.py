"""What faults do to a device and its site, room by room, and the ledger that gives each its id and its labels."""
