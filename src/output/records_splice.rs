//! Columns of Parquet inputs that go into the output as they stand: their bytes, with page indexes and Bloom
//! filters. Row groups of the inputs are row groups of the output, and only the new columns are encoded.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::Type as Physical;
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    RowGroupMetaData,
};
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::input::{InputFile, Kind, Options, ParquetLayout};

/// Inputs that can be copied, and how far copying has come.
#[derive(Clone, Debug)]
pub(super) struct Splice {
    files: Vec<Source>,
    /// Whether they were written here, so that everything in them can be trusted.
    own: bool,
    /// The file that is being copied, opened, and its next row group.
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Source {
    path: PathBuf,
    footer: Arc<ParquetMetaData>,
}

#[derive(Clone, Debug)]
struct Open {
    index: usize,
    file: Arc<File>,
    /// With the page indexes.
    footer: Arc<ParquetMetaData>,
    group: usize,
}

impl Splice {
    /// The inputs, if all of them are Parquet with the same columns and nothing in them is kept elsewhere.
    pub(super) fn of(files: &[InputFile]) -> Option<Self> {
        let layouts: Vec<&ParquetLayout> = files
            .iter()
            .map(|file| match &file.kind {
                Kind::Parquet(layout) => Some(layout),
                Kind::Csv(_) | Kind::Frame(_) | Kind::Ndjson => None,
            })
            .collect::<Option<_>>()?;
        let first = layouts.first()?;
        let columns = |layout: &ParquetLayout| layout.footer.file_metadata().schema_descr_ptr();
        let alike = layouts.iter().all(|layout| {
            layout.schema.fields() == first.schema.fields()
                && columns(layout).root_schema() == columns(first).root_schema()
                && columns(layout).num_columns() == layout.schema.fields().len()
        });
        let mut chunks =
            layouts.iter().flat_map(|layout| layout.footer.row_groups()).flat_map(RowGroupMetaData::columns);
        let within = chunks.all(|chunk| chunk.file_path().is_none());
        // An encrypted column, where the footer is not, is told by its first page only.
        let first_row = Options { chunk_rows: 1, ..Options::default() };
        let readable =
            |file: &InputFile| matches!(file.open(&first_row).ok()?.next(), Some(Ok(_))).then_some(());
        if !alike || !within || !files.iter().all(|file| readable(file).is_some()) {
            return None;
        }
        let sources = files.iter().zip(layouts);
        let files = sources
            .map(|(file, layout)| Source { path: file.path.clone(), footer: Arc::clone(&layout.footer) })
            .collect();
        Some(Self { files, own: false, open: None })
    }

    /// Files of one form that were written in parts, to be copied whole.
    pub(super) fn of_parts(paths: &[PathBuf]) -> Result<Self> {
        let source = |path: &PathBuf| {
            let footer = ParquetMetaDataReader::new().parse_and_finish(&File::open(path)?)?;
            Ok(Source { path: path.clone(), footer: Arc::new(footer) })
        };
        Ok(Self { files: paths.iter().map(source).collect::<Result<_>>()?, own: true, open: None })
    }

    /// For each input, after how many of its rows a row group ends.
    pub(super) fn ends(&self) -> Vec<Vec<u64>> {
        let ends = |source: &Source| {
            let mut rows = 0;
            let groups = source.footer.row_groups().iter();
            groups
                .map(|group| {
                    rows += u64::try_from(group.num_rows()).unwrap_or(0);
                    rows
                })
                .collect()
        };
        self.files.iter().map(ends).collect()
    }

    /// Goes on behind so many rows, which end a row group.
    pub(super) fn skip(&mut self, rows: u64) -> Result<()> {
        let mut left = rows;
        for file in 0..self.files.len() {
            while left > 0 {
                let group = self.rows_of_group(file)? as u64;
                if group == 0 {
                    break;
                }
                left = left.checked_sub(group).ok_or_else(|| {
                    ParquetError::General(format!("no row group of the inputs ends after {rows} rows"))
                })?;
                if let Some(open) = &mut self.open {
                    open.group += 1;
                }
            }
        }
        Ok(())
    }

