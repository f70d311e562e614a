// The gallery of frames.

export default function (component) {
  return mountGallery(component, (root, host) => new Gallery(root, host));
}
