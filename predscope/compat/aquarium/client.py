"""The client: everything that a script asks of the service, on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from predscope.compat.aquarium.datasets import Inferences, InferenceSet, LabeledDataset
from predscope.compat.aquarium.frames import InferencesFrame, LabeledFrame
from predscope.compat.aquarium.generations import either_name
from predscope.compat.aquarium.locations import Locations
from predscope.compat.aquarium.looking import Looking
from predscope.compat.aquarium.projects import Projects
from predscope.compat.aquarium.serialized import Addresses
from predscope.compat.aquarium.store import home_folder
from predscope.compat.aquarium.unlabeled import UnlabeledDataset
from predscope.compat.aquarium.uploader import Uploader
from predscope.errors import InputError

DEFAULT_ENDPOINT: Final = "https://illume.aquariumlearning.com/api/v1"
_TWO_HOURS: Final = timedelta(hours=2)


class Client(Projects, Looking):
    """Keeps projects, data sets and inferences in folders, and tells of them.

    Args:
        api_endpoint: accepted; nothing is ever sent anywhere.
        url_map: folders by the prefix of the URLs of images and masks that lie in them; see ``Locations``.
        home: where projects are kept; None: the folder named by ``PREDSCOPE_HOME``, else the current one.
        others: accepted.
    """

    def __init__(
        self,
        *,
        api_endpoint: str = DEFAULT_ENDPOINT,
        url_map: Mapping[str, str | os.PathLike[str]] | None = None,
        home: str | os.PathLike[str] | None = None,
        **others: Any,
    ) -> None:
        self.api_endpoint = api_endpoint
        self._url_map = dict(url_map or {})
        self._home = None if home is None else Path(home).expanduser().absolute()

    @property
    def home(self) -> Path:
        """Where projects are kept."""
        return home_folder() if self._home is None else self._home

    def set_credentials(
        self,
        *,
        token: str | None = None,
        app_id: str | None = None,
        app_key: str | None = None,
        api_key: str | None = None,
    ) -> None:
        """Accepted and forgotten: nothing on disk asks who you are."""

    @either_name
    def create_dataset(
        self,
        project_id: str,
        dataset_id: str,
        data_url: Addresses | None = None,
        embeddings_url: Addresses | None = None,
        dataset: LabeledDataset | None = None,
        wait_until_finish: bool = False,
        wait_timeout: timedelta = _TWO_HOURS,
        embedding_distance_metric: str = "euclidean",
        preview_first_frame: bool = False,
        delete_cache_files_after_upload: bool = True,
        check_first_frame: bool = True,
        external_metadata: Mapping[str, Any] | None = None,
        pipeline_mode: str = "STREAMING",
        **others: Any,
    ) -> None:
        """Import labelled frames. A data set of that id gets a new version, with these frames and no others.

        Everything is done when the call returns, so waiting, and how data are processed, make no difference.

        Args:
            data_url: instead of ``dataset``: the file, or files, that the client has serialized it to: a path, a
                ``file://`` URL, or a URL of which a prefix is mapped to a folder. Nothing is fetched.
            embeddings_url: such files of embeddings.
            dataset: the frames.
            preview_first_frame: show the first frame before anything is published.
            external_metadata: kept.

        Raises:
            InputError: something cannot be used; nothing was published then.
        """
        self._uploader(project_id).dataset(
            dataset_id,
            dataset,
            data_url=data_url,
            embeddings_url=embeddings_url,
            preview=preview_first_frame,
            external_metadata=external_metadata,
        )

    @either_name
    def create_or_update_dataset(
        self,
        project_id: str,
        dataset_id: str,
        data_url: Addresses | None = None,
        embeddings_url: Addresses | None = None,
        dataset: LabeledDataset | None = None,
        wait_until_finish: bool = False,
        wait_timeout: timedelta = _TWO_HOURS,
        embedding_distance_metric: str = "euclidean",
        preview_first_frame: bool = False,
        delete_cache_files_after_upload: bool = True,
        check_first_frame: bool = True,
        external_metadata: Mapping[str, Any] | None = None,
        pipeline_mode: str = "STREAMING",
        **others: Any,
    ) -> None:
        """As ``create_dataset``, but frames of the newest version that are not given again stay as they are."""
        self._uploader(project_id).dataset(
            dataset_id,
            dataset,
            data_url=data_url,
            embeddings_url=embeddings_url,
            preview=preview_first_frame,
            external_metadata=external_metadata,
            adds=True,
        )

    @either_name
    def create_inferences(
        self,
        project_id: str,
        dataset_id: str,
        inferences_id: str,
        data_url: Addresses | None = None,
        embeddings_url: Addresses | None = None,
        inferences: Inferences | None = None,
        wait_until_finish: bool = False,
        wait_timeout: timedelta = _TWO_HOURS,
        embedding_distance_metric: str = "euclidean",
        delete_cache_files_after_upload: bool = True,
        external_metadata: Mapping[str, Any] | None = None,
        pipeline_mode: str = "STREAMING",
        preview_first_frame: bool = False,
        **others: Any,
    ) -> None:
        """Import what a model has predicted on the frames of a data set; arguments as those of ``create_dataset``.

        A set of that id gets a new version; the earlier ones stay.

        Raises:
            InputError: something cannot be used; nothing was published then.
        """
        self._uploader(project_id).inferences(
            dataset_id,
            inferences_id,
            inferences,
            data_url=data_url,
            embeddings_url=embeddings_url,
            preview=preview_first_frame,
            external_metadata=external_metadata,
        )

    @either_name
    def create_or_update_inferences(
        self,
        project_id: str,
        dataset_id: str,
        inferences_id: str,
        data_url: Addresses | None = None,
        embeddings_url: Addresses | None = None,
        inferences: Inferences | None = None,
        wait_until_finish: bool = False,
        wait_timeout: timedelta = _TWO_HOURS,
        embedding_distance_metric: str = "euclidean",
        delete_cache_files_after_upload: bool = True,
        external_metadata: Mapping[str, Any] | None = None,
        pipeline_mode: str = "STREAMING",
        preview_first_frame: bool = False,
        **others: Any,
    ) -> None:
        """As ``create_inferences``, but frames of the newest version that are not given again stay as they are."""
        self._uploader(project_id).inferences(
            dataset_id,
            inferences_id,
            inferences,
            data_url=data_url,
            embeddings_url=embeddings_url,
            preview=preview_first_frame,
            external_metadata=external_metadata,
            adds=True,
        )

    def initialize_labeled_dataset(
        self,
        dataset_name: str,
        project_name: str,
        frame_embedding_model: str | None = None,
        label_embedding_model: str | None = None,
        external_metadata: Mapping[str, Any] | None = None,
        is_anon_mode: bool = False,
    ) -> LabeledDataset:
        """(Later generation) a data set to add frames to; ``create_or_update_labeled_dataset`` imports it."""
        return LabeledDataset(self, dataset_name, project_name, external_metadata=external_metadata)

    def create_or_update_labeled_dataset(
        self, dataset: LabeledDataset, wait_until_finish: bool = False, preview_first_frame: bool = False, **others: Any
    ) -> None:
        """(Later generation) import a data set, as ``create_or_update_dataset`` does."""
        if not isinstance(dataset, LabeledDataset) or dataset.name is None or dataset.project_name is None:
            raise InputError("expected a data set from initialize_labeled_dataset.", where="dataset")
        self._uploader(dataset.project_name).dataset(dataset.name, dataset, preview=preview_first_frame, adds=True)

    @either_name
    def initialize_unlabeled_dataset(
        self,
        dataset_id: str,
        project_id: str,
        frame_embedding_model: str | None = None,
        inference_embedding_model: str | None = None,
        external_metadata: Mapping[str, Any] | None = None,
        is_anon_mode: bool = False,
    ) -> UnlabeledDataset:
        """(Later generation) a data set without labels; ``create_or_update_unlabeled_dataset`` imports it."""
        return UnlabeledDataset(self, dataset_id, project_id, external_metadata=external_metadata)

    def create_or_update_unlabeled_dataset(
        self,
        unlabeled_dataset: UnlabeledDataset,
        wait_until_finish: bool = False,
        preview_first_frame: bool = False,
        **others: Any,
    ) -> None:
        """(Later generation) import a data set without labels; proposals become the inferences ``proposals``."""
        if not isinstance(unlabeled_dataset, UnlabeledDataset):
            raise InputError("expected a data set from initialize_unlabeled_dataset.", where="unlabeled_dataset")
        self.create_or_update_labeled_dataset(unlabeled_dataset, preview_first_frame=preview_first_frame)

    def initialize_inference_set(
        self,
        inference_set_name: str,
        project_name: str,
        base_dataset_name: str,
        frame_embedding_model: str | None = None,
        inference_embedding_model: str | None = None,
        external_metadata: Mapping[str, Any] | None = None,
        is_anon_mode: bool = False,
    ) -> InferenceSet:
        """(Later generation) an inference set to add frames to; ``create_or_update_inference_set`` imports it."""
        return InferenceSet(
            self, inference_set_name, project_name, base_dataset_name, external_metadata=external_metadata
        )

    def create_or_update_inference_set(
        self,
        inference_set: InferenceSet,
        wait_until_finish: bool = False,
        preview_first_frame: bool = False,
        **others: Any,
    ) -> None:
        """(Later generation) import an inference set, as ``create_or_update_inferences`` does."""
        if not isinstance(inference_set, InferenceSet):
            raise InputError("expected an inference set from initialize_inference_set.", where="inference_set")
        uploader = self._uploader(inference_set.project_name)
        uploader.inferences(
            inference_set.base_dataset_name,
            inference_set.name,
            inference_set,
            preview=preview_first_frame,
            adds=True,
        )

    @either_name
    def preview_frame(
        self, project_id: str, labeled_frame: LabeledFrame, inference_frame: InferencesFrame | None = None
    ) -> None:
        """Draw one frame as it would be imported, and print links to the picture; nothing is kept in the project."""
        self._uploader(project_id).preview(labeled_frame, inference_frame)

    def upload_asset_from_filepath(self, project_id: str, dataset_id: str, filepath: str | os.PathLike[str]) -> str:
        """The ``file://`` URL of a file, which stays where it is.

        Raises:
            InputError: there is no such file.
        """
        path = Path(filepath).expanduser().resolve()
        if not path.is_file():
            raise InputError("there is no such file.", where=path)
        return path.as_uri()

    def upload_asset_from_url(self, project_id: str, dataset_id: str, source_url: str) -> str:
        """The URL as it is: nothing is fetched."""
        return str(source_url)

    def _uploader(self, project_id: str) -> Uploader:
        return Uploader(self._store(project_id), Locations(self._url_map))
