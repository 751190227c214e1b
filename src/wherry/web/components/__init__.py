"""What every screen shares: layout, formats, exports, charts and error pages."""
