"""How Django writes dates: in the admin a time is `2026-11-30 14:05:09 UTC`."""

DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = "Y-m-d H:i:s T"
