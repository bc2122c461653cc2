//! A required text column of a row group in the bytes of Parquet.
//!
//! The general writer hashes and compares every cell. Here a cell is the number of its text already, so that
//! each distinct text is looked at once per chunk: a dictionary page, data pages of numbers, and plain pages
//! from where the dictionary would grow too large. Statistics and page indexes are those that readers expect.

use std::cell::RefCell;
use std::io::Write;

use parquet::basic::{Compression, Encoding, PageType, Type, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::added::TextColumn;
use super::number_runs::{bits_for, pack};
use super::texts::Texts;

/// Rows of a page.
const PAGE_ROWS: usize = 20_000;
/// Bytes of text after which a page of plain texts is closed.
const PAGE_BYTES: usize = 1 << 20;
/// Bytes of a dictionary beyond which texts are written plainly.
const DICTIONARY_BYTES: usize = 1 << 20;
/// Bytes of the longest text that is worth a place in statistics.
const STATISTICS_BYTES: usize = 64;

/// Smallest and largest text.
#[derive(Clone, Default)]
struct Bounds(Option<(String, String)>);

impl Bounds {
    fn take(&mut self, text: &str) {
        match &mut self.0 {
            None => self.0 = Some((text.to_owned(), text.to_owned())),
            Some((least, most)) => {
                if text < least.as_str() {
                    text.clone_into(least);
                } else if text > most.as_str() {
                    text.clone_into(most);
                }
            }
        }
    }
}

/// Gathers the rows of one column of one row group.
pub(super) struct TextChunk {
    descr: ColumnDescPtr,
    dictionary: Texts,
    /// Whether texts are written plainly by now.
    is_plain: bool,
    /// Numbers of the open page, where it is one of numbers.
    numbers: Vec<u32>,
    /// Texts of the open page, where it is a plain one.
    plain: Vec<u8>,
    plain_rows: usize,
    page_text_bytes: usize,
    page_bounds: Bounds,
    bounds: Bounds,
    is_long: bool,
    pages: TrackedWrite<Vec<u8>>,
    uncompressed: usize,
    text_bytes: usize,
    rows: usize,
    number_pages: i32,
    plain_pages: i32,
    column_index: ColumnIndexBuilder,
    offset_index: OffsetIndexBuilder,
    /// For each number of the dictionary, how many rows of a page have it.
    rows_of: Vec<usize>,
}

impl TextChunk {
    pub(super) fn new(descr: ColumnDescPtr) -> Self {
        Self {
            descr,
            dictionary: Texts::default(),
            is_plain: false,
            numbers: Vec::new(),
            plain: Vec::new(),
            plain_rows: 0,
            page_text_bytes: 0,
            page_bounds: Bounds::default(),
            bounds: Bounds::default(),
            is_long: false,
            pages: TrackedWrite::new(Vec::new()),
            uncompressed: 0,
            text_bytes: 0,
            rows: 0,
            number_pages: 0,
            plain_pages: 0,
            column_index: ColumnIndexBuilder::new(Type::BYTE_ARRAY),
            offset_index: OffsetIndexBuilder::new(),
            rows_of: Vec::new(),
        }
    }

    /// Adds the rows of a chunk of records.
    pub(super) fn write(&mut self, column: &TextColumn) -> Result<()> {
        let texts = column.texts();
        if !self.is_plain
            && (column.is_varied() || self.dictionary.bytes() + texts.bytes() > DICTIONARY_BYTES)
        {
            self.close_page()?;
            self.is_plain = true;
        }
        if self.is_plain {
            for text in column.iter() {
                self.plain.extend_from_slice(&(text.len() as u32).to_le_bytes());
                self.plain.extend_from_slice(text.as_bytes());
                self.page_text_bytes += text.len();
                self.page_bounds.take(text);
                self.plain_rows += 1;
                if self.plain_rows == PAGE_ROWS || self.plain.len() >= PAGE_BYTES {
                    self.close_page()?;
                }
            }
            return Ok(());
        }
        let own: Vec<u32> = texts.iter().map(|text| self.dictionary.number(text)).collect();
        let mut rest = column.numbers();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(PAGE_ROWS - self.numbers.len()));
            self.numbers.extend(now.iter().map(|&number| own[number as usize]));
            rest = later;
            if self.numbers.len() == PAGE_ROWS {
                self.close_page()?;
            }
        }
        Ok(())
    }

    fn close_page(&mut self) -> Result<()> {
        if self.numbers.is_empty() && self.plain_rows == 0 {
            return Ok(());
        }
        let (body, rows, encoding) = if self.is_plain {
            self.plain_pages += 1;
            (std::mem::take(&mut self.plain), std::mem::take(&mut self.plain_rows), Encoding::PLAIN)
        } else {
            self.number_pages += 1;
            let numbers = std::mem::take(&mut self.numbers);
            self.rows_of.clear();
            self.rows_of.resize(self.dictionary.len(), 0);
            for &number in &numbers {
                self.rows_of[number as usize] += 1;
            }
            for (text, rows) in self.dictionary.iter().zip(&self.rows_of).filter(|(_, rows)| **rows > 0) {
                self.page_bounds.take(text);
                self.page_text_bytes += text.len() * rows;
            }
            let bits = bits_for(self.dictionary.len());
            let mut body = vec![bits];
            pack(&numbers, bits, &mut body);
            let rows = numbers.len();
            self.numbers = numbers;
            self.numbers.clear();
            (body, rows, Encoding::RLE_DICTIONARY)
        };
        let page = Page::DataPage {
            buf: compress(&body)?.into(),
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let spec =
            SerializedPageWriter::new(&mut self.pages).write_page(CompressedPage::new(page, body.len()))?;
        self.uncompressed += spec.uncompressed_size;
        self.offset_index.append_row_count(signed(rows));
        let packed = i32::try_from(spec.compressed_size)?;
        self.offset_index.append_offset_and_size(spec.offset.cast_signed(), packed);
        let text_bytes = std::mem::take(&mut self.page_text_bytes);
        self.offset_index.append_unencoded_byte_array_data_bytes(Some(signed(text_bytes)));
        self.text_bytes += text_bytes;
        self.rows += rows;
        if let Some((least, most)) = std::mem::take(&mut self.page_bounds).0 {
            self.is_long |= least.len().max(most.len()) > STATISTICS_BYTES;
            self.bounds.take(&least);
            self.bounds.take(&most);
            if self.is_long {
                self.column_index.to_invalid();
            } else {
                self.column_index.append(false, least.into_bytes(), most.into_bytes(), 0, None);
            }
        }
        Ok(())
    }

    /// The column in the bytes of the file.
    pub(super) fn close(mut self) -> Result<ClosedChunk> {
        self.close_page()?;
        let data = self.pages.into_inner()?;
        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        let mut stats = Vec::new();
        let mut bytes = Vec::new();
        if self.number_pages > 0 {
            let mut body = Vec::with_capacity(self.dictionary.bytes() + 4 * self.dictionary.len());
            for text in self.dictionary.iter() {
                body.extend_from_slice(&(text.len() as u32).to_le_bytes());
                body.extend_from_slice(text.as_bytes());
            }
            let page = Page::DictionaryPage {
                buf: compress(&body)?.into(),
                num_values: self.dictionary.len() as u32,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            let mut file = TrackedWrite::new(Vec::new());
            let spec =
                SerializedPageWriter::new(&mut file).write_page(CompressedPage::new(page, body.len()))?;
            self.uncompressed += spec.uncompressed_size;
            bytes = file.into_inner()?;
            encodings.push(Encoding::RLE_DICTIONARY);
            let (page_type, encoding) = (PageType::DICTIONARY_PAGE, Encoding::PLAIN);
            stats.push(PageEncodingStats { page_type, encoding, count: 1 });
        }
        for (encoding, count) in
            [(Encoding::RLE_DICTIONARY, self.number_pages), (Encoding::PLAIN, self.plain_pages)]
        {
            if count > 0 {
                stats.push(PageEncodingStats { page_type: PageType::DATA_PAGE, encoding, count });
            }
        }
        let dictionary_bytes = bytes.len();
        bytes.extend_from_slice(&data);
        let (least, most) = self.bounds.0.filter(|_| !self.is_long).unzip();
        let bound = |text: Option<String>| text.map(|text| ByteArray::from(text.into_bytes()));
        let metadata = ColumnChunkMetaData::builder(self.descr)
            .set_compression(zstd())
            .set_encodings(encodings)
            .set_page_encoding_stats(stats)
            .set_total_compressed_size(signed(bytes.len()))
            .set_total_uncompressed_size(signed(self.uncompressed))
            .set_num_values(signed(self.rows))
            .set_data_page_offset(0)
            .set_statistics(Statistics::ByteArray(ValueStatistics::new(
                bound(least),
                bound(most),
                None,
                Some(0),
                false,
            )))
            .set_unencoded_byte_array_data_bytes(Some(signed(self.text_bytes)))
            .build()?;
        let index = self.column_index;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.rows as u64,
            metadata,
            bloom_filter: None,
            column_index: if index.valid() { Some(index.build()?) } else { None },
            offset_index: Some(self.offset_index.build()),
        };
        let close = close.update_dictionary_location(dictionary_bytes)?;
        Ok(ClosedChunk { bytes, close })
    }
}

/// A column of a row group, ready to be put into the file.
pub(super) struct ClosedChunk {
    bytes: Vec<u8>,
    close: ColumnCloseResult,
}

impl ClosedChunk {
    pub(super) fn append<W: Write + Send>(self, group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        // The row group takes bytes in the form in which a page holds them.
        let (buf, encoding) = (self.bytes.into(), Encoding::PLAIN);
        let page = Page::DictionaryPage { buf, num_values: 0, encoding, is_sorted: false };
        group.append_column(page.buffer(), self.close)
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How every Parquet file of a run is compressed.
pub(super) fn zstd() -> Compression {
    Compression::ZSTD(ZstdLevel::default())
}

thread_local! {
    /// The compressor of a thread, which would cost a megabyte for each column.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

fn compress(body: &[u8]) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| ParquetError::External(Box::new(error));
    COMPRESSOR.with_borrow_mut(|slot| {
        let mut own = match slot.take() {
            Some(own) => own,
            None => zstd::bulk::Compressor::new(ZstdLevel::default().compression_level()).map_err(failed)?,
        };
        let packed = own.compress(body).map_err(failed);
        *slot = Some(own);
        packed
    })
}
