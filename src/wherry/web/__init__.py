"""What people see and do: one Django project, one app a room. Only this room and `cli` know Django."""
