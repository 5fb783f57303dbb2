"""The previous release and this one on the same database. `make rollback-check` runs these tests."""
