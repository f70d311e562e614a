"""A first look at a path in a thread: a folder of very many files takes a while, and may be given up meanwhile."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Final

from predscope.errors import PredscopeError
from predscope.importing.inspection import Inspection, inspect_source
from predscope.reading_progress import watched
from predscope.schema import Role

_logger: Final = logging.getLogger("predscope")


class _GivenUpError(Exception):
    """Raised inside the look, where it says that it goes on."""


class LookingJob:
    """One look under way. Nothing is changed by it, so that it may be dropped at any time.

    Attributes:
        path: what is looked at.
        inspection: what was found; None: it is under way, or has failed.
        problem: why it has failed.
    """

    def __init__(self, path: Path, wanted: Role | None) -> None:
        self.path = path
        self.inspection: Inspection | None = None
        self.problem = ""
        self._wanted = wanted
        self._is_given_up = False
        self._thread = threading.Thread(target=self._look, name="predscope-look", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """Whether it is done, after no longer than that."""
        self._thread.join(seconds)
        return self.is_done

    def give_up(self) -> None:
        self._is_given_up = True

    def _look(self) -> None:
        try:
            with watched(self._go_on, "Looking"):
                inspection = inspect_source(self.path)
                if self._wanted is not None and not inspection.formats:
                    inspection = inspect_source(self.path, role=self._wanted)
        except _GivenUpError:
            return
        except PredscopeError as error:
            self.problem = str(error)
        except Exception as error:  # a fault of the program is said on the page, too
            _logger.error("a look at an input failed", exc_info=error)
            self.problem = f"It cannot be looked at ({type(error).__name__}: {error})."
        else:
            self.inspection = inspection

    def _go_on(self, done: int, total: int, what: str) -> None:
        if self._is_given_up:
            raise _GivenUpError
