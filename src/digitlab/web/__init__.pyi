from .server import (
    ServerOptions as ServerOptions,
    serve as serve,
)
