// COCO keypoints JSON, as the Rust reader of this project reads it.
const SPINE = { id: 1, name: "lumbar_spine", keypoints: LEVELS,
  skeleton: [[1, 2], [2, 3], [3, 4], [4, 5]] };
// Films without all five vertebrae, which the reader leaves out.
const UNFINISHED = { ...SPINE, id: 2, name: "unfinished_spine" };

function annotationOf(film, id) {
  const centres = LEVELS.map((_, level) => centreOf(film.marks, level));
  const vertebrae = LEVELS.flatMap((level, i) =>
    isWhole(film.marks.six[i]) ? [{ level, points: film.marks.six[i] }] : []);
  const partial = LEVELS.flatMap((level, i) => {
    const six = film.marks.six[i];
    return isWhole(six) || six.every((p) => p === null) ? [] : [{ level, points: six }];
  });
  const finished = isComplete(film.marks) && faultOf(film.marks, film.size) === null;
  return {
    id, image_id: id, category_id: finished ? SPINE.id : UNFINISHED.id,
    keypoints: centres.flatMap((p) => (p === null ? [0, 0, 0] : [p[0], p[1], 2])),
    num_keypoints: centres.filter((p) => p !== null).length,
    vertebrae, partial_vertebrae: partial, iscrowd: 0,
  };
}

function isTouched(marks) {
  return marks.centres.some((p) => p !== null) || marks.six.flat().some((p) => p !== null);
}

function savedText(films) {
  const images = films.map((film, i) =>
    ({ id: i + 1, file_name: film.file_name, height: film.size[0], width: film.size[1] }));
  const annotations = films.flatMap((film, i) =>
    (isTouched(film.marks) ? [annotationOf(film, i + 1)] : []));
  return JSON.stringify({ images, categories: [SPINE, UNFINISHED], annotations }, null, 1);
}

// Takes the points of a saved file for the films that the page shows; gives their number.
function openText(films, text) {
  const file = JSON.parse(text);
  const names = new Map(file.images.map((image) => [image.id, image.file_name]));
  const kinds = new Map(file.categories.map((category) => [category.id, category.keypoints || []]));
  let found = 0;
  for (const annotation of file.annotations) {
    const film = films.find((one) => one.file_name === names.get(annotation.image_id));
    const order = LEVELS.map((level) => (kinds.get(annotation.category_id) || []).indexOf(level));
    if (!film || order.includes(-1)) continue;
    film.marks = emptyMarks();
    film.marks.centres = order.map((k) => {
      const [x, y, visible] = annotation.keypoints.slice(3 * k, 3 * k + 3);
      return visible > 0 ? [x, y] : null;
    });
    const parts = [...(annotation.vertebrae || []), ...(annotation.partial_vertebrae || [])];
    for (const { level, points } of parts) {
      if (points) film.marks.six[LEVELS.indexOf(level)] = points;
    }
    found += 1;
  }
  return found;
}
