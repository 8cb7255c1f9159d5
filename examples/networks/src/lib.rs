//! What the programs that train or apply networks share.

pub mod configuration;
pub mod console;
pub mod name;
pub mod phantom_films;
