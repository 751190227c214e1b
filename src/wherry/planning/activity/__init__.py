"""Activity of every year, with its uncertainty: growth, then what interventions take away, drawn cell by cell."""
