// @ts-check
/** Keeps the screen on while a session is watched: a tablet that sleeps shows and sounds nothing. @param {() => boolean} watched */
export function keepAwake(watched) {
  /** @type {WakeLockSentinel|undefined} */
  let lock;
  const ask = async () => {
    if (!("wakeLock" in navigator) || document.visibilityState !== "visible" || !watched() || (lock && !lock.released)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // the system refuses on a low battery; the next round asks again
    }
  };
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, 15000);
  ask();
}
