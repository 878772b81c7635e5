// The filter of the reference: it hides what does not have all the words that are typed. Without it the page shows everything.
const find = document.getElementById("find");
const input = find.querySelector("input");
const output = find.querySelector("output");
const articles = [...document.querySelectorAll("article")].map((article) => ({
  article,
  link: document.querySelector(`[data-for="${article.id}"]`),
  text: article.querySelector(".text").textContent.toLowerCase() + " " + article.id.toLowerCase() + " " + article.parentElement.id,
}));

function filter() {
  const words = input.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const { article, link, text } of articles) {
    const fits = words.every((word) => text.includes(word));
    article.hidden = link.hidden = !fits;
    if (fits) shown++;
  }
  for (const section of document.querySelectorAll("[data-tag]")) {
    section.hidden = section.querySelector("article:not([hidden]), li:not([hidden])") === null;
  }
  document.getElementById("start").hidden = input.value.trim() !== ""; // or the first that fits is below the fold
  output.textContent = shown === articles.length ? `${shown} operations` : `${shown} of ${articles.length} operations`;
}

input.addEventListener("input", filter);
addEventListener("keydown", (e) => {
  if (e.key === "/" && document.activeElement !== input) {
    e.preventDefault();
    input.focus();
  } else if (e.key === "Escape" && document.activeElement === input) {
    input.value = "";
    filter();
  }
});
// Browsers give back what was typed before a reload, and a link from elsewhere has to find its operation.
addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.closest("[hidden]")) {
    input.value = "";
    filter();
    target.scrollIntoView();
  }
});
find.hidden = false;
// On a phone the list of operations would be all that one sees.
if (matchMedia("(max-width: 60rem)").matches) document.querySelector("nav > details").open = false;
filter();
