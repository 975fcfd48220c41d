// Shows what goes on as it goes on. Without scripts a page comes again by itself, or has a way to be looked at again.
const next = async (place) => {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return place;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector(".live");
  if (!fresh) return place;
  place.replaceWith(fresh);
  return fresh;
};

const follow = async (place) => {
  while (place?.hasAttribute("data-live")) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // Whoever types or reads there is left alone.
    if (place.matches(":focus-within") || place.querySelector("details[open]")) continue;
    try {
      place = await next(place);
    } catch {
      // The next turn asks again.
    }
  }
};

follow(document.querySelector(".live"));
