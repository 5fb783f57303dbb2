"""A ticket is final, for every client of the database. Deleting one stays possible."""

from traces.guard import Guard

GUARDS = (Guard("tickets_ticket", "tickets_ticket_is_final", "a ticket is final"),)
