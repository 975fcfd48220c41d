// Dragging on the tape chart, and the same with keys: both send the form that the page offers without scripts, and exchange
// the chart for the one that answers.
const DAY = 86400000;
const plus = (date, days) => new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
const between = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY);
const chart = () => document.getElementById("tape");
const toast = document.getElementById("toast");
let sent = 0;
let hiding;

const say = (text, label, action) => {
  clearTimeout(hiding);
  toast.firstElementChild.textContent = text;
  const button = toast.lastElementChild;
  button.textContent = label ?? "";
  button.hidden = !action;
  button.onclick = action;
  toast.hidden = false;
  if (action) hiding = setTimeout(() => { toast.hidden = true; }, 12000);
};

const read = (stay) => ({
  id: stay.dataset.id, version: stay.dataset.version, room: stay.dataset.room ?? "",
  arrival: stay.dataset.arrival, departure: stay.dataset.departure, fixed: stay.dataset.status === "in_house",
});
const find = (id) => chart().querySelector(`.stay[data-id="${CSS.escape(id)}"]`);

/** Sends the form of a step; shows the page that answers. True when it went well. */
const send = async (id, step, fields) => {
  const { key, from, days } = chart().dataset;
  sent += 1;
  const body = new URLSearchParams({ _key: `${key}-${sent}`, from, days, back: `/desk/tape?from=${from}&days=${days}`, ...fields });
  const response = await fetch(`/desk/reservations/${id}/${step}`, { method: "POST", body, headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("tape");
  if (!fresh) { location.reload(); return false; }
  const scroll = chart().querySelector(".tape-scroll");
  const { scrollLeft, scrollTop } = scroll;
  if (response.ok) fresh.querySelector("#move")?.remove();
  chart().replaceWith(document.adoptNode(fresh));
  Object.assign(chart().querySelector(".tape-scroll"), { scrollLeft, scrollTop });
  return response.ok;
};

const move = async (before, after) => {
  const { moved, undo } = chart().dataset;
  const fields = { version: before.version, room_id: after.room, arrival: after.arrival, departure: after.departure };
  if (await send(before.id, "move", fields)) {
    say(moved, undo, () => back(before));
  } else {
    chart().querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
    toast.hidden = true;
  }
  find(before.id)?.focus();
};

const back = async (before) => {
  toast.hidden = true;
  const now = find(before.id);
  if (!now) { location.reload(); return; }
  const fields = { version: now.dataset.version, room_id: before.room, arrival: before.arrival, departure: before.departure };
  const done = await send(before.id, "move", fields);
  if (done && !before.room) await send(before.id, "unassign-room", { version: find(before.id).dataset.version });
  find(before.id)?.focus();
};

/** The stay shifted and stretched by days, in a room. */
const placed = (stay, room, shift, stretch) => {
  const arrival = stay.fixed ? stay.arrival : plus(stay.arrival, shift);
  const departure = plus(stay.departure, (stay.fixed ? 0 : shift) + stretch);
  return { room, arrival, departure: departure > arrival ? departure : plus(arrival, 1) };
};
const same = (stay, to) => stay.room === to.room && stay.arrival === to.arrival && stay.departure === to.departure;

const mark = (to) => {
  for (const cell of document.querySelectorAll(".tape .drop")) cell.classList.remove("drop");
  if (!to) return;
  const heads = chart().querySelectorAll("thead th[data-date]");
  for (const head of heads) head.classList.toggle("drop", head.dataset.date >= to.arrival && head.dataset.date < to.departure);
  chart().querySelector(`tr[data-room="${CSS.escape(to.room)}"] th`)?.classList.add("drop");
};

// With the mouse or a pen.
const dayAt = (x) => {
  const heads = [...chart().querySelectorAll("thead th[data-date]")];
  const over = heads.find((head) => x < head.getBoundingClientRect().right) ?? heads.at(-1);
  return over.dataset.date;
};

document.addEventListener("pointerdown", (event) => {
  const element = event.target.closest(".stay[data-movable]");
  if (!element || event.button !== 0 || event.pointerType === "touch") return;
  const stay = read(element);
  const stretching = event.target.closest(".grip");
  const start = { x: event.clientX, y: event.clientY, day: element.closest("td") ? dayAt(event.clientX) : null };
  let ghost;
  let to;

  const drag = (moving) => {
    if (!ghost) {
      if (Math.hypot(moving.clientX - start.x, moving.clientY - start.y) < 5) return;
      ghost = element.cloneNode(true);
      ghost.classList.add("ghost");
      ghost.style.width = `${element.offsetWidth}px`;
      document.body.append(ghost);
      element.classList.add("lifted");
    }
    const box = element.getBoundingClientRect();
    ghost.style.left = `${box.left + (stretching ? 0 : moving.clientX - start.x)}px`;
    ghost.style.top = `${box.top + (stretching ? 0 : moving.clientY - start.y)}px`;
    if (stretching) ghost.style.width = `${Math.max(24, element.offsetWidth + moving.clientX - start.x)}px`;
    const row = document.elementFromPoint(moving.clientX, moving.clientY)?.closest("tr[data-room]");
    const day = dayAt(moving.clientX);
    if (stretching) to = placed(stay, stay.room, 0, between(stay.departure, plus(day, 1)));
    else if (!row) to = null;
    else to = placed(stay, row.dataset.room, start.day ? between(start.day, day) : 0, 0);
    mark(to);
  };
  const end = (ended) => {
    removeEventListener("pointermove", drag);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    mark(null);
    if (!ghost) return;
    ghost.remove();
    element.classList.remove("lifted");
    const swallow = (click) => click.preventDefault();
    addEventListener("click", swallow, true);
    setTimeout(() => removeEventListener("click", swallow, true), 0);
    if (ended.type === "pointerup" && to && !same(stay, to)) move(stay, to);
  };
  addEventListener("pointermove", drag);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
});
document.addEventListener("dragstart", (event) => { if (event.target.closest?.(".stay")) event.preventDefault(); });

// With keys: m lifts, arrows move, shift with left and right stretches, Enter puts down, Escape gives up, z takes back.
let lifted;
const put = () => {
  lifted?.element.classList.remove("moving");
  lifted = null;
  mark(null);
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "z" && !toast.hidden) { toast.lastElementChild.click(); return; }
  const element = document.activeElement?.closest?.(".stay[data-movable]");
  if (!lifted) {
    if (event.key !== "m" || !element) return;
    const rooms = [...chart().querySelectorAll("tr[data-room]")].map((row) => row.dataset.room);
    lifted = { element, stay: read(element), rooms, shift: 0, stretch: 0, row: rooms.indexOf(element.dataset.room ?? "") };
    element.classList.add("moving");
    say(chart().dataset.hint);
  }
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const [days, rows] = steps[event.key] ?? [0, 0];
  const { stay, rooms } = lifted;
  if (event.shiftKey) lifted.stretch += days; else lifted.shift += days;
  lifted.row = Math.max(0, Math.min(rooms.length - 1, lifted.row + rows));
  const to = placed(stay, rooms[lifted.row] ?? stay.room, lifted.shift, lifted.stretch);
  if (event.key === "Escape") { put(); toast.hidden = true; }
  else if (event.key === "Enter") { event.preventDefault(); put(); toast.hidden = true; if (!same(stay, to)) move(stay, to); }
  else if (event.key in steps) {
    event.preventDefault();
    mark(to);
    const row = chart().querySelector(`tr[data-room="${CSS.escape(to.room)}"] th`);
    say(`${row?.textContent ?? ""} · ${to.arrival} – ${to.departure}`);
  }
});
