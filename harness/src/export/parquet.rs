//! Scores as Parquet: one row a score, columns as in CSV.

use std::sync::Arc;

use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::Result as ParquetResult;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;

use super::ScoreRow;

const SCHEMA: &str = "message scores {
  required binary branch (UTF8); required int64 step; optional binary variant (UTF8); required int64 tokens;
  optional double lr; optional binary phase (UTF8); required binary kind (UTF8); required binary task (UTF8);
  optional int64 shots; optional binary perturb (UTF8); required binary metric (UTF8); required boolean primary;
  required double score; optional double se; optional double clustered_se; required int64 n; optional double chance;
  optional binary key (UTF8);
}";

/// The bytes of a Parquet file with all rows in one row group, compressed with zstd.
pub fn parquet(rows: &[ScoreRow]) -> Vec<u8> {
    write(rows).expect("the columns are those of the schema, and a vector takes all that is written to it")
}

fn write(rows: &[ScoreRow]) -> ParquetResult<Vec<u8>> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    columns(file.next_row_group()?, rows)?;
    file.into_inner()
}

fn columns(group: SerializedRowGroupWriter<'_, Vec<u8>>, rows: &[ScoreRow]) -> ParquetResult<()> {
    let mut columns = Columns { group, rows };
    columns.text(|row| Some(&row.branch))?;
    columns.whole(|row| Some(row.step))?;
    columns.optional_text(|row| row.variant.as_deref())?;
    columns.whole(|row| Some(row.tokens))?;
    columns.optional_number(|row| row.lr)?;
    columns.optional_text(|row| row.phase)?;
    columns.text(|row| Some(row.kind))?;
    columns.text(|row| Some(&row.task))?;
    columns.optional_whole(|row| row.shots.map(|shots| shots as u64))?;
    columns.optional_text(|row| row.perturb.as_deref())?;
    columns.text(|row| Some(&row.metric))?;
    columns.flag(|row| row.primary)?;
    columns.number(|row| Some(row.score))?;
    columns.optional_number(|row| row.se)?;
    columns.optional_number(|row| row.clustered_se)?;
    columns.whole(|row| Some(row.n as u64))?;
    columns.optional_number(|row| row.chance)?;
    columns.optional_text(|row| row.key.as_deref())?;
    columns.group.close().map(drop)
}

/// Writes one column after the other. A column that may be empty carries a level a row: 1 where there is a value.
struct Columns<'r, 'w> {
    group: SerializedRowGroupWriter<'w, Vec<u8>>,
    rows: &'r [ScoreRow],
}

/// A method for one type of column, with levels (`optional`) or without.
macro_rules! column {
    ($name:ident, $optional:ident, $type:ty, $value:ty, $convert:expr) => {
        fn $name(&mut self, value: impl Fn(&'r ScoreRow) -> Option<$value>) -> ParquetResult<()> {
            let values: Vec<_> = self.rows.iter().filter_map(value).map($convert).collect();
            let mut column = self.group.next_column()?.expect("as many columns as in the schema");
            column.typed::<$type>().write_batch(&values, None, None)?;
            column.close()
        }

        fn $optional(&mut self, value: impl Fn(&'r ScoreRow) -> Option<$value>) -> ParquetResult<()> {
            let levels: Vec<i16> = self.rows.iter().map(|row| i16::from(value(row).is_some())).collect();
            let values: Vec<_> = self.rows.iter().filter_map(value).map($convert).collect();
            let mut column = self.group.next_column()?.expect("as many columns as in the schema");
            column.typed::<$type>().write_batch(&values, Some(&levels), None)?;
            column.close()
        }
    };
}

impl<'r> Columns<'r, '_> {
    column!(text, optional_text, ByteArrayType, &'r str, ByteArray::from);
    column!(whole, optional_whole, Int64Type, u64, |value| value as i64);
    column!(number, optional_number, DoubleType, f64, |value| value);

    fn flag(&mut self, value: impl Fn(&ScoreRow) -> bool) -> ParquetResult<()> {
        let values: Vec<bool> = self.rows.iter().map(value).collect();
        let mut column = self.group.next_column()?.expect("as many columns as in the schema");
        column.typed::<BoolType>().write_batch(&values, None, None)?;
        column.close()
    }
}
