"""The pages in Django's admin. Django imports this module and finds there what each of the others registers."""

from operators import eval_run_admin, review_admin, review_request_admin, trace_admin

__all__ = ["eval_run_admin", "review_admin", "review_request_admin", "trace_admin"]
