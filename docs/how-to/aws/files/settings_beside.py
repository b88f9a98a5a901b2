# Pages at https://www.example.com, the socket at wss://ws.example.com.
SESSION_COOKIE_DOMAIN = ".example.com"
# A new name: browsers keep the old cookie without a domain, and would send both.
SESSION_COOKIE_NAME = "example_session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = True
ALLOWED_HOSTS = ["www.example.com"]
