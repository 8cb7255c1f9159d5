//! Transfer syntaxes: how the data set and its pixels are encoded (PS3.5 chapter 10).

use crate::Error;

/// How the pixel data are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Rle,
    /// Baseline, extended and lossless: the stream says which.
    Jpeg,
    JpegLs,
    Jpeg2000,
    JpegXl,
}

/// A transfer syntax this crate decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransferSyntax {
    pub(crate) uid: &'static str,
    pub(crate) name: &'static str,
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
    pub(crate) deflated: bool,
    pub(crate) compression: Compression,
}

const fn native(
    uid: &'static str,
    name: &'static str,
    explicit: bool,
    big_endian: bool,
    deflated: bool,
) -> TransferSyntax {
    TransferSyntax { uid, name, explicit, big_endian, deflated, compression: Compression::None }
}

const fn compressed(
    uid: &'static str,
    name: &'static str,
    compression: Compression,
) -> TransferSyntax {
    TransferSyntax { uid, name, explicit: true, big_endian: false, deflated: false, compression }
}

pub(crate) const IMPLICIT_LE: TransferSyntax =
    native("1.2.840.10008.1.2", "Implicit VR Little Endian", false, false, false);
pub(crate) const EXPLICIT_LE: TransferSyntax =
    native("1.2.840.10008.1.2.1", "Explicit VR Little Endian", true, false, false);
pub(crate) const EXPLICIT_BE: TransferSyntax =
    native("1.2.840.10008.1.2.2", "Explicit VR Big Endian", true, true, false);
pub(crate) const ENCAPSULATED_UNCOMPRESSED: &str = "1.2.840.10008.1.2.1.98";

/// Each frame is a raw deflate stream of the uncompressed frame.
pub(crate) const DEFLATED_FRAME: &str = "1.2.840.10008.1.2.8.1";

const SYNTAXES: [TransferSyntax; 23] = [
    IMPLICIT_LE,
    EXPLICIT_LE,
    EXPLICIT_BE,
    native("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", true, false, true),
    native(
        ENCAPSULATED_UNCOMPRESSED,
        "Encapsulated Uncompressed Explicit VR Little Endian",
        true,
        false,
        false,
    ),
    compressed("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Compression::Jpeg),
    compressed("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)", Compression::Jpeg),
    native(DEFLATED_FRAME, "Deflated Image Frame Compression", true, false, false),
    compressed(
        "1.2.840.10008.1.2.4.53",
        "JPEG Spectral Selection (Process 6 and 8)",
        Compression::Jpeg,
    ),
    compressed(
        "1.2.840.10008.1.2.4.55",
        "JPEG Full Progression (Process 10 and 12)",
        Compression::Jpeg,
    ),
    compressed("1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)", Compression::Jpeg),
    compressed(
        "1.2.840.10008.1.2.4.70",
        "JPEG Lossless, First-Order Prediction (Process 14, Selection Value 1)",
        Compression::Jpeg,
    ),
    compressed("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", Compression::JpegLs),
    compressed("1.2.840.10008.1.2.4.81", "JPEG-LS Near-lossless", Compression::JpegLs),
    compressed("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", Compression::Jpeg2000),
    compressed("1.2.840.10008.1.2.4.91", "JPEG 2000", Compression::Jpeg2000),
    compressed("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", Compression::JpegXl),
    compressed("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", Compression::JpegXl),
    compressed("1.2.840.10008.1.2.4.112", "JPEG XL", Compression::JpegXl),
    compressed(
        "1.2.840.10008.1.2.4.201",
        "High-Throughput JPEG 2000 Lossless",
        Compression::Jpeg2000,
    ),
    compressed(
        "1.2.840.10008.1.2.4.202",
        "High-Throughput JPEG 2000 RPCL Lossless",
        Compression::Jpeg2000,
    ),
    compressed("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", Compression::Jpeg2000),
    compressed("1.2.840.10008.1.2.5", "RLE Lossless", Compression::Rle),
];

/// Registered syntaxes that this crate does not decode, so that a message can name them.
const KNOWN: [(&str, &str); 6] = [
    ("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile"),
    ("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264"),
    ("1.2.840.10008.1.2.4.107", "HEVC/H.265"),
    ("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component Lossless"),
    ("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component"),
    ("1.2.840.10008.1.2.4.94", "JPIP Referenced"),
];

impl Compression {
    /// For a message.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "uncompressed pixels",
            Self::Rle => "RLE",
            Self::Jpeg => "JPEG",
            Self::JpegLs => "JPEG-LS",
            Self::Jpeg2000 => "JPEG 2000",
            Self::JpegXl => "JPEG XL",
        }
    }
}

impl TransferSyntax {
    pub(crate) fn from_uid(uid: &str) -> Result<Self, Error> {
        SYNTAXES.into_iter().find(|s| s.uid == uid).ok_or_else(|| {
            let hint = KNOWN.iter().find(|(known, _)| *known == uid).map(|(_, name)| *name);
            Error::UnsupportedTransferSyntax { uid: printable(uid), hint }
        })
    }
}

/// A UID for a message: what could not stand in one, and anything long, is left out.
fn printable(uid: &str) -> String {
    uid.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}
