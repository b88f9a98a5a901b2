"""HTTP/1.1 on the gateway's port: bytes in, requests out, and what each of them is for."""
