"""By metric: performance against a metric, the objects of a part of its values, and the weak slices that were found."""
