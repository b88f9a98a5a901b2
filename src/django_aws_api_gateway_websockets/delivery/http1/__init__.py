"""HTTP/1.1 from the client's side: connections and their pool, requests, responses, proxies, TLS.

Knows nothing of messages or of AWS beyond the bytes it is given.
"""
