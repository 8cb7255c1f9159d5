// Points are [x, y] in px of the film, the centre of its first pixel being [0, 0].
const LEVELS = ["L1", "L2", "L3", "L4", "L5"];
const SIX = ["AS", "MS", "PS", "AI", "MI", "PI"];
const CORNERS = [0, 2, 3, 5];

// The points of one film: five centres, and six points for each vertebra; null where absent.
function emptyMarks() {
  return { centres: LEVELS.map(() => null), six: LEVELS.map(() => SIX.map(() => null)) };
}

function isWhole(six) {
  return six.every((p) => p !== null);
}

// The centre of a vertebra: that of its corners where all six points are there.
function centreOf(marks, level) {
  const six = marks.six[level];
  if (!isWhole(six)) return marks.centres[level];
  const mean = (i) => CORNERS.reduce((sum, k) => sum + six[k][i], 0) / CORNERS.length;
  return [mean(0), mean(1)];
}

function isComplete(marks) {
  return LEVELS.every((_, level) => centreOf(marks, level) !== null);
}

// Names and places of the points of a scheme, in the order in which they are placed.
function slots(scheme) {
  if (scheme === "centres") {
    return LEVELS.map((name, level) => ({ name, level, index: null }));
  }
  return LEVELS.flatMap((name, level) =>
    SIX.map((suffix, index) => ({ name: `${name} ${suffix}`, level, index })));
}

function pointAt(marks, slot) {
  return slot.index === null ? centreOf(marks, slot.level) : marks.six[slot.level][slot.index];
}

// A centre that follows from six points moves them along; taking it away takes them away.
function setPoint(marks, slot, point) {
  if (slot.index !== null) {
    marks.six[slot.level][slot.index] = point;
    return;
  }
  const six = marks.six[slot.level];
  const before = centreOf(marks, slot.level);
  if (isWhole(six)) {
    const moved = (p) => [p[0] + point[0] - before[0], p[1] + point[1] - before[1]];
    marks.six[slot.level] = point === null ? SIX.map(() => null) : six.map(moved);
  }
  marks.centres[slot.level] = point;
}

// What would keep a film from being read again, or null.
function faultOf(marks, [height, width]) {
  const outside = (p) => p[0] < -0.5 || p[1] < -0.5 || p[0] > width - 0.5 || p[1] > height - 0.5;
  const centres = LEVELS.map((_, level) => centreOf(marks, level));
  if (centres.some((p) => p !== null && outside(p))) return "a centre lies outside the film";
  if (centres[0] && centres[4] && centres[4][1] <= centres[0][1]) return "L5 is not below L1";
  const upset = marks.six.findIndex((six) => isWhole(six) &&
    [0, 1, 2].some((k) => six[k][1] >= six[k + 3][1]));
  return upset < 0 ? null : `${LEVELS[upset]}: a superior point is not above its inferior one`;
}
