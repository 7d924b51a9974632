// The files that a drop or the clipboard brings.

/** Without folders, which can't be sent. */
export const filesIn = (transfer) => [...transfer?.items ?? []]
  .filter((item) => item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory).map((item) => item.getAsFile()).filter(Boolean);

/** None where they stand beside a text: office programs put a picture of a text there. */
export function pastedFiles({ clipboardData }) {
  const { types } = clipboardData;
  return types.includes("text/html") && types.includes("text/plain") ? [] : filesIn(clipboardData);
}
