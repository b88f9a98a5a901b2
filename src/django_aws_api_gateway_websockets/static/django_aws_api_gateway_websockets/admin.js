"use strict";
// Buttons beside an address copy it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".websockets-copy");
  if (!button) return;
  const shown = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(button.dataset.text);
    button.textContent = "Copied";
  } catch {
    // Without https the clipboard is closed to pages; the selected text can be copied by hand.
    getSelection().selectAllChildren(shown);
    button.textContent = "Selected";
  }
});
