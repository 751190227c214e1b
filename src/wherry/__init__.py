"""wherry: the open operating platform of a hospital group and its care system."""

from wherry.compiled_code import keep_apart

__version__ = "0.1.0"

keep_apart()
