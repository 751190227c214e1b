"""Emergency department and ambulances."""
