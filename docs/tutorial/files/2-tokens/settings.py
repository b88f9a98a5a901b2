LOGIN_URL = "/admin/login/"
