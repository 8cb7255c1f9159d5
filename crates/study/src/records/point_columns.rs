//! The points of each subject's baseline film, and how certain they are.

use super::subject_table::Row;
use super::table::{Column, joined};
use vertebra_keypoints::{Doubt, Level};

pub(super) fn columns<'a>() -> Vec<Column<'a, Row<'a>>> {
    let mut columns = vec![
        Column::new(
            "points_by",
            "detector: by a network that never saw the film; annotation: in the place of detected \
             points that cannot be aligned",
            |r: &Row| r.judged().map(|film| if film.replaced { "annotation" } else { "detector" }),
        ),
        Column::new(
            "lateral_lumbar",
            "Probability that the film is a lateral lumbar one",
            |r: &Row| Some(r.judged()?.lateral_lumbar),
        ),
        Column::new(
            "points_right",
            "Probability that it is one and all detected points are right",
            |r: &Row| Some(r.judged()?.points_right),
        ),
        Column::new(
            "verdict",
            "ok, or the reasons why predict would give no risk for the film",
            |r: &Row| {
                let doubts = r.judged()?.verdict.doubts();
                let codes = joined(doubts.iter().map(Doubt::code));
                Some(if codes.is_empty() { "ok".to_owned() } else { codes })
            },
        ),
    ];
    columns.extend(Level::ALL.into_iter().flat_map(of_level));
    columns
}

fn of_level<'a>(level: Level) -> [Column<'a, Row<'a>>; 3] {
    let code = level.name().to_lowercase();
    let point = move |r: &Row| Some(r.judged()?.keypoints.get(level));
    [
        Column::new(
            format!("{code}_x"),
            format!("Column of the centre of {level}, px of the film"),
            move |r: &Row| Some(point(r)?.x),
        ),
        Column::new(
            format!("{code}_y"),
            format!("Row of the centre of {level}, px of the film"),
            move |r: &Row| Some(point(r)?.y),
        ),
        Column::new(
            format!("{code}_confidence"),
            format!("The detector's confidence in {level}, in [0, 1]"),
            move |r: &Row| Some(point(r)?.confidence),
        ),
    ]
}
