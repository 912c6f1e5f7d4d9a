use std::collections::HashMap;
use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use klero::ledger::{PseudonymKey, cpr_fault, has_cpr_shape};
use klero::report::number::count;
use klero::table::Table;
use serde_json::json;

use super::failure::refused;
use super::seal::{warn_of_rights, write_secret};
use super::study::{AlreadyThere, read_digits, write_file};
use super::{Answer, Surroundings};

/// What to do about a CPR number with a fault.
const ALL_DIGITS: &str =
    "write CPR numbers with all ten digits, or say by `--any-id` that these ids are none";

/// Ids come by a file or by stdin, never as arguments, which other users of a machine can see.
#[derive(Args)]
pub struct Pseudonym {
    /// File with the key
    #[arg(long, value_name = "FILE", default_value = "pseudonym.key")]
    key: PathBuf,
    /// Make a new key in that file, which on Unix only its owner can read
    #[arg(long, conflicts_with_all = ["list", "column", "out"])]
    make_key: bool,
    /// Take ids that look like CPR numbers with a fault too: they are something else
    #[arg(long, conflicts_with = "make_key")]
    any_id: bool,
    /// Replace a column of this table; else ids are read from stdin, one a line
    #[arg(long, value_name = "FILE", requires = "out")]
    list: Option<PathBuf>,
    /// The column with the ids; it is called `id` afterwards
    #[arg(long, value_name = "COLUMN", default_value = "id", requires = "list")]
    column: String,
    /// Write the table here, as CSV
    #[arg(long, value_name = "FILE", requires = "list")]
    out: Option<PathBuf>,
    /// Overwrite the table
    #[arg(long, requires = "out")]
    force: bool,
}

impl Pseudonym {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        if self.make_key {
            return make_key(&self.key, around);
        }
        if !self.key.exists() {
            return Err(refused(
                format!("no key at `{}`", self.key.display()),
                "`klero pseudonym --make-key` makes one; another one stands under `--key FILE`",
            ));
        }
        let digits = read_digits(&self.key)?;
        let key = PseudonymKey::read(&digits).ok_or_else(|| {
            refused(
                format!("`{}` holds no key", self.key.display()),
                "a key is 64 lower-case hexadecimal digits: `klero pseudonym --make-key`",
            )
        })?;
        match (&self.list, &self.out) {
            (Some(list), Some(out)) => {
                let rows = self.replace(list, out, &key)?;
                if around.console.json {
                    let out = out.display().to_string();
                    around.console.object(&json!({"rows": rows, "file": out}))?;
                }
                let rows = count(rows as u64, "row", "rows");
                around
                    .console
                    .say(format!("wrote {rows} to {}", out.display()));
            }
            _ => self.of_stdin(&key, around)?,
        }
        Ok(Answer::Yes)
    }

    fn of_stdin(&self, key: &PseudonymKey, around: &Surroundings) -> anyhow::Result<()> {
        if around.console.can_ask() {
            around.console.say("ids, one a line; an empty line ends");
        }
        let mut pseudonyms = Vec::new();
        let mut empty = None;
        for (number, line) in (1..).zip(stdin().lock().lines()) {
            let line = line.context("cannot read stdin")?;
            if line.trim().is_empty() {
                if around.console.can_ask() {
                    break;
                }
                empty = empty.or(Some(number));
                continue;
            }
            // Empty lines at the end mean nothing; one before an id would move the answers.
            if let Some(empty) = empty {
                return Err(refused(
                    format!("an empty id\n  in stdin, line {empty}"),
                    "ids come one a line, without empty lines between them; those before it were answered",
                ));
            }
            if let Some(fault) = cpr_fault(&line).filter(|_| !self.any_id) {
                return Err(refused(
                    format!("{fault}\n  in stdin, line {number}"),
                    format!("{ALL_DIGITS}; the ids before it were answered"),
                ));
            }
            let pseudonym = key.pseudonym(&line);
            if !around.console.json {
                around.console.data(&format!("{pseudonym}\n"))?;
            }
            pseudonyms.push(pseudonym);
        }
        if around.console.json {
            around.console.object(&json!({"pseudonyms": pseudonyms}))?;
        }
        Ok(())
    }

    /// Writes the table with pseudonyms in the place of ids, and returns the number of rows.
    fn replace(&self, list: &Path, out: &Path, key: &PseudonymKey) -> anyhow::Result<usize> {
        let column = self.column.as_str();
        let table = Table::read(list)?;
        let ids = table.column(column)?;
        let wrong = |line: u64, column: &str, what: &str, hint: &str| {
            let what = format!(
                "{what}\n  in {}, line {line}, column {column}",
                list.display()
            );
            refused(what, hint)
        };
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(table.header.iter().enumerate().map(|(index, name)| {
            if index == ids { "id" } else { name.as_str() }
        }))?;
        let mut first_lines: HashMap<String, u64> = HashMap::new();
        for row in &table.rows {
            let id = &row.cells[ids];
            if id.is_empty() {
                return Err(wrong(
                    row.line,
                    column,
                    "the id is empty",
                    "nothing was written",
                ));
            }
            if let Some(fault) = cpr_fault(id).filter(|_| !self.any_id) {
                let hint = format!("{ALL_DIGITS}; nothing was written");
                return Err(wrong(row.line, column, &fault.to_string(), &hint));
            }
            let pseudonym = key.pseudonym(id);
            if let Some(first) = first_lines.insert(pseudonym.clone(), row.line) {
                let what = format!("one person stands twice, here and on line {first}");
                return Err(wrong(row.line, column, &what, "nothing was written"));
            }
            for (index, cell) in row.cells.iter().enumerate() {
                if index != ids && has_cpr_shape(cell) {
                    return Err(wrong(
                        row.line,
                        &table.header[index],
                        "a cell has the shape of a CPR number",
                        "take the column out of the list; nothing was written",
                    ));
                }
            }
            csv.write_record(
                row.cells.iter().enumerate().map(
                    |(index, cell)| {
                        if index == ids { &pseudonym } else { cell }
                    },
                ),
            )?;
        }
        let bytes = csv.into_inner().map_err(|error| error.into_error())?;
        write_file(out, &bytes, self.force)?;
        Ok(table.rows.len())
    }
}

fn make_key(path: &Path, around: &Surroundings) -> anyhow::Result<Answer> {
    if path.exists() {
        return Err(AlreadyThere::kept(path).into());
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| refused(format!("no randomness: {error}"), "try again"))?;
    let key = PseudonymKey::from_bytes(bytes);
    write_secret(path, format!("{}\n", key.reveal()).as_bytes())
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    if around.console.json {
        let key = path.display().to_string();
        around.console.object(&json!({"key": key}))?;
    }
    around.console.say(format!(
        "made the key: {}. Whoever has it can find out who is behind a pseudonym; without it no \
         more pseudonyms of these people can be made. Keep it apart from the seed and the ledger.",
        path.display()
    ));
    warn_of_rights(path, around);
    Ok(Answer::Yes)
}
