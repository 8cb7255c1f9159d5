#![doc = include_str!("../README.md")]

mod codec;
mod deadline;
mod dicom;
mod error;
mod facing;
mod folder;
mod luma;
mod naming;
mod options;
mod pictures;
mod provenance;
mod radiograph;
mod read;
mod stated;
mod window;

pub use dicom::{
    Attribute, DeidentificationReport, Deidentifier, DicomImage, FilmHeader, encode_dicom,
    write_dicom,
};
pub use error::Error;
pub use facing::FacingEstimate;
pub use folder::{FilmFile, FolderReport, find_films, is_folder, read_folder, read_headers};
pub use naming::OutputPattern;
pub use options::{Bone, Grey, Limits, ReadOptions, VoiChoice};
pub use pictures::{PictureSize, PngOptions, encode_npy, encode_png16, write_npy, write_png16};
pub use provenance::{ModalityLut, Provenance, SourceFormat, Voi, Warning};
pub use radiograph::{Acquisition, Radiograph, Spacing, SpacingKind};
pub use vertebra_raster::{Facing, Film};
