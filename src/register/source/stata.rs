//! Stata tables (dta, versions 102 to 119).
//!
//! Up to version 117 the encoding of texts is not written down, and from 118 on, where it is
//! UTF-8, files of other programs do not always keep to it. So texts are read like those of a
//! text table: UTF-8 or, failing that, Windows-1252.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use dta::stata::dta::characteristic_reader::CharacteristicReader;
use dta::stata::dta::dta_error::DtaError;
use dta::stata::dta::dta_reader::DtaReader;
use dta::stata::dta::record_reader::RecordReader;
use dta::stata::dta::value::Value;
use dta::stata::dta::variable::Variable;
use dta::stata::dta::variable_type::VariableType;
use dta::stata::temporal::TemporalKind;
use dta::stata::temporal::conversion::{
    th_halves_to_year_half, tm_months_to_year_month, tq_quarters_to_year_quarter,
    tw_weeks_to_year_week,
};
use encoding_rs::WINDOWS_1252;

use super::row::{NoText, Row};
use super::{Fault, Opened, Rows, guarded};
use crate::table::decode;

struct Stata {
    records: RecordReader<BufReader<File>>,
    kinds: Vec<Option<TemporalKind>>,
    long: LongStrings,
    done: u64,
    count: u64,
    size: u64,
}

/// Texts that stand behind the rows, by the column and row that each was first used in.
type LongStrings = HashMap<(u32, u64), Vec<u8>>;

const BUFFER: usize = 1 << 20;
/// 1 January 1960 in days from 1 January 1970.
const EPOCH: i64 = -3_653;
/// How a file of version 117 or later ends.
const END: &[u8] = b"</stata_dta>";

pub fn open(mut file: File, path: &Path) -> Result<Opened, Fault> {
    let size = file.metadata().map_err(Fault::Io)?.len();
    whole(&mut file, size)
        .map_err(Fault::Io)?
        .then_some(())
        .ok_or_else(|| Fault::NotWhole("its end is missing".to_owned()))?;
    guarded(|| {
        let mut about = characteristics(file)?;
        about.skip_to_end().map_err(fault)?;
        let records = about.into_record_reader().map_err(fault)?;
        let variables = records.schema().variables();
        let mut long = LongStrings::new();
        let is_long = |variable: &Variable| variable.variable_type() == VariableType::LongString;
        if variables.iter().any(is_long) {
            let again = File::open(path).map_err(Fault::Io)?;
            let mut strings = characteristics(again)?.seek_long_strings().map_err(fault)?;
            while let Some(string) = strings.read_long_string().map_err(fault)? {
                let place = (string.variable(), string.observation());
                long.insert(place, string.data().to_vec());
            }
        }
        let header = variables.iter().map(|v| reread(v.name()).trim().to_owned());
        let header = header.collect();
        let kinds = variables
            .iter()
            .map(|v| TemporalKind::from_format(v.format()));
        let stata = Stata {
            kinds: kinds.collect(),
            long,
            done: 0,
            count: records.header().observation_count(),
            size,
            records,
        };
        Ok((header, Box::new(stata) as Box<dyn Rows>))
    })
}

/// Reads up to the characteristics, which follow the columns. Windows-1252 gives every byte a
/// letter of its own, so that [`reread`] can take the bytes back.
fn characteristics(file: File) -> Result<CharacteristicReader<BufReader<File>>, Fault> {
    DtaReader::new()
        .encoding(WINDOWS_1252)
        .from_reader(BufReader::with_capacity(BUFFER, file))
        .read_header()
        .and_then(|header| header.read_schema())
        .map_err(fault)
}

fn fault(error: DtaError) -> Fault {
    Fault::NotWhole(error.to_string())
}

