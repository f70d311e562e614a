// How Streamlit shows a chart: one for each place of the component, kept while it is on the page.

const charts = new WeakMap();

function mountChart(component, selector, Chart) {
  const { parentElement } = component;
  let chart = charts.get(parentElement);
  if (!chart) {
    chart = new Chart(parentElement.querySelector(selector));
    charts.set(parentElement, chart);
  }
  chart.update(component);
  return () => {
    chart.close?.();
    charts.delete(parentElement);
  };
}

function make(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}
