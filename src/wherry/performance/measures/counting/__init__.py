"""Makes the fact tables of `facts` in one DuckDB connection, each for the periods of one grain."""