/// Returns whether a file that begins as version 117 or later does ends like one too.
fn whole(file: &mut File, size: u64) -> io::Result<bool> {
    let mut first = [0];
    file.read_exact(&mut first)?;
    let mut last = Vec::new();
    file.seek(SeekFrom::Start(size.saturating_sub(END.len() as u64)))?;
    file.read_to_end(&mut last)?;
    file.rewind()?;
    Ok(first != *b"<" || last == END)
}

/// Returns what a text that was read as Windows-1252 is: UTF-8, if it can be.
fn reread(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    decode(&WINDOWS_1252.encode(text).0).into_owned()
}

impl Rows for Stata {
    fn next(&mut self, row: &mut Row) -> Result<Option<u64>, Fault> {
        let (records, kinds, long) = (&mut self.records, &self.kinds, &self.long);
        let line = self.done + 2;
        let read = guarded(|| {
            let Some(record) = records.read_lazy_record().map_err(fault)? else {
                return Ok(false);
            };
            for (column, &kind) in kinds.iter().enumerate() {
                let value = record.value(column).map_err(fault)?;
                push(&value, kind, long, row).map_err(|_| Fault::Cell {
                    line,
                    column,
                    found: format!("{value:?}"),
                    expected: "a number, or a date of the years 1 to 9999",
                })?;
            }
            Ok(true)
        })?;
        self.done += u64::from(read);
        Ok(read.then_some(line))
    }

    fn bytes(&self) -> u64 {
        self.size * self.done / self.count.max(1)
    }
}

fn push(
    value: &Value,
    kind: Option<TemporalKind>,
    long: &LongStrings,
    row: &mut Row,
) -> Result<(), NoText> {
    let whole = match value {
        Value::Byte(value) => value.present().map(i64::from),
        Value::Int(value) => value.present().map(i64::from),
        Value::Long(value) => value.present().map(i64::from),
        Value::Float(value) => match (value.present(), kind) {
            (Some(value), None) => return row.push_single(value),
            (value, _) => value.map(|value| value.floor() as i64),
        },
        Value::Double(value) => match (value.present(), kind) {
            (Some(value), None) => return row.push_number(value),
            (value, _) => value.map(|value| value.floor() as i64),
        },
        Value::String(text) => {
            row.push_text(&reread(text));
            return Ok(());
        }
        Value::LongStringRef(reference) => {
            match long.get(&(reference.variable(), reference.observation())) {
                Some(text) => row.push_bytes(text),
                None => row.push_missing(),
            }
            return Ok(());
        }
    };
    match (whole, kind) {
        (None, _) => row.push_missing(),
        (Some(days), Some(TemporalKind::Date)) => row.push_date(days + EPOCH)?,
        (Some(milliseconds), Some(TemporalKind::DateTime)) => {
            row.push_moment(milliseconds.div_euclid(1_000) + EPOCH * 86_400)?;
        }
        (Some(value), Some(kind)) => push_period(value, kind, row)?,
        (Some(value), None) => row.push_whole(value),
    }
    Ok(())
}

/// Adds a period. A month is `2021-05`, as klero writes it; the others are as Stata writes them,
/// whose weeks begin on 1 January and are not ISO weeks.
fn push_period(value: i64, kind: TemporalKind, row: &mut Row) -> Result<(), NoText> {
    let value = i32::try_from(value).map_err(|_| NoText);
    let text = match kind {
        TemporalKind::Month => {
            let (year, month) = tm_months_to_year_month(value?);
            format!("{year:04}-{month:02}")
        }
        TemporalKind::Week => {
            let (year, week) = tw_weeks_to_year_week(value?);
            format!("{year}w{week}")
        }
        TemporalKind::Quarter => {
            let (year, quarter) = tq_quarters_to_year_quarter(value?);
            format!("{year}q{quarter}")
        }
        TemporalKind::HalfYear => {
            let (year, half) = th_halves_to_year_half(value?);
            format!("{year}h{half}")
        }
        _ => value?.to_string(),
    };
    row.push_text(&text);
    Ok(())
}
