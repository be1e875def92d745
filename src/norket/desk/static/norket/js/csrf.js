// @ts-check
/** The site's token as the browser holds it now: a sign-in in another window has given a new one. @param {string} csrf the one that the page was made with */
export function newest(csrf) { return /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? csrf; }
