// The ways by which files come into the panel. The part that takes care of them is loaded with the first one.
import { $, element } from "./dom.js";
import { filesIn, pastedFiles } from "./transfer.js";

// What the server takes. Pictures by type, so that phones offer the camera and hand them out in a kind that others can show.
const ACCEPT = "image/jpeg,image/png,image/gif,image/webp,.jpg,.jpeg,.png,.gif,.webp,.pdf,.txt,.csv,.tsv,.log,.md,.json,.docx,.xlsx,"
  + ".pptx,.odt,.ods,.odp,.zip,.mp3,.m4a,.ogg,.oga,.opus,.mp4,.m4v,.mov,.webm";

// What this tab had attached before it was reloaded.
const KEPT = "files.tab";

export class Attaching {
  part; // once it is loaded

  constructor({ parts, stored, bridge }) {
    const onKeep = (kept) => (kept ? bridge.save(KEPT, kept) : bridge.remove(KEPT));
    const use = (run) => parts.use("attach", (part) => { this.part = Object.assign(part, { onKeep }); run(part); });
    const add = (files) => { if (files.length) use((part) => part.add(files)); };
    // Files may come where there is a conversation.
    const isOn = () => $("form-place").hidden;
    const input = element("input", { type: "file", multiple: true, accept: ACCEPT, hidden: true });
    input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
    $("attach").after(input);
    // The chooser opens only as an answer to the click itself: nothing may be loaded before.
    $("attach").addEventListener("click", () => { input.click(); use(() => {}); });
    document.addEventListener("paste", (event) => {
      const files = pastedFiles(event);
      if (!files.length || !isOn()) return;
      event.preventDefault();
      add(files);
    });
    // A file that is dropped where nobody takes it would replace the chat.
    const drag = (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      if (event.type === "drop") this.part?.showDrop(false);
      if (!isOn()) return;
      if (event.type === "drop") add(filesIn(event.dataTransfer));
      else use((part) => part.showDrop(true));
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("drop", drag);
    if (stored[KEPT]) use((part) => part.restore(stored[KEPT]));
  }
}
