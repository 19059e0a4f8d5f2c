// The outline goes when the page has come.
new MutationObserver((_, observer) => {
  if (document.querySelector(".stMain :is(h1, .stAlert, .stException)")) {
    document.getElementById("outline").remove();
    observer.disconnect();
  }
}).observe(document.getElementById("root"), { subtree: true, childList: true });

// Each page opens at its top, however far the one before was scrolled down.
let path = location.pathname;
new MutationObserver(() => {
  if (location.pathname === path) return;
  path = location.pathname;
  document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0, behavior: "instant" });
}).observe(document.getElementById("root"), { subtree: true, childList: true });

// What Streamlit's menu on small screens lacks: a name, and that it closes when a page is chosen.
// It is as narrow on a computer or a tablet, where Streamlit leaves it open.
const NAMES = [
  ["[data-testid=stExpandSidebarButton]", "Menu"],
  ["[data-testid=stSidebarCollapseButton] button", "Close the menu"],
];
new MutationObserver(() => {
  for (const [button, name] of NAMES) {
    document.querySelector(button)?.setAttribute("aria-label", name);
  }
  // Streamlit names it, and says at once that it is nothing that has a name.
  for (const place of document.querySelectorAll("[data-testid=stFileUploaderDropzone]")) {
    place.role = "group";
  }
}).observe(document.getElementById("root"), { subtree: true, childList: true });
addEventListener("click", ({ target }) => {
  if (!target.closest?.("[data-testid=stSidebarNavLink]")) return;
  // A press beside the menu closes it.
  const main = document.querySelector("[data-testid=stMain]");
  setTimeout(() => main.dispatchEvent(new MouseEvent("mousedown", { bubbles: true })));
});
