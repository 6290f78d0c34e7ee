// What this browser remembers until its tab is closed.

/** What was kept under a name; an empty object when nothing was. */
export function readMemory(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? {};
  } catch {
    return {};
  }
}

/** Keep something under a name, where the browser keeps anything: without that only what was read, or begun, is forgotten. */
export function writeMemory(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // The page works without a memory.
  }
}
