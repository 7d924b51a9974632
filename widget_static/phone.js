// The panel over the whole of a small screen: the page behind stays where it is, the keyboard covers nothing.

export class Phone {
  #lock;
  #frame;

  constructor(signal) {
    for (const type of ["resize", "scroll"]) window.visualViewport?.addEventListener(type, () => this.#measure(), { signal });
    signal.addEventListener("abort", () => this.#letGo());
  }

  /** `isFull`: the frame is open and covers the screen. To be called whenever that may have changed. */
  fit(frame, isFull) {
    this.#frame = isFull ? frame : undefined;
    if (isFull) this.#hold();
    else this.#letGo();
    if (frame) Object.assign(frame.style, { top: "", bottom: "", height: "" });
    this.#measure();
  }

  // Keyboards of iPhones lie over the page without making it smaller. Zoomed in, what is visible is no measure.
  #measure() {
    const { visualViewport } = window;
    if (!this.#frame || !visualViewport || visualViewport.scale > 1.01) return;
    Object.assign(this.#frame.style, { top: `${visualViewport.offsetTop}px`, bottom: "auto", height: `${visualViewport.height}px` });
  }

  #hold() {
    const { style } = document.documentElement;
    this.#lock ??= { overflow: style.getPropertyValue("overflow"), priority: style.getPropertyPriority("overflow"),
      hadStyle: document.documentElement.hasAttribute("style"), left: scrollX, top: scrollY };
    style.setProperty("overflow", "hidden", "important");
  }

  #letGo() {
    if (!this.#lock) return;
    const { documentElement } = document;
    const { overflow, priority, hadStyle, left, top } = this.#lock;
    this.#lock = undefined;
    documentElement.style.setProperty("overflow", overflow, priority);
    // Asked for, the attribute is written out; before that, browsers would take away nothing and then write it.
    if (!hadStyle && !documentElement.getAttribute("style")) documentElement.removeAttribute("style");
    // A keyboard moves the page to show the field that is written in.
    if (scrollX !== left || scrollY !== top) scrollTo({ left, top, behavior: "instant" });
  }
}
