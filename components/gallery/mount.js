// How Streamlit shows a gallery: one for each place of the component, kept while it is on the page.

const galleries = new WeakMap();

function mountGallery(component, makeGallery) {
  const { parentElement } = component;
  let gallery = galleries.get(parentElement);
  if (!gallery) {
    gallery = makeGallery(parentElement.querySelector(".gallery"), parentElement);
    galleries.set(parentElement, gallery);
  }
  gallery.update(component);
  return () => {
    gallery.close();
    galleries.delete(parentElement);
  };
}
