"""Performance where whole frames have classes: accuracy, confusions, and curves of the scores.

view          the part of the page
explanations  how the numbers are computed
"""
