"""The previous release and this one on one database: side by side, back and forth. `make rollback-check` runs it."""
