// Text into the clipboard, where the browser lets us.

/** Whether the browser let us put it into the clipboard. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or a page without https
  }
}
