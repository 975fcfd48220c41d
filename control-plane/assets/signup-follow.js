// Waits for the hotel to open and shows it at once; without scripts the page comes again by itself.
const place = document.querySelector("[data-follow]");

const follow = async () => {
  for (;;) {
    try {
      const response = await fetch(`${place.dataset.follow}?wait_ms=20000`, { headers: { accept: "application/json" } });
      if (response.ok && (await response.json()).status !== "preparing") {
        location.reload();
        return;
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
};

if (place) follow();
