// @ts-check
import { CurvePlot, readPrediction } from "./chart-curve.js";

/** The predicted curve of a dose that is being written: drawn again whenever the server answers. */
class NorketCurve extends HTMLElement {
  connectedCallback() {
    this.plot = new CurvePlot(this, { axis: "minutes" });
    this.redraw = () => { this.plot?.rebuild(); this.draw(); };
    this.sizes = new ResizeObserver(() => this.plot?.resize());
    this.sizes.observe(this);
    document.addEventListener("norket:theme", this.redraw);
    this.draw();
  }

  disconnectedCallback() {
    this.sizes?.disconnect();
    if (this.redraw) document.removeEventListener("norket:theme", this.redraw);
    this.plot?.rebuild();
  }

  draw() {
    const curve = readPrediction(JSON.parse(this.dataset.curve ?? "null"));
    if (!curve) return;
    this.plot?.update(curve, { from: 0, to: curve.times[curve.times.length - 1] * 1000 }, Infinity);
  }
}
customElements.define("norket-curve", NorketCurve);
