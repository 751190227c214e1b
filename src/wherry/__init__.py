"""wherry: the open operating platform of a hospital group and its care system."""

__version__ = "0.1.0"
