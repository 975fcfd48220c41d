// Offers a name for the address while the hotel's name is typed, and says whether it can be had.
const form = document.querySelector("form[data-signup]");
const { hotel, slug } = form.elements;
const said = document.getElementById("slug-said");
const hint = said.textContent;
let own = slug.value !== "";
let timer;

const named = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 30).replace(/-+$/, "");

const ask = async () => {
  const wished = slug.value;
  if (wished.length < 3) {
    said.textContent = hint;
    return;
  }
  const response = await fetch(`/api/v1/slugs/${encodeURIComponent(wished)}`);
  if (!response.ok || slug.value !== wished) return;
  const answer = await response.json();
  const other = answer.suggestions.length ? ` ${answer.suggestions.join(", ")}` : "";
  said.textContent = answer.free ? form.dataset.free : `${form.dataset.taken}${other}`;
  said.className = answer.free ? "hint" : "wrong";
};

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(ask, 300);
};

hotel.addEventListener("input", () => {
  if (own) return;
  slug.value = named(hotel.value);
  later();
});
slug.addEventListener("input", () => {
  own = slug.value !== "";
  later();
});
for (const button of form.querySelectorAll("[data-slug]")) {
  button.addEventListener("click", () => {
    slug.value = button.dataset.slug;
    own = true;
    later();
  });
}
