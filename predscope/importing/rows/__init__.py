"""Objects one by one: taken as the user says, judged, repaired or rejected."""
