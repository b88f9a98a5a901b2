# Pages at https://app.example.com, the socket at wss://ws.app.example.com.
SESSION_COOKIE_DOMAIN = ".app.example.com"
# A new name: browsers keep the old cookie without a domain, and would send both.
SESSION_COOKIE_NAME = "app_session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = True
ALLOWED_HOSTS = ["app.example.com"]
