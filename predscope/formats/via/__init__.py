"""Projects and exports of VGG Image Annotator, versions 1 to 3."""
