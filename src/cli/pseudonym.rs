use std::collections::HashMap;
use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use klero::ledger::{PseudonymKey, has_cpr_shape};
use klero::table::Table;
use serde_json::json;

use super::failure::refused;
use super::seal::{warn_of_rights, write_secret};
use super::study::{AlreadyThere, read_digits, write_file};
use super::{Answer, Surroundings};

/// Ids come by a file or by stdin, never as arguments, which other users of a machine can see.
#[derive(Args)]
pub struct Pseudonym {
    /// File with the key
    #[arg(long, value_name = "FILE", default_value = "pseudonym.key")]
    key: PathBuf,
    /// Make a new key in that file, which on Unix only its owner can read
    #[arg(long, conflicts_with_all = ["list", "column", "out"])]
    make_key: bool,
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
        let digits = read_digits(&self.key).map_err(|error| {
            error.context("a key for pseudonyms is made by `klero pseudonym --make-key`")
        })?;
        let key = PseudonymKey::read(&digits).ok_or_else(|| {
            refused(
                format!("`{}` holds no key", self.key.display()),
                "a key is 64 lower-case hexadecimal digits: `klero pseudonym --make-key`",
            )
        })?;
        match (&self.list, &self.out) {
            (Some(list), Some(out)) => {
                let rows = replace(list, &self.column, out, self.force, &key)?;
                if around.console.json {
                    let out = out.display().to_string();
                    around.console.object(&json!({"rows": rows, "file": out}))?;
                }
                around
                    .console
                    .say(format!("wrote {rows} rows to {}", out.display()));
            }
            _ => from_stdin(&key, around)?,
        }
        Ok(Answer::Yes)
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

fn from_stdin(key: &PseudonymKey, around: &Surroundings) -> anyhow::Result<()> {
    if around.console.can_ask() {
        around.console.say("ids, one a line; an empty line ends");
    }
    let mut pseudonyms = Vec::new();
    for (number, line) in stdin().lock().lines().enumerate() {
        let line = line.context("cannot read stdin")?;
        if line.trim().is_empty() {
            if around.console.can_ask() {
                break;
            }
            return Err(refused(
                format!("an empty id\n  in stdin, line {}", number + 1),
                "ids come one a line, without empty lines between them",
            ));
        }
        if lacks_zero(&line) {
            return Err(refused(
                format!(
                    "an id may have lost its leading zero\n  in stdin, line {}",
                    number + 1
                ),
                "write CPR numbers with all ten digits; the others before it were answered",
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

/// Returns whether an id would be a CPR number with a zero before it, as spreadsheets lose it.
fn lacks_zero(id: &str) -> bool {
    has_cpr_shape(&format!("0{}", id.trim())) && !has_cpr_shape(id)
}

/// Writes the table with pseudonyms in the place of ids, and returns the number of rows.
fn replace(
    list: &Path,
    column: &str,
    out: &Path,
    force: bool,
    key: &PseudonymKey,
) -> anyhow::Result<usize> {
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
        if lacks_zero(id) {
            let what = "the id may have lost its leading zero";
            let hint = "write CPR numbers with all ten digits; nothing was written";
            return Err(wrong(row.line, column, what, hint));
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
    write_file(out, &bytes, force)?;
    Ok(table.rows.len())
}
