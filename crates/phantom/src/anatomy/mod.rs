//! The spine that a film shows: its bodies, its bone, its fractures, and the population from which
//! it is drawn.

pub(crate) mod body;
pub(crate) mod bone;
pub(crate) mod fracture;
pub(crate) mod population;
pub(crate) mod spine;
pub(crate) mod variation;
