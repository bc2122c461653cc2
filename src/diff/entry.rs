//! A record as it waits for its partner: its key, its place, where it stands, and the texts that are
//! compared, one after another in bytes.

use super::Stand;

/// Where a record is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// Index of the input file among those of both exports.
    pub file: usize,
    /// Number of the record among the readable ones of its file, from 1.
    pub record: u64,
    /// Line on which it starts.
    pub line: u64,
}

/// A record that waits for its partner.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Key of the tumor.
    pub key: &'a str,
    /// Where it is.
    pub place: Place,
    /// Where it stands.
    pub stand: Stand<'a>,
    /// Its texts, as [`put_texts`] wrote them.
    pub texts: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Appends the entry; the texts come from `cells`.
    pub fn put<C: AsRef<str>>(&self, cells: impl IntoIterator<Item = C>, out: &mut Vec<u8>) {
        put_text(self.key, out);
        put_number(self.place.file as u64, out);
        put_number(self.place.record, out);
        put_number(self.place.line, out);
        put_texts(self.stand.words(), out);
        let start = out.len();
        put_texts(cells, out);
        // The length goes before the texts, so that a reader can pass over them.
        let length = (out.len() - start) as u64;
        let mut before = Vec::with_capacity(10);
        put_number(length, &mut before);
        out.splice(start..start, before);
    }

    /// Takes the next entry off the bytes; `None` at their end, or where they are not what was written.
    pub fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let key = take_text(bytes)?;
        let place = Place {
            file: usize::try_from(take_number(bytes)?).ok()?,
            record: take_number(bytes)?,
            line: take_number(bytes)?,
        };
        let mut word = || take_text(bytes);
        let stand = Stand { schema: word()?, edition: word()?, group: word()?, stage: word()? };
        let texts = take_slice(bytes)?;
        Some(Self { key, place, stand, texts })
    }
}

/// Appends texts with their lengths.
pub fn put_texts<C: AsRef<str>>(cells: impl IntoIterator<Item = C>, out: &mut Vec<u8>) {
    for cell in cells {
        put_text(cell.as_ref(), out);
    }
}

/// The texts that were put.
pub fn texts(mut bytes: &[u8]) -> Vec<&str> {
    let mut found = Vec::new();
    while let Some(text) = take_text(&mut bytes) {
        found.push(text);
    }
    found
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    put_number(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a number, seven bits a byte: lengths are short.
pub(super) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

pub(super) fn take_slice<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(bytes)?).ok()?;
    let (slice, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(slice)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_slice(bytes)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entries_come_back(
            key in ".{0,200}", file in 0_usize..1000, record in any::<u64>(), line in any::<u64>(),
            group in "[A-Z]{0,4}", cells in prop::collection::vec(".{0,160}", 0..6),
        ) {
            let stand = Stand { schema: "lung", edition: "8", group: &group, stage: "" };
            let place = Place { file, record, line };
            let mut bytes = Vec::new();
            for _ in 0..2 {
                Entry { key: &key, place, stand, texts: &[] }.put(&cells, &mut bytes);
            }
            let mut rest = bytes.as_slice();
            for _ in 0..2 {
                let entry = Entry::take(&mut rest).unwrap();
                prop_assert_eq!((entry.key, entry.place, entry.stand), (key.as_str(), place, stand));
                prop_assert_eq!(texts(entry.texts), cells.iter().map(String::as_str).collect::<Vec<_>>());
            }
            prop_assert!(rest.is_empty() && Entry::take(&mut rest).is_none());
        }

        #[test]
        fn damaged_bytes_are_no_entry(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut rest = bytes.as_slice();
            while Entry::take(&mut rest).is_some() {}
        }
    }
}
