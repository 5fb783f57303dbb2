"""Where a customer's text goes, as configured: what the form says before it is sent."""

from urllib.parse import urlsplit

from django.conf import settings

from access.sign_in import support_contact
from boundary.servers import SERVERS, company_at, is_private


def destination() -> str:
    """
    Say whether a text leaves the service, and to which kind of provider. Name no address.

    The company follows from the address, because the default profile works with any address.
    """
    if settings.DECISION_PROVIDER == "rules":
        return "No model is asked: your text stays in this service."
    host = (urlsplit(settings.OPENAI_BASE_URL).hostname or "").rstrip(".")
    if company := company_at(host):
        return f"Your text is sent to a hosted model: {company}."
    if SERVERS[settings.OPENAI_SERVER].self_hosted and is_private(host):
        return "Your text is sent to a model server run by the operator of this service."
    return f"Your text is sent to a model server at another address. Ask {support_contact()} who runs it."
