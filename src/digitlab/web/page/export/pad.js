// The drawing pad: strokes by pen, finger or mouse, or by keyboard; and the gray pixels of the drawing.

const SIDE = 192; // pixels a side of what is given to preprocessing
const STEP = 6; // pixels by which an arrow key moves the cursor; with Shift a third of it

/**
 * Makes a pad of a canvas. `changed()` is called after each change, `told(text)` with what a keyboard did.
 */
export function makePad(canvas, { changed, told }) {
  const paper = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  const state = {
    strokes: [],
    undone: [],
    brush: 13,
    cursor: [SIDE / 2, SIDE / 4],
    down: false,
    drawing: null,
  };

  function shown() {
    const ratio = devicePixelRatio || 1;
    const side = Math.round(canvas.clientWidth * ratio);
    if (!side) return;
    if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
    const style = getComputedStyle(canvas);
    const context = canvas.getContext("2d");
    context.setTransform(side / SIDE, 0, 0, side / SIDE, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    state.strokes.forEach((stroke) => drawStroke(context, stroke, style.color));
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) {
      const [x, y] = state.cursor;
      context.strokeStyle = style.outlineColor;
      context.lineWidth = state.down ? 3 : 1.5;
      context.beginPath();
      context.arc(x, y, state.brush / 2 + 3, 0, 2 * Math.PI);
      context.moveTo(x - 9, y);
      context.lineTo(x + 9, y);
      context.moveTo(x, y - 9);
      context.lineTo(x, y + 9);
      context.stroke();
    }
  }

  function update() {
    shown();
    changed();
  }

  function begin(point) {
    state.drawing = { points: [point] };
    state.strokes.push(state.drawing);
    state.undone = [];
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const scale = SIDE / box.width;
    const pressed = event.pointerType === "pen" && event.pressure > 0 ? 0.5 + event.pressure : 1;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale, state.brush * pressed];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    state.down = false;
    begin(place(event));
    update();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary || !state.drawing || !canvas.hasPointerCapture(event.pointerId)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) state.drawing.points.push(place(each));
    update();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      if (event.isPrimary && !state.down) state.drawing = null;
    });
  }

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrows[event.key]) {
      const length = event.shiftKey ? STEP / 3 : STEP;
      state.cursor = state.cursor.map((at, axis) =>
        Math.min(Math.max(at + length * arrows[event.key][axis], 0), SIDE),
      );
      if (state.down) state.drawing.points.push([...state.cursor, state.brush]);
      if (state.down) update();
      else shown();
    } else if (event.key === " " || event.key === "Enter") {
      state.down = !state.down;
      if (state.down) begin([...state.cursor, state.brush]);
      else state.drawing = null;
      update();
      told(state.down ? "Pen down: arrow keys draw." : "Pen up: arrow keys move.");
    } else if (event.key === "Backspace") {
      pad.undo();
    } else if (event.key === "Delete") {
      pad.clear();
    } else {
      return;
    }
    event.preventDefault();
  });
  for (const name of ["focus", "blur"]) canvas.addEventListener(name, shown);

  const pad = {
    shown,
    /** Gray pixels of the drawing: SIDE x SIDE, 255 = paper. */
    gray() {
      paper.fillStyle = "#fff";
      paper.fillRect(0, 0, SIDE, SIDE);
      state.strokes.forEach((stroke) => drawStroke(paper, stroke, "#000"));
      const { data } = paper.getImageData(0, 0, SIDE, SIDE);
      return {
        pixels: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]),
        width: SIDE,
        height: SIDE,
      };
    },
    empty: () => state.strokes.length === 0,
    undo() {
      lift();
      if (state.strokes.length) state.undone.push(state.strokes.pop());
      update();
    },
    redo() {
      lift();
      if (state.undone.length) state.strokes.push(state.undone.pop());
      update();
    },
    clear() {
      lift();
      state.undone = [];
      state.strokes = [];
      update();
    },
    brush(width) {
      state.brush = width;
      shown();
    },
  };

  function lift() {
    state.down = false;
    state.drawing = null;
  }

  return pad;
}

function drawStroke(context, { points }, color) {
  context.strokeStyle = context.fillStyle = color;
  context.lineCap = context.lineJoin = "round";
  if (points.length === 1) {
    const [x, y, width] = points[0];
    context.beginPath();
    context.arc(x, y, width / 2, 0, 2 * Math.PI);
    context.fill();
  }
  for (let i = 1; i < points.length; i += 1) {
    context.lineWidth = points[i][2];
    context.beginPath();
    context.moveTo(points[i - 1][0], points[i - 1][1]);
    context.lineTo(points[i][0], points[i][1]);
    context.stroke();
  }
}
