// @ts-check
/** The colours of the tokens as a canvas understands them, for the theme that is on. */
const NAMES = ["ink", "ink-2", "line", "surface", "pressure", "heart", "saturation", "ketamine", "norketamine", "pump", "now"];

/** @param {HTMLElement} near @returns {Record<string, string>} */
export function colours(near) {
  const probe = document.createElement("span");
  near.append(probe);
  const found = Object.fromEntries(NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  }));
  probe.remove();
  return found;
}

/** @param {string} colour `rgb(…)` @param {number} opacity */
export function faint(colour, opacity) {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return `rgb(${r} ${g} ${b} / ${opacity})`;
}

export const FONT = "12px system-ui, sans-serif";
