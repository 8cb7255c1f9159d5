//! Headers of data elements, as the cursor reads them.

use super::cursor::has_long_length;

/// Writes tag, VR (`None`: implicit) and length.
pub(crate) fn header(
    out: &mut Vec<u8>,
    (group, element): (u16, u16),
    vr: Option<[u8; 2]>,
    len: u32,
    big_endian: bool,
) {
    let word = |v: u16| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
    let long = |v: u32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
    out.extend(word(group));
    out.extend(word(element));
    match vr {
        None => out.extend(long(len)),
        Some(vr) if has_long_length(vr) => {
            out.extend(vr);
            out.extend([0, 0]);
            out.extend(long(len));
        }
        // A value that fits a short length in: nothing here makes values that long.
        Some(vr) => {
            out.extend(vr);
            out.extend(word(len as u16));
        }
    }
}
