"""Where a model fails and why: performance against metrics, and the statistics to trust it.

Pure functions over a match table and columns of metrics; they know neither projects nor files.
"""

from predscope.analysis.balance import ClassBalance, class_balance
from predscope.analysis.binning import Binning, Bins, bins_for, make_bins
from predscope.analysis.by_metric import BinCounts, MetricPerformance, performance_by_class, performance_by_metric
from predscope.analysis.drift import Drift, drift_to_pandas, find_drift
from predscope.analysis.importance import MetricImportance, importance_to_pandas, metric_importance
from predscope.analysis.outliers import Outliers, Severity, find_outliers
from predscope.analysis.slice_conditions import may_explain
from predscope.analysis.two_metrics import MetricMap, performance_by_two_metrics
from predscope.analysis.weak_slices import WeakSlice, find_weak_slices, slices_to_pandas

__all__ = [
    "BinCounts",
    "Binning",
    "Bins",
    "ClassBalance",
    "Drift",
    "MetricImportance",
    "MetricMap",
    "MetricPerformance",
    "Outliers",
    "Severity",
    "WeakSlice",
    "bins_for",
    "class_balance",
    "drift_to_pandas",
    "find_drift",
    "find_outliers",
    "find_weak_slices",
    "importance_to_pandas",
    "make_bins",
    "may_explain",
    "metric_importance",
    "performance_by_class",
    "performance_by_metric",
    "performance_by_two_metrics",
    "slices_to_pandas",
]
