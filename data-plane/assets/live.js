// A search form that answers while it is filled in: the part of its own page that it names is exchanged. Without this
// script its button does the same.
for (const form of document.querySelectorAll("form[data-live]")) {
  let running;
  let timer;

  const refresh = async () => {
    if (!form.checkValidity()) return;
    running?.abort();
    running = new AbortController();
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    const part = document.querySelector(form.dataset.live);
    const chosen = part.querySelector("input[type=radio]:checked")?.value;
    part.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(address, { headers: { accept: "text/html" }, signal: running.signal });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector(form.dataset.live);
      if (!fresh) return;
      part.replaceWith(document.adoptNode(fresh));
      if (chosen) {
        const again = fresh.querySelector(`input[type=radio][value="${CSS.escape(chosen)}"]`);
        if (again) again.checked = true;
      }
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") form.requestSubmit();
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 250);
  });

  // A departure that is not after the arrival follows it.
  const arrival = form.elements.arrival;
  const departure = form.elements.departure;
  arrival?.addEventListener("change", () => {
    if (!arrival.value || (departure.value && departure.value > arrival.value)) return;
    const next = new Date(`${arrival.value}T00:00:00Z`);
    next.setUTCDate(next.getUTCDate() + 1);
    departure.value = next.toISOString().slice(0, 10);
  });
}
