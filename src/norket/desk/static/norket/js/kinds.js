// @ts-check
import { words } from "./dom.js";

/** What the server says of each type of command: which carry the time of the tap, which are orders, which see a version. */
const { timed = [], orders = [], versioned = [], order_expires_s: expires = 0 } = words.kinds ?? {};
const TIMED = new Set(timed), ORDERS = new Set(orders), VERSIONED = new Set(versioned);
/** What is never made to wait behind anything else. */
const URGENT = new Set(["stop_infusion", "pause", "raise_concern"]);

/** @param {any} command */
const happened = (command) => command.as === "happened";
/** @param {any} command */
export function isOrder(command) { return ORDERS.has(command.type) && !happened(command); }
/** @param {any} command */
export function seesVersion(command) { return VERSIONED.has(command.type) && !happened(command); }
/** @param {any} command */
export function isUrgent(command) { return URGENT.has(command.type); }
/** A fact carries the time of its tap; an order counts from when the server takes it. @param {any} command */
export function carriesTime(command) { return TIMED.has(command.type) && !isOrder(command); }
export const EXPIRES_MS = expires * 1000;
