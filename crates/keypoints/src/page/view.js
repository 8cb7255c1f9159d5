const COLOURS = ["#e63c3c", "#f5aa28", "#5ac85a", "#3cbedc", "#be6ef0"];
const REACH = 9; // px of the screen within which a point is taken
const element = (id) => document.getElementById(id);
const canvas = element("view");

const state = { current: 0, scheme: "centres", chosen: 0, view: null, drag: null, past: [] };

for (const film of FILMS) {
  film.marks = emptyMarks();
  if (film.points) film.marks.centres = film.points.map((p) => [...p]);
  film.image = new Image();
  film.image.onload = () => draw();
  film.image.src = film.picture;
}

const film = () => FILMS[state.current];
const currentSlots = () => slots(state.scheme);
const chosenSlot = () => currentSlots()[state.chosen];

// From px of the film to px of the canvas: s * (x + 0.5) + shift.
function fit() {
  const [height, width] = film().size;
  const s = Math.min(canvas.width / width, canvas.height / height);
  state.view = { s, x: (canvas.width - s * width) / 2, y: (canvas.height - s * height) / 2 };
}
const toScreen = ([x, y]) => [state.view.s * (x + 0.5) + state.view.x,
  state.view.s * (y + 0.5) + state.view.y];
const toFilm = ([x, y]) => [(x - state.view.x) / state.view.s - 0.5,
  (y - state.view.y) / state.view.s - 0.5];

function draw() {
  if (!film()) return;
  if (canvas.width !== canvas.clientWidth || canvas.height !== canvas.clientHeight) {
    canvas.width = canvas.clientWidth;
    canvas.height = canvas.clientHeight;
    fit();
  }
  const pen = canvas.getContext("2d");
  const [height, width] = film().size;
  const { s, x, y } = state.view;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.filter = `brightness(${element("brightness").value}%) contrast(${element("contrast").value}%)`;
  if (film().image.complete) pen.drawImage(film().image, x, y, s * width, s * height);
  pen.filter = "none";
  drawBodies(pen);
  currentSlots().forEach((slot, i) => drawPoint(pen, slot, i === state.chosen));
}

// End plates and the borders between their ends, as far as their points are there.
function drawBodies(pen) {
  if (state.scheme !== "six") return;
  film().marks.six.forEach((six, level) => {
    for (const [a, b] of [[0, 1], [1, 2], [3, 4], [4, 5], [0, 3], [2, 5]]) {
      if (six[a] === null || six[b] === null) continue;
      pen.strokeStyle = COLOURS[level];
      pen.beginPath();
      pen.moveTo(...toScreen(six[a]));
      pen.lineTo(...toScreen(six[b]));
      pen.stroke();
    }
  });
}

function drawPoint(pen, slot, chosen) {
  const point = pointAt(film().marks, slot);
  if (point === null) return;
  const [x, y] = toScreen(point);
  const radius = slot.index === null ? 6 : 4;
  pen.lineWidth = chosen ? 3 : 1.5;
  pen.strokeStyle = pen.fillStyle = COLOURS[slot.level];
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.moveTo(x - 2, y);
  pen.lineTo(x + 2, y);
  pen.moveTo(x, y - 2);
  pen.lineTo(x, y + 2);
  pen.stroke();
  if (slot.index === null || chosen) {
    pen.font = "bold 14px system-ui, sans-serif";
    pen.fillText(slot.name, x + radius + 4, y + 5);
  }
  pen.lineWidth = 1;
}

function show() {
  const { marks, size, remark } = film();
  element("film").value = state.current;
  element("remark").textContent = remark;
  element("points").replaceChildren(...currentSlots().map((slot, i) => row(marks, slot, i)));
  element("points").children[state.chosen]?.scrollIntoView({ block: "nearest" });
  const absent = pointAt(marks, chosenSlot()) === null;
  element("task").textContent = absent ? `Click on ${chosenSlot().name}.` : "";
  const fault = faultOf(marks, size);
  const done = FILMS.filter((f) => isComplete(f.marks) && faultOf(f.marks, f.size) === null).length;
  element("state").textContent =
    `${fault ? `${fault}. ` : ""}${done} of ${FILMS.length} films have all five vertebrae.`;
  draw();
}

function row(marks, slot, i) {
  const point = pointAt(marks, slot);
  const item = document.createElement("li");
  item.style.setProperty("--colour", COLOURS[slot.level]);
  item.className = `${i === state.chosen ? "chosen" : ""} ${point === null ? "none" : ""}`;
  const place = document.createElement("span");
  place.textContent = point === null ? "absent" : point.map((v) => v.toFixed(1)).join(", ");
  item.append(slot.name, place);
  item.onclick = () => choose(i);
  return item;
}

function choose(i) {
  state.chosen = i;
  show();
}

function goTo(i) {
  if (i < 0 || i >= FILMS.length) return;
  state.current = i;
  state.view = null;
  firstAbsent();
  fit();
  show();
}

