"""Offers of treatment at another hospital: from a clinician's agreement to the patient's answer and the transfer."""
