"""An artificial system: people and their elective care, written as three trusts would send it."""
