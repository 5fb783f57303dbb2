"""
Every way in which a call to a provider can fail.

    ProviderFailure
    ├── ProviderTimeout       the total deadline passed, in any phase of the call
    ├── ProviderUnreachable   no connection, TLS, DNS, a redirect
    ├── ProviderRateLimited   HTTP 429
    ├── ProviderRejected      any other 4xx: key, model name, request
    ├── ProviderError         5xx, not JSON, too large, an unusable response, an answer cut short
    └── ProviderRefused       a refusal or a content filter
"""

from traces.codes import ErrorCode
from traces.failures import NamedFailure


class ProviderFailure(NamedFailure):
    """The provider gave no usable answer."""


class ProviderTimeout(ProviderFailure):
    code = ErrorCode.PROVIDER_TIMEOUT


class ProviderUnreachable(ProviderFailure):
    code = ErrorCode.PROVIDER_UNREACHABLE


class ProviderRateLimited(ProviderFailure):
    code = ErrorCode.PROVIDER_RATE_LIMITED


class ProviderRejected(ProviderFailure):
    code = ErrorCode.PROVIDER_REJECTED


class ProviderError(ProviderFailure):
    code = ErrorCode.PROVIDER_ERROR


class ProviderRefused(ProviderFailure):
    code = ErrorCode.PROVIDER_REFUSED
