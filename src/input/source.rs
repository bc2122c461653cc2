//! The bytes of a file as they are after decompression, with a count for the progress bar.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{InputError, Options};

/// How a text file is compressed, told from its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// Not at all.
    None,
    /// Gzip, of one or several members.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

impl Compression {
    /// Compression of a file that begins so.
    pub(super) fn of(first_bytes: &[u8]) -> Self {
        match first_bytes {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Decompressed bytes.
pub(super) type Source = Box<dyn Read + Send>;

/// Opens a file; `count` grows by the bytes read from disk.
pub(super) fn open(
    path: &Path,
    compression: Compression,
    count: Arc<AtomicU64>,
    options: &Options,
) -> Result<Source, InputError> {
    let file = File::open(path).map_err(|source| InputError::io(path, source))?;
    let counted = Counted { file, count };
    Ok(match compression {
        Compression::None => Box::new(counted),
        Compression::Gzip => {
            let buffered = BufReader::with_capacity(128 * 1024, counted);
            Box::new(Unpacked::new(flate2::bufread::MultiGzDecoder::new(buffered), options))
        }
        Compression::Zstd => {
            let decoder =
                zstd::stream::read::Decoder::new(counted).map_err(|source| InputError::io(path, source))?;
            Box::new(Unpacked::new(decoder, options))
        }
    })
}

/// The error of a read, with the place where it happened.
pub(super) fn read_error(
    path: &Path,
    compression: Compression,
    line: u64,
    byte: u64,
    source: std::io::Error,
) -> InputError {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    let path = path.to_owned();
    if let Some(TooLarge(limit)) = source.get_ref().and_then(|inner| inner.downcast_ref()) {
        return InputError::UnpackedTooLarge { path, compression, line, limit: *limit };
    }
    match (compression, source.kind()) {
        (Compression::None, _) => InputError::Io { path, source },
        (_, UnexpectedEof) => InputError::Truncated { path, compression, line, byte },
        (_, InvalidData | InvalidInput | Other) => {
            InputError::Damaged { path, compression, line, byte, source }
        }
        _ => InputError::Io { path, source },
    }
}

/// What comes out of a compressed file, up to a limit: a few bytes may unpack to any number.
struct Unpacked<R> {
    stream: R,
    limit: u64,
    left: u64,
}

/// More came out than so many bytes.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} bytes")]
struct TooLarge(u64);

impl<R> Unpacked<R> {
    fn new(stream: R, options: &Options) -> Self {
        Self { stream, limit: options.max_unpacked_bytes, left: options.max_unpacked_bytes }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.stream.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(std::io::Error::other(TooLarge(self.limit))),
        }
        Ok(read)
    }
}

struct Counted {
    file: File,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
