"use strict";
// The map, the table and the chips of one product. Nothing is fetched: all data stand in the page.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const map = byId("map"), world = byId("world"), overlay = byId("overlay");
  const divider = byId("divider"), swipe = byId("swipe");
  const CLOSEST = 40; // screen pixels for one pixel of the layers
  const KEY_STEP = 80;
  const MANY = 400; // outlines from which the dots are drawn smaller, as on the map page
  const SMALL = 7; // screen pixels below which an outline becomes a dot
  const view = { x: 0, y: 0, k: 1 };
  const images = {};
  let track = 0, chosen = null, fitScale = 1;

  function clamp(value, low, high) { return Math.min(Math.max(value, low), high); }

  // Layers ---------------------------------------------------------------------------------------

  function addImage(name, source, alt) {
    const image = document.createElement("img");
    image.alt = alt;
    image.draggable = false;
    image.dataset.layer = name;
    if (source) image.src = source;
    images[name] = image;
    world.append(image);
  }

  function showTrack(index) {
    track = index;
    const layers = data.tracks[index];
    for (const name of ["pre", "post", "change"]) {
      if (layers) images[name].src = layers[name];
    }
    showLayers();
  }

  function checked(layer) { return document.querySelector(`input[data-layer="${layer}"]`).checked; }

  function backdrop() {
    const input = document.querySelector('input[name="backdrop"]:checked');
    return data.tracks.length ? input.value : "none";
  }

  function showLayers() {
    const ground = backdrop(), isSwipe = ground === "swipe";
    images.pre.hidden = !(ground === "pre" || isSwipe);
    images.post.hidden = !(ground === "post" || isSwipe);
    images.change.hidden = ground !== "change";
    images.score.hidden = !checked("score");
    images.quality.hidden = !checked("quality");
    overlay.toggleAttribute("hidden", !checked("outlines"));
    world.classList.toggle("comparing", isSwipe || ground === "change");
    divider.hidden = !isSwipe;
    byId("swipe-row").hidden = !isSwipe;
    draw();
  }

  // View -----------------------------------------------------------------------------------------

  function draw() {
    world.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
    world.classList.toggle("near", view.k > 2);
    const width = map.clientWidth, height = map.clientHeight;
    overlay.setAttribute("width", width);
    overlay.setAttribute("height", height);
    overlay.setAttribute("viewBox",
      `${-view.x / view.k} ${-view.y / view.k} ${width / view.k} ${height / view.k}`);
    const at = width * swipe.value / 100;
    divider.style.left = `${at}px`;
    const cut = backdrop() === "swipe" ? clamp((at - view.x) / view.k, 0, data.width) : 0;
    images.post.style.clipPath = `inset(0 0 0 ${cut}px)`;
    for (const mark of marks) {
      const isDot = mark.size * view.k < SMALL;
      if (mark.isDot !== isDot) shapeOf(mark, isDot);
    }
    drawBar();
  }

  function drawBar() {
    const metres = data.metres / view.k; // of one screen pixel
    const power = 10 ** Math.floor(Math.log10(metres * 140));
    const length = [5, 2, 1].map((n) => n * power).find((l) => l <= metres * 140);
    const bar = byId("bar").firstElementChild;
    bar.style.width = `${length / metres}px`;
    bar.textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
  }

  function zoomAt(factor, x, y) {
    const k = clamp(view.k * factor, fitScale * 0.5, Math.max(CLOSEST, fitScale));
    view.x = x - (x - view.x) * k / view.k;
    view.y = y - (y - view.y) * k / view.k;
    view.k = k;
    keepInSight();
  }

  function keepInSight() {
    const width = map.clientWidth, height = map.clientHeight, rim = 60;
    view.x = clamp(view.x, rim - data.width * view.k, width - rim);
    view.y = clamp(view.y, rim - data.height * view.k, height - rim);
    draw();
  }

  function show(box, share) {
    const width = map.clientWidth, height = map.clientHeight;
    const k = share * Math.min(width / (box[2] - box[0]), height / (box[3] - box[1]));
    view.k = clamp(k, fitScale * 0.5, Math.max(CLOSEST / 4, fitScale));
    view.x = width / 2 - (box[0] + box[2]) / 2 * view.k;
    view.y = height / 2 - (box[1] + box[3]) / 2 * view.k;
    draw();
  }

  function showAll() {
    fitScale = 0.97 * Math.min(map.clientWidth / data.width, map.clientHeight / data.height);
    show([0, 0, data.width, data.height], 0.97);
  }

  // Outlines -------------------------------------------------------------------------------------

  const marks = [];

  function path(kind) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("class", kind);
    overlay.append(line);
    return line;
  }

  function addOutlines() {
    if (data.area) path("area").setAttribute("d", data.area);
    overlay.classList.toggle("many", data.detections.length > MANY);
    const casings = data.detections.map(() => path("casing"));
    data.detections.forEach((item, index) => {
      const [left, top, right, bottom] = item.box;
      marks.push({ item, size: Math.max(right - left, bottom - top), isDot: null,
        casing: casings[index], line: path("outline") });
    });
    marks.chosen = path("chosen");
  }

  function shapeOf(mark, isDot) {
    const [left, top, right, bottom] = mark.item.box;
    const d = isDot ? `M${(left + right) / 2} ${(top + bottom) / 2}h0` : mark.item.d;
    const low = mark.item.low ? " low" : "";
    mark.isDot = isDot;
    mark.casing.setAttribute("class", isDot ? "dot-casing" : "casing");
    mark.line.setAttribute("class", isDot ? "dot" : `outline${low}`);
    mark.casing.setAttribute("d", d);
    mark.line.setAttribute("d", d);
  }

  function choose(number) {
    const mark = marks[number - 1];
    if (!mark) return;
    for (const element of document.querySelectorAll(".chosen:not(path)")) element.classList.remove("chosen");
    for (const element of document.querySelectorAll(`[data-n="${number}"]`)) element.classList.add("chosen");
    chosen = number;
    marks.chosen.setAttribute("d", mark.item.d);
    const [left, top, right, bottom] = mark.item.box;
    const rim = Math.max(right - left, bottom - top, 24) * 0.8;
    show([left - rim, top - rim, right + rim, bottom + rim], 1);
    byId("readout").textContent = `Detection ${number}`;
  }

  function detectionAt(x, y) {
    const wx = (x - view.x) / view.k, wy = (y - view.y) / view.k, rim = 8 / view.k;
    let best = null;
    for (const mark of marks) {
      const [left, top, right, bottom] = mark.item.box;
      const inside = wx > left - rim && wx < right + rim && wy > top - rim && wy < bottom + rim;
      if (inside && (!best || mark.size < best.size)) best = mark;
    }
    return best && best.item.n;
  }

  // Position under the pointer, from a lattice of longitudes and latitudes --------------------------

  function readOut(x, y) {
    const side = data.lattice.length - 1;
    const u = (x - view.x) / view.k / data.width * side, v = (y - view.y) / view.k / data.height * side;
    if (!(u >= 0 && v >= 0 && u <= side && v <= side)) return;
    const col = Math.min(Math.floor(u), side - 1), row = Math.min(Math.floor(v), side - 1);
    const mix = (a, b, share) => a + (b - a) * share;
    const value = (axis) => mix(
      mix(data.lattice[row][col][axis], data.lattice[row][col + 1][axis], u - col),
      mix(data.lattice[row + 1][col][axis], data.lattice[row + 1][col + 1][axis], u - col), v - row);
    const lon = (value(0) + 540) % 360 - 180;
    byId("readout").textContent = `${value(1).toFixed(4)}, ${lon.toFixed(4)}`;
  }

  // Pointers and keys ----------------------------------------------------------------------------

  const pointers = new Map();
  let walked = 0;

  function place(event) {
    const box = map.getBoundingClientRect();
    return { x: event.clientX - box.left - map.clientLeft, y: event.clientY - box.top - map.clientTop };
  }

  map.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button") || event.target === divider) return;
    map.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    walked = 0;
    map.classList.add("moving");
  });

  map.addEventListener("pointermove", (event) => {
    const now = place(event), before = pointers.get(event.pointerId);
    if (!before) { readOut(now.x, now.y); return; }
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (others.length) {
      const other = others[0];
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(now.x - other.x, now.y - other.y);
      if (was > 0) zoomAt(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2);
      walked = Infinity;
    } else {
      view.x += now.x - before.x;
      view.y += now.y - before.y;
      walked += Math.hypot(now.x - before.x, now.y - before.y);
      keepInSight();
    }
    pointers.set(event.pointerId, now);
  });

  function release(event) {
    const at = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    map.classList.toggle("moving", pointers.size > 0);
    if (at && walked < 5 && event.type === "pointerup") {
      const number = detectionAt(at.x, at.y);
      if (number) choose(number);
    }
  }
  map.addEventListener("pointerup", release);
  map.addEventListener("pointercancel", release);

  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = place(event);
    zoomAt(Math.exp(-clamp(event.deltaY, -120, 120) / 400), at.x, at.y);
  }, { passive: false });

  function zoomMiddle(factor) { zoomAt(factor, map.clientWidth / 2, map.clientHeight / 2); }

  map.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const move = moves[event.key];
    if (move) {
      view.x += move[0] * KEY_STEP;
      view.y += move[1] * KEY_STEP;
      keepInSight();
    } else if (event.key === "+" || event.key === "=") zoomMiddle(1.5);
    else if (event.key === "-") zoomMiddle(1 / 1.5);
    else if (event.key === "0") showAll();
    else return;
    event.preventDefault();
  });

  byId("zoom-in").addEventListener("click", () => zoomMiddle(1.5));
  byId("zoom-out").addEventListener("click", () => zoomMiddle(1 / 1.5));
  byId("zoom-all").addEventListener("click", showAll);
  swipe.addEventListener("input", draw);
  divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    swipe.value = 100 * clamp(place(event).x / map.clientWidth, 0, 1);
    draw();
  });
  byId("controls").addEventListener("change", (event) => {
    if (event.target.id === "track") showTrack(Number(event.target.value));
    else showLayers();
  });
  function fit() { // the map has another size
    showAll();
    if (chosen) choose(chosen);
  }
  window.addEventListener("resize", fit);
  for (const [name, isPaper] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(name, () => {
      map.classList.toggle("paper", isPaper);
      fit();
    });
  }

  // Table and chips ------------------------------------------------------------------------------

  function sortBy(header) {
    const index = header.cellIndex, body = header.closest("table").tBodies[0];
    const isNumber = header.classList.contains("number");
    const before = header.getAttribute("aria-sort");
    const up = before ? before === "descending" : !isNumber; // numbers begin with the greatest
    const value = (row) => row.cells[index].dataset.v;
    const compare = isNumber
      ? (a, b) => (value(a) === "") - (value(b) === "") || (value(a) - value(b)) * (up ? 1 : -1)
      : (a, b) => value(a).localeCompare(value(b)) * (up ? 1 : -1);
    body.append(...[...body.rows].sort(compare));
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", up ? "ascending" : "descending");
  }

  document.addEventListener("click", (event) => {
    const header = event.target.closest("th[data-sort]");
    if (header) sortBy(header);
    const go = event.target.closest("button.go");
    if (go) {
      choose(Number(go.dataset.go));
      map.scrollIntoView({ block: "nearest" });
    }
  });

  // Begin ----------------------------------------------------------------------------------------

  world.style.width = `${data.width}px`;
  world.style.height = `${data.height}px`;
  for (const [name, alt] of [["pre", "Backscatter before the event"],
    ["post", "Backscatter after the event"], ["change", "Change in backscatter"]]) addImage(name, "", alt);
  addImage("quality", data.quality, "Masked ground and ground that was not observed");
  addImage("score", data.score, "Score");
  if (!data.tracks.length) byId("backdrops").hidden = true;
  addOutlines();
  showAll();
  showTrack(0);
  const wanted = /^#(\d+)$/.exec(location.hash);
  if (wanted) choose(Number(wanted[1]));
})();
