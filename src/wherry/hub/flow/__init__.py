"""The history of flow: weeks of visits without identities, for forecasts."""
