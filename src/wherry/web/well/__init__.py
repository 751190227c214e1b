"""Looking after those who wait: readiness for surgery, risk of harm, and follow-ups."""
