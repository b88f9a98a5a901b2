"""Entry of `python -m django_aws_api_gateway_websockets.gateway`."""

import sys

from .cli import main

sys.exit(main())
