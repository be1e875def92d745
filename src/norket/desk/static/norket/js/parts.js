// @ts-check
/**
 * The parts that the page stands without. Each is loaded by itself: a file that does not arrive takes its own part with
 * it, is named on the page, and takes neither the alerts nor stop, pause and help.
 * @typedef {{root: any, zone: string, act: (command: any) => Promise<boolean>, dialogs: import("./dialogs.js").Dialogs, see: (kept: any) => void, watched: () => boolean}} Given
 */
/** @type {Record<string, (given: Given) => Promise<any>>} */
const PARTS = {
  Preflight: async ({ root, act, dialogs }) => new (await import("./preflight.js")).Preflight(root, act, dialogs),
  Recovery: async ({ root, zone, act, dialogs }) => new (await import("./recovery.js")).Recovery(root, zone, act, dialogs),
  Safety: async ({ root, zone, act, dialogs }) => new (await import("./safety.js")).Safety(root, zone, act, dialogs),
  Handover: async ({ root }) => new (await import("./handover.js")).Handover(root),
  OwnLimits: async ({ root, zone, act }) => new (await import("./own-limits.js")).OwnLimits(root, zone, act),
  Low: async ({ root, zone }) => new (await import("./low.js")).Low(root, zone),
  Trial: async ({ root, zone }) => new (await import("./trial.js")).Trial(root, zone),
  Learn: async ({ root, zone }) => new (await import("./learn.js")).Learn(root, zone),
  Rehearsed: async ({ root }) => new (await import("./rehearsed.js")).Rehearsed(root),
  Roster: async () => seeing(new (await import("./keep.js")).RosterKept()),
  Drafts: async ({ root, dialogs }) => { new (await import("./drafts.js")).Drafts(root, (id) => dialogs.open(id)); },
  LastView: async ({ root, see }) => { new (await import("./last-view.js")).LastView(root, () => root.store, see); },
  SoundRole: async ({ root }) => (await import("./sound-role.js")).soundRole(root),
  Awake: async ({ watched }) => (await import("./awake.js")).keepAwake(watched),
  Pad: async () => { await import("./pad.js"); },
  Keys: async ({ root }) => (await import("./keys.js")).bindKeys(root),
  NorketChart: async () => { await import("./chart.js"); },
};

/** The roster that goes along is asked for again when somebody comes, goes or is accounted for. @param {import("./keep.js").RosterKept} roster */
function seeing(roster) {
  return { update: (/** @type {import("./live.js").Store} */ { view }) => roster.seen(`${view.phase} ${view.evacuation?.accounted_at ?? view.evacuation?.at ?? ""}`) };
}

/**
 * @param {Given} given @param {(name: string, part: any) => void} come called for each that came; one with `update` is drawn with the page
 * @param {(name: string, error: unknown) => void} missing called for each that did not
 */
export async function loadParts(given, come, missing) {
  await Promise.all(Object.entries(PARTS).map(([name, load]) => load(given).then((part) => come(name, part), (error) => missing(name, error))));
}
