"""Tickets and their history from other systems: what a file's rows mean, without a database.

A format (``registry.py``) reads one row as facts; rows of one ticket that stand together make a
``TicketHistory``; ``differ.py`` turns that into the events the desk itself would have recorded. Only
``tickets.operations.import_tickets`` writes.

Definitions, which an independent count over a file can follow:

* A row counts when it can be read: number, state and the instants. A row that cannot is refused and leaves
  a gap, as a log has gaps anyway; the next snapshot says again everything that still holds.
* *opened*: each ticket once, on the day of its ``opened_at``, in the state New, whatever its first row says.
* *resolved*: each move into Resolved, that is a row in Resolved whose predecessor (the row before it in the
  file, of the same ticket; for the first row: New) is in another state. The instant is the row's own.
  *closed*: the same for Closed. Saving a closed ticket again is no second closing.
* *reopened*: each move out of Resolved or Closed into a state that is neither.
* A history that begins late (its first row is Resolved already) has its resolving at the first row, the
  first instant at which it is known.
* Order is the file's. Instants are the file's, even where one goes back in time or lies before ``opened_at``:
  they are evidence, and sorting by them would change what follows what.
* A wall-clock time that a change to summer time skips is taken as if the clock had not been changed yet; one
  that occurs twice is the first. A day is a day in the zone of whoever counts.
"""
