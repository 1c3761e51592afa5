// A file dropped anywhere on the page is uploaded, not only on the upload box: a sound to be
// explained or, where the Train tab is open for them, a zip of recordings.
(() => {
  /** @param {DragEvent} event */
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const visibleBox = () => {
    /** @type {NodeListOf<HTMLElement>} */
    const boxes = document.querySelectorAll("#upload, #train-upload");
    return [...boxes].find((box) => box.offsetParent);
  };
  /** @param {boolean} on */
  const mark = (on) => document.documentElement.classList.toggle("dropping", on);

  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) mark(false);
  });
  addEventListener(
    "drop",
    (event) => {
      mark(false);
      const { target, dataTransfer } = event;
      if (!carriesFiles(event) || !dataTransfer) return;
      const box = visibleBox();
      if (target instanceof Element && (target.closest("#batch-upload") || box?.contains(target))) {
        return;
      }
      event.preventDefault();
      /** @type {HTMLInputElement | null | undefined} */
      const input = box?.querySelector("input[type=file]");
      if (!input) return;
      const one = new DataTransfer();
      one.items.add(dataTransfer.files[0]);
      input.files = one.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
    true,
  );
})();
