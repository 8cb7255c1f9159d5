//! What the programs that train or apply networks share.

pub mod altered_films;
pub mod answer_table;
pub mod configuration;
pub mod console;
pub mod device;
pub mod film_list;
pub mod found_annotations;
pub mod judged_films;
pub mod name;
pub mod other_films;
pub mod phantom_films;
pub mod run_folder;
pub mod tested_films;
