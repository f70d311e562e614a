"""Label Studio's JSON exports."""
