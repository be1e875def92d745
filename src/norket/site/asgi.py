"""The application as a web server calls it."""

from django.conf import settings
from django.core.asgi import get_asgi_application

from norket.site.bodies import limited

application = limited(get_asgi_application(), settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
