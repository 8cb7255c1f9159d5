//! The little of protobuf's wire format that writing a model needs.
//!
//! Source: "Encoding", Protocol Buffers documentation,
//! <https://protobuf.dev/programming-guides/encoding/>.

use crate::Error;
use crate::graph::Weight;

/// A message under construction: fields one after the other. Weights are read when all is written,
/// so that there is one copy of them, the file's.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pieces: Vec<Piece<'a>>,
    /// Bytes of all pieces.
    len: usize,
}

#[derive(Debug)]
enum Piece<'a> {
    Bytes(Vec<u8>),
    /// This many values, little-endian.
    Floats(&'a Weight, usize),
}

impl<'a> Message<'a> {
    /// Adds an integer field.
    pub(super) fn int(mut self, field: u32, value: i64) -> Self {
        self.key(field, 0);
        self.varint(value as u64);
        self
    }

    /// Adds a field of bytes.
    pub(super) fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.append(value);
        self
    }

    /// Adds a field of bytes: the `count` values of a weight.
    pub(super) fn floats(mut self, field: u32, weight: &'a Weight, count: usize) -> Self {
        self.key(field, 2);
        self.varint(4 * count as u64);
        self.len += 4 * count;
        self.pieces.push(Piece::Floats(weight, count));
        self
    }

    /// Adds a field of text.
    pub(super) fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// Adds a message within this one.
    pub(super) fn message(mut self, field: u32, value: Self) -> Self {
        self.key(field, 2);
        self.varint(value.len as u64);
        for piece in value.pieces {
            match piece {
                Piece::Bytes(bytes) => self.append(&bytes),
                Piece::Floats(_, count) => {
                    self.len += 4 * count;
                    self.pieces.push(piece);
                }
            }
        }
        self
    }

    /// Adds one message per value.
    pub(super) fn messages<T>(
        self,
        field: u32,
        values: impl IntoIterator<Item = T>,
        message: impl Fn(T) -> Self,
    ) -> Self {
        values.into_iter().fold(self, |whole, value| whole.message(field, message(value)))
    }

    /// # Errors
    /// As [`Weight::values`], and [`Error::LengthMismatch`] for one that is not as long as said.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::with_capacity(self.len);
        for piece in self.pieces {
            match piece {
                Piece::Bytes(bytes) => whole.extend(bytes),
                Piece::Floats(weight, count) => {
                    let values = weight.values()?;
                    if values.len() != count {
                        let (shape, got) = (vec![count], values.len());
                        return Err(Error::LengthMismatch { name: "weight", shape, got });
                    }
                    whole.extend(values.iter().flat_map(|v| v.to_le_bytes()));
                }
            }
        }
        Ok(whole)
    }

    fn append(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        match self.pieces.last_mut() {
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Bytes(bytes.to_vec())),
        }
    }

    fn key(&mut self, field: u32, wire_type: u32) {
        self.varint(u64::from(field << 3 | wire_type));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.append(&[value as u8 | 0x80]);
            value >>= 7;
        }
        self.append(&[value as u8]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the documentation.
    #[test]
    fn fields_are_written_as_documented() {
        let bytes = |message: Message<'_>| message.into_bytes().unwrap();
        assert_eq!(bytes(Message::default().int(1, 150)), [0x08, 0x96, 0x01]);
        let text = Message::default().text(2, "testing");
        assert_eq!(bytes(text), b"\x12\x07testing");
        let inner = Message::default().int(1, 150);
        let outer = bytes(Message::default().message(3, inner));
        assert_eq!(outer, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let negative = bytes(Message::default().int(1, -2));
        assert_eq!(negative, [0x08, 0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }

    #[test]
    fn a_weight_within_messages_is_what_its_bytes_would_be() {
        let values = [1.5f32, -2.0, 0.1];
        let weight = Weight::new(values.to_vec());
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let within = |tensor: Message<'_>| {
            let tensor = tensor.int(2, 1);
            Message::default().text(1, "a").message(5, tensor).text(7, "b").into_bytes()
        };
        let expected = within(Message::default().bytes(9, &raw)).unwrap();
        let got = within(Message::default().floats(9, &weight, 3)).unwrap();
        assert_eq!((&got, got.capacity()), (&expected, expected.len()));
        let error = within(Message::default().floats(9, &weight, 4)).unwrap_err();
        assert_eq!(error.to_string(), "weight: shape [4] needs 4 values, got 3");
    }
}
