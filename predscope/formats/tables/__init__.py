"""Tables with named columns: objects, classes, scores, Open Images."""
