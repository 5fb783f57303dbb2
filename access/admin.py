"""The pages in Django's admin. Django imports this module and finds there what each of the others registers."""

from access import account_admin, audit_admin, token_admin, user_admin

__all__ = ["account_admin", "audit_admin", "token_admin", "user_admin"]
