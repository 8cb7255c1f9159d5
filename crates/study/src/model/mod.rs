//! The trained model as a folder, and what it says of one film.

pub(crate) mod found_points;
pub(crate) mod model_folder;
#[cfg(test)]
mod tests;
