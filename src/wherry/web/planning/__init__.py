"""Plans: scenarios of demand, capacity and beds, what they give, and who changed them why."""
