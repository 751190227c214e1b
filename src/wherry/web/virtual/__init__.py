"""Virtual wards."""
