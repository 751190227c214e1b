"""Virtual wards: early-warning scores, limits, alerts, criteria for admission, places and measures. Pure rules."""
