"""
What people would otherwise write, asking the same server the same question. Run by .venv-bench, never imported by ours.

Each file is one application, in the manner of its framework's tutorial; `_best` is the cheapest we can write that does
the same durable writes: our row, into the table that our migrations make.
"""
