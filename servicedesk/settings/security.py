"""Who may come in and how, and what the browser may do: the same in every place."""

import os

# --- people and login ---
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = [
    "servicedesk.staff.backends.RoleBackend",
    "servicedesk.staff.backends.ObjectBackend",
]
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
GUARDIAN_GET_INIT_ANONYMOUS_USER = None
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "servicedesk.core.passwords.KnownPasswordValidator"},
    {"NAME": "servicedesk.core.passwords.OwnWordsValidator"},
]
# A list of passwords from thefts of data, as Have I Been Pwned gives it, sorted by hash.
KNOWN_PASSWORDS_LIST = os.environ.get("KNOWN_PASSWORDS_LIST", "")
# The link of a letter that resets a password; the second factor is asked all the same.
PASSWORD_RESET_TIMEOUT = 60 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tickets:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_FORMS = {
    "change_password": "servicedesk.staff.adapters.own_password.OwnPasswordForm",
    "reset_password": "servicedesk.staff.adapters.own_password.LetterForm",
}
# A password that an administrator chose lets nobody in after so many days.
FIRST_PASSWORD_DAYS = int(os.environ.get("FIRST_PASSWORD_DAYS", "7"))
ACCOUNT_ADAPTER = "servicedesk.staff.adapters.account.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Wrong tries: for each address, for each account from one address, and for an account
# from all addresses but the browsers that have signed in to it before.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/10m/ip,5/10m/key",
    "login_failed_anywhere": "50/10m/key",
}
KNOWN_DEVICE_COOKIE_NAME = "known_device"
# They take the place of secret links: of requests, and of a person's own data.
LINKS_COOKIE_NAME = "links"
DATA_LINKS_COOKIE_NAME = "data_links"
SENT_COOKIE_NAME = "sent_request"
MFA_ADAPTER = "servicedesk.staff.adapters.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Servicedesk"
USERSESSIONS_TRACK_ACTIVITY = False
SESSIONS_AT_MOST = 5

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 2 * 60 * 60
# Who looks behind a mask has proved who they are not longer ago than this; what is
# shown leaves the page after so many seconds.
REVEAL_REAUTH_SECONDS = int(os.environ.get("REVEAL_REAUTH_SECONDS", "1800"))
REVEAL_SECONDS = 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = False
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "servicedesk.core.flash.Messages"
MESSAGE_COOKIE_NAME = "messages"
CSRF_FAILURE_VIEW = "servicedesk.core.views.csrf_failure"

# --- what the browser may do ---
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
