"""
A TLS 1.3 server that answers nothing and sends key updates for as long as they are taken: `KEY CERTIFICATE [request]`.

Python's own `ssl` cannot send them, so this calls the system's OpenSSL. It prints its port.
"""

import ctypes
import socket
import sys

Pointer = ctypes.c_void_p
UPDATE_NOT_REQUESTED, UPDATE_REQUESTED = 0, 1


def openssl() -> ctypes.CDLL:
    library = ctypes.CDLL("libssl.so.3")
    for name in ("TLS_server_method", "SSL_CTX_new", "SSL_new"):
        getattr(library, name).restype = Pointer
    library.SSL_CTX_new.argtypes = library.SSL_new.argtypes = [Pointer]
    library.SSL_CTX_use_certificate_chain_file.argtypes = [Pointer, ctypes.c_char_p]
    library.SSL_CTX_use_PrivateKey_file.argtypes = [Pointer, ctypes.c_char_p, ctypes.c_int]
    library.SSL_set_fd.argtypes = library.SSL_key_update.argtypes = [Pointer, ctypes.c_int]
    library.SSL_accept.argtypes = library.SSL_do_handshake.argtypes = [Pointer]
    library.SSL_read.argtypes = [Pointer, ctypes.c_char_p, ctypes.c_int]
    return library


def main(key: str, certificate: str, kind: int) -> None:
    library = openssl()
    context = library.SSL_CTX_new(library.TLS_server_method())
    assert library.SSL_CTX_use_certificate_chain_file(context, certificate.encode()) == 1
    assert library.SSL_CTX_use_PrivateKey_file(context, key.encode(), 1) == 1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        connection, _ = listener.accept()
        with connection:
            tls = library.SSL_new(context)
            library.SSL_set_fd(tls, connection.fileno())
            assert library.SSL_accept(tls) == 1
            library.SSL_read(tls, ctypes.create_string_buffer(0x10000), 0x10000)
            while library.SSL_key_update(tls, kind) == 1 and library.SSL_do_handshake(tls) == 1:
                pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], UPDATE_REQUESTED if "request" in sys.argv else UPDATE_NOT_REQUESTED)
