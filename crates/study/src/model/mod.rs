//! The trained model as a folder, and what it says of one film.

pub(crate) mod answer;
pub(crate) mod found_points;
pub(crate) mod model_folder;
pub(crate) mod predictor;
#[cfg(test)]
mod tests;
