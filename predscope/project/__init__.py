"""A project on disk: frames, classes, and immutable versions of label and prediction sets.

- ``Project``, ``ObjectSet``, ``SetVersion``: what everything else uses (``project``, ``object_set``, ``manifest``).
- ``publishing``, ``staging``, ``locking``, ``durable``: how a change becomes visible in one step, and survives a kill.
- ``versions``, ``version_names``: old versions: looked at, restored, deleted.
- ``saved``, ``saved_database``: what people write, such as views saved by name.
- ``frames``, ``classes``: changes prepared apart from the project. ``tables``: the Parquet files.

On disk: ``predscope.json`` (the manifest), ``data/frames/N.parquet``, ``data/ROLE/NAME/VERSION/`` with
``objects.parquet``, ``offsets.npy`` and ``report.json``; ``saved.sqlite``, what people write; ``staging/`` and
``cache/`` may be deleted at any time.
"""

from predscope.project.manifest import MANIFEST_NAME, SetVersion
from predscope.project.object_set import ObjectSet
from predscope.project.own_folders import remove_project
from predscope.project.project import Project

__all__ = ["MANIFEST_NAME", "ObjectSet", "Project", "SetVersion", "remove_project"]
