"""wherry: the open operating platform of a hospital group and its care system."""
