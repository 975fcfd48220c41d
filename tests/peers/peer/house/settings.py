"""The peer's settings: what its documentation asks for, and what its users set for speed."""

import os

SECRET_KEY = os.environ["PEER_SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = [".peer.localhost"]
ROOT_URLCONF = "house.urls"
PUBLIC_SCHEMA_URLCONF = "house.public_urls"
WSGI_APPLICATION = "house.wsgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": os.environ["PEER_DATABASE"],
        "USER": os.environ["PEER_DATABASE"],
        "PASSWORD": os.environ["PEER_DATABASE_PASSWORD"],
        "HOST": "127.0.0.1",
        "PORT": os.environ["PEER_DATABASE_PORT"],
        # A connection lives as long as its thread.
        "CONN_MAX_AGE": None,
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]

SHARED_APPS = ["django_tenants", "tenants", "django.contrib.contenttypes"]
TENANT_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "desk"]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]
TENANT_MODEL = "tenants.Hotel"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# The search path is set once per request and not before every statement.
TENANT_LIMIT_SET_CALLS = True

TENANT_MULTIPROCESSING_MAX_PROCESSES = int(os.environ["PEER_CORES"])

# How a new hotel gets its tables: by the migrations, which is the default, or as a copy of a schema that has run them.
TENANT_BASE_SCHEMA = "pattern"
TENANT_CREATION_FAKES_MIGRATIONS = os.environ.get("PEER_CREATES_BY", "copy") == "copy"

MIDDLEWARE = [
    "django_tenants.middleware.main.TenantMainMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

# A session is read from Redis; the database has it too.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["PEER_REDIS"],
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}
