"""
The promises under kill -9, faults, hostility and load. Each check prints one line with its numbers.

`make test` runs a short form in seconds; `make torture` sets TORTURE=long, which takes minutes.
"""