    /// The columns of the inputs in their own Parquet types, then those of the result that they do not have.
    pub(super) fn root(&self, result: &SchemaDescriptor) -> Result<TypePtr> {
        let own = self.files.first().map(|source| source.footer.file_metadata().schema());
        let own = own.ok_or_else(|| ParquetError::General("no input to copy".to_owned()))?;
        let mut fields = own.get_fields().to_vec();
        fields.extend(result.root_schema().get_fields().iter().skip(fields.len()).cloned());
        Ok(Arc::new(Type::group_type_builder(own.name()).with_fields(fields).build()?))
    }

    /// Rows of the row group whose rows come next from a file.
    pub(super) fn rows_of_group(&mut self, file: usize) -> Result<usize> {
        let open = match &mut self.open {
            Some(open) if open.index == file => open,
            slot => slot.insert(Open::new(&self.files, file)?),
        };
        open.skip_empty();
        Ok(open.rows())
    }

    /// Copies the columns of that row group.
    pub(super) fn copy_group<W: Write + Send>(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, W>,
        rows: usize,
    ) -> Result<()> {
        let open = self.open.as_mut().filter(|open| open.rows() == rows);
        let open = open.ok_or_else(|| {
            ParquetError::General(format!("{rows} rows were read where the row group has another number"))
        })?;
        let own = open.footer.row_group(open.group);
        let pages = open.footer.page_index();
        for (column, chunk) in own.columns().iter().enumerate() {
            let column_index = pages.and_then(|pages| pages.column_index(open.group, column)).cloned();
            let offset_index = pages.and_then(|pages| pages.offset_index(open.group, column)).cloned();
            let close = ColumnCloseResult {
                bytes_written: u64::try_from(chunk.compressed_size()).unwrap_or(0),
                rows_written: rows as u64,
                metadata: if self.own { chunk.clone() } else { trusted(chunk)? },
                bloom_filter: Sbbf::read_from_column_chunk(chunk, &*open.file)?,
                column_index,
                offset_index,
            };
            group.append_column(&*open.file, close)?;
        }
        open.group += 1;
        Ok(())
    }
}

impl Open {
    fn new(files: &[Source], index: usize) -> Result<Self> {
        let source = files.get(index);
        let source = source.ok_or_else(|| ParquetError::General(format!("there is no input {index}")))?;
        let file = File::open(&source.path)?;
        let footer = ParquetMetaDataReader::new()
            // How pages are encoded goes along, not only which encodings there are.
            .with_metadata_options(Some(ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false)))
            .with_page_index_policy(PageIndexPolicy::Optional)
            .parse_and_finish(&file)?;
        Ok(Self { index, file: Arc::new(file), footer: Arc::new(footer), group: 0 })
    }

    fn rows(&self) -> usize {
        let group = self.footer.row_groups().get(self.group);
        group.and_then(|group| usize::try_from(group.num_rows()).ok()).unwrap_or(0)
    }

    fn skip_empty(&mut self) {
        while self.group < self.footer.num_row_groups() && self.rows() == 0 {
            self.group += 1;
        }
    }
}

/// The metadata of a column, without smallest and largest text in the old form: some writers sorted wrongly,
/// and readers know those by the name of the writer, which is not kept.
fn trusted(chunk: &ColumnChunkMetaData) -> Result<ColumnChunkMetaData> {
    let is_number = matches!(
        chunk.column_type(),
        Physical::BOOLEAN | Physical::INT32 | Physical::INT64 | Physical::FLOAT | Physical::DOUBLE
    );
    let old = chunk.statistics().is_some_and(Statistics::is_min_max_deprecated);
    if !old || is_number {
        return Ok(chunk.clone());
    }
    chunk.clone().into_builder().clear_statistics().build()
}
