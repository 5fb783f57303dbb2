"""
Test the promises under kill -9, faults, hostile input and load. Each test prints one line with its numbers.

`make test` runs a short form in seconds. `make torture` sets TORTURE=long and takes minutes.
"""
