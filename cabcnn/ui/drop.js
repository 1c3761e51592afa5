// A file dropped anywhere on the page is uploaded, not only on the upload box: a sound to be
// explained or, where the Train tab is open for them, a zip of recordings.
(() => {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const box = () =>
    [...document.querySelectorAll("#upload, #train-upload")].find((one) => one.offsetParent);
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
      if (!carriesFiles(event) || event.target.closest?.("#many-upload")) return;
      if (box()?.contains(event.target)) return;
      event.preventDefault();
      const input = box()?.querySelector("input[type=file]");
      if (!input) return;
      const one = new DataTransfer();
      one.items.add(event.dataTransfer.files[0]);
      input.files = one.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
    true,
  );
})();
