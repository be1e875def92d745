// @ts-check
import { field, words, write } from "./dom.js";
import { canSound, play, role, setRole } from "./sound.js";

/** Which device this is, chosen once and kept on it, and a sound to hear that it works. @param {HTMLElement} root */
export function soundRole(root) {
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll('[data-part="sound-role"] button'));
  const draw = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === role()));
    write(field(root, "sound_role"), canSound() ? words.sound_roles[role()] : words.sound_blocked);
    root.querySelector('[data-part="sound-open"]')?.toggleAttribute("data-blocked", !canSound());
  };
  for (const button of buttons) button.addEventListener("click", () => { setRole(button.value); draw(); });
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("[data-play]"))) {
    button.addEventListener("click", async () => {
      const heard = await play(/** @type {"T2"|"T3"} */ (button.dataset.play));
      write(field(root, "sound_says"), heard ? words.sound_played : words.no_sound);
      draw();
    });
  }
  draw();
  setInterval(draw, 2000);
}
