"""The parts of the Performance page, each a thin Streamlit piece over ``predscope.exploration.performance``.

figures     a row of numbers that are links (a browser component)
headline    the numbers at the operating point, and COCO's
per_class   the table of classes
confusion   the matrix, and the table of the largest confusions
curves      precision and recall over all thresholds
thresholds  which threshold to use
calibration whether confidences mean what they say
options     what a part shows, in the address
"""
