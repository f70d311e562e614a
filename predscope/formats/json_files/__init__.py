"""Big and damaged JSON files, for every format that is written in JSON."""
