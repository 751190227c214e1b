"""The waiting list on screen: the list itself, one pathway, and the validation of doubtful ones."""
