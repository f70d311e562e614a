"""Images, videos and archives on disk: which there are, what they say of themselves, and their pixels.

- ``naming``: what images, frames of videos and members of archives are called. ``locating``: which file that is.
- ``listing``, ``scanning``, ``image_info``: what lies in an images folder, and how large it is as displayed.
- ``sequences``: folders of numbered images. ``archives``: reading out of zip files.
- ``decoding``, ``video_index``, ``video_reader``, ``video_pool``: pixels; imported only where there are any to decode.
"""

from predscope.media.image_info import ImageInfo
from predscope.media.listing import MAX_DEPTH, MAX_IMAGES, ImageListing, list_images
from predscope.media.locating import PixelSource, is_images_root, locate, resolve_inside
from predscope.media.naming import IMAGE_SUFFIXES, VIDEO_SUFFIXES, natural_key
from predscope.media.scanning import Progress, read_image_info, scan_images

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_DEPTH",
    "MAX_IMAGES",
    "VIDEO_SUFFIXES",
    "ImageInfo",
    "ImageListing",
    "PixelSource",
    "Progress",
    "is_images_root",
    "list_images",
    "locate",
    "natural_key",
    "read_image_info",
    "resolve_inside",
    "scan_images",
]