function firstAbsent() {
  const absent = currentSlots().findIndex((slot) => pointAt(film().marks, slot) === null);
  state.chosen = Math.max(absent, 0);
}

// Keeps what was, for Undo.
function remember() {
  state.past.push([state.current, JSON.stringify(film().marks)]);
}

function undo() {
  const last = state.past.pop();
  if (!last) return;
  state.current = last[0];
  film().marks = JSON.parse(last[1]);
  fit();
  show();
}

function change(point) {
  remember();
  setPoint(film().marks, chosenSlot(), point);
  show();
}

const place = (event) => [event.offsetX, event.offsetY];

// The nearest point within reach, of the scheme that is shown.
function near(at) {
  let best = [-1, REACH];
  currentSlots().forEach((slot, i) => {
    const point = pointAt(film().marks, slot);
    if (point === null) return;
    const [x, y] = toScreen(point);
    const distance = Math.hypot(x - at[0], y - at[1]);
    if (distance < best[1]) best = [i, distance];
  });
  return best[0];
}

canvas.onpointerdown = (event) => {
  canvas.focus();
  if (event.button !== 0) return;
  const at = place(event);
  const point = near(at);
  if (point >= 0) {
    remember();
    choose(point);
  }
  canvas.setPointerCapture(event.pointerId);
  state.drag = { point, from: at, last: at, moved: false };
};

canvas.onpointermove = (event) => {
  const { drag } = state;
  if (!drag) return;
  const at = place(event);
  drag.moved ||= Math.hypot(at[0] - drag.from[0], at[1] - drag.from[1]) > 3;
  const [dx, dy] = [at[0] - drag.last[0], at[1] - drag.last[1]];
  if (drag.point >= 0) {
    const [x, y] = toScreen(pointAt(film().marks, chosenSlot()));
    setPoint(film().marks, chosenSlot(), toFilm([x + dx, y + dy]));
    show();
  } else if (drag.moved) {
    state.view.x += dx;
    state.view.y += dy;
    draw();
  }
  drag.last = at;
};

canvas.onpointerup = () => {
  const { drag } = state;
  state.drag = null;
  if (drag && drag.point < 0 && !drag.moved && pointAt(film().marks, chosenSlot()) === null) {
    change(toFilm(drag.from));
    const absent = currentSlots().findIndex((slot) => pointAt(film().marks, slot) === null);
    if (absent >= 0) choose(absent);
  }
};

canvas.oncontextmenu = (event) => {
  event.preventDefault();
  const point = near(place(event));
  if (point < 0) return;
  choose(point);
  change(null);
};

canvas.onwheel = (event) => {
  event.preventDefault();
  const [x, y] = place(event);
  const factor = Math.exp(-event.deltaY / 400);
  const { view } = state;
  Object.assign(view, { s: view.s * factor, x: x - factor * (x - view.x),
    y: y - factor * (y - view.y) });
  draw();
};

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.onkeydown = (event) => {
  if (event.target.matches("select, input")) return;
  const point = pointAt(film().marks, chosenSlot());
  const arrow = ARROWS[event.key];
  if (arrow && point) {
    const step = event.shiftKey ? 10 : 1;
    change([point[0] + step * arrow[0], point[1] + step * arrow[1]]);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    change(null);
  } else if (event.key === "PageDown") {
    goTo(state.current + 1);
  } else if (event.key === "PageUp") {
    goTo(state.current - 1);
  } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
    undo();
  } else {
    return;
  }
  event.preventDefault();
};

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([savedText(FILMS)], { type: "application/json" }));
  link.download = "annotations.json";
  link.click();
  URL.revokeObjectURL(link.href);
  state.past = [];
}

element("file").onchange = async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  try {
    const found = openText(FILMS, await file.text());
    goTo(state.current);
    element("state").textContent = `Points of ${found} films were opened.`;
  } catch (error) {
    element("state").textContent = `${file.name} cannot be opened: ${error.message}`;
  }
  event.target.value = "";
};
element("open").onclick = () => element("file").click();
element("save").onclick = save;
element("absent").onclick = () => change(null);
element("undo").onclick = undo;
element("previous").onclick = () => goTo(state.current - 1);
element("next").onclick = () => goTo(state.current + 1);
element("fit").onclick = () => { fit(); draw(); };
element("brightness").oninput = element("contrast").oninput = draw;
element("scheme").onchange = (event) => {
  state.scheme = event.target.value;
  firstAbsent();
  show();
};
element("film").onchange = (event) => goTo(Number(event.target.value));
element("film").append(...FILMS.map((one, i) => new Option(one.file_name, i)));
window.onresize = draw;
window.onbeforeunload = (event) => { if (state.past.length > 0) event.preventDefault(); };
canvas.width = canvas.clientWidth;
canvas.height = canvas.clientHeight;
goTo(0);
