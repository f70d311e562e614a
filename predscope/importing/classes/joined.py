"""What became of the classes that a file speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from predscope.formats.base import Reference


@dataclass(frozen=True, slots=True)
class JoinedClass:
    """A class of the file and the class of the project that its objects have got.

    Attributes:
        reference: what stands in the file: an id or a name; what a class map speaks of.
        kind: which of the two.
        name: what the file calls it; the reference where it gives no name.
        class_id, class_name: of the class of the project, as the import would leave it.
        is_new: the project has no such class yet.
        count: objects that refer to it, rejected ones included.
    """

    reference: str
    kind: Reference
    name: str
    class_id: int
    class_name: str
    is_new: bool
    count: int
