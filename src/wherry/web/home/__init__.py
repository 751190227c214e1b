"""The control room: what is outside its limits today, and the list behind each number."""
