"""Which methods an address takes, for the `Allow` of a 405; routes are found in included routers too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def allowed_methods(app: Any, path: str) -> str:
    """List the methods of a path, as `Allow` has them; the route with the fewest parameters is meant."""
    fitting = [
        route
        for route in routes_of(app.router)
        if getattr(route, "path_regex", None) is not None and route.path_regex.match(path)
    ]
    fewest = min((route.path.count("{") for route in fitting), default=0)
    meant = (route for route in fitting if route.path.count("{") == fewest)
    return ", ".join(sorted({method for route in meant for method in getattr(route, "methods", None) or ()}))


def routes_of(router: Any) -> Iterator[Any]:
    """Yield routes, those of included routers too; FastAPI keeps an included router as one entry."""
    for route in router.routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from routes_of(included)
