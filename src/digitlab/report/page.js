"use strict";
// Comfort only: the page is whole without this. A figure opens large; folded tables are printed.
const dialog = document.querySelector("dialog");
const [large, words] = [dialog.querySelector("img"), dialog.querySelector("p")];
for (const paper of document.querySelectorAll(".paper")) {
  const image = paper.querySelector("img");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "paper";
  button.setAttribute("aria-label", `Enlarge: ${image.alt}`);
  paper.replaceWith(button);
  button.append(image);
  button.addEventListener("click", () => {
    large.src = image.src;
    large.alt = image.alt;
    large.style.setProperty("--shown", button.closest("figure").style.getPropertyValue("--shown"));
    words.textContent = image.alt;
    dialog.showModal();
  });
}
dialog.querySelector("button").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    folded.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const opened of document.querySelectorAll("details[data-printed]")) {
    opened.open = false;
    delete opened.dataset.printed;
  }
});
// The study that is being read is marked in the bar.
const links = [...document.querySelectorAll("nav a")];
const sections = links.map((link) => document.querySelector(link.hash));
const mark = () => {
  const passed = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 3).length;
  links.forEach((link, i) => {
    const [current, marked] = [i === Math.max(0, passed - 1), link.hasAttribute("aria-current")];
    if (current && !marked) {
      link.setAttribute("aria-current", "true");
      link.closest("ul").scrollLeft = link.offsetLeft - innerWidth / 3;
    } else if (!current && marked) link.removeAttribute("aria-current");
  });
};
addEventListener("scroll", mark, { passive: true });
mark();
