//! The words of a failure: what happened and where comes from the library, what to do from here.

use std::io;

use klero::estimate::{EstimateError, PlannedError};
use klero::ledger::{DrawError, FaultKind, LedgerError, RecordError, ReferralError};
use klero::outcome::OutcomeError;
use klero::protocol::Needs;
use klero::register::RegisterError;
use klero::results::ResultsError;
use klero::sample::SampleError;
use klero::table::TableError;

use super::console::{NobodyToAsk, NotConfirmed};
use super::study::{AlreadyThere, Overwriting, StudyError};

/// The plan in the folder contradicts the ledger.
#[derive(Debug, thiserror::Error)]
#[error("study.toml changes {part}, which was sealed")]
pub struct SealedPartChanged {
    pub part: String,
}

/// Something that was asked for cannot be, in words.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Refused {
    pub what: String,
    pub hint: String,
}

/// Returns an error with words of its own.
pub fn refused(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Refused {
        what: what.into(),
        hint: hint.into(),
    }
    .into()
}

/// Returns whether the reader of our output has gone away.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Returns the message of a failure: `error:`, where, and `hint:` where there is one.
pub fn explain(error: &anyhow::Error) -> String {
    let causes: Vec<String> = error.chain().map(|cause| cause.to_string()).collect();
    let mut message = format!("error: {}", causes[0]);
    // A library error's text holds its cause already; a context added here does not.
    for cause in &causes[1..] {
        if !message.contains(cause.as_str()) {
            message += &format!(": {cause}");
        }
    }
    if let Some(hint) = hint(error) {
        message += &format!("\nhint: {hint}");
    }
    message
}

fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        None.or_else(|| cause.downcast_ref().and_then(of_ledger))
            .or_else(|| cause.downcast_ref().and_then(of_draw))
            .or_else(|| cause.downcast_ref().and_then(of_record))
            .or_else(|| cause.downcast_ref().and_then(of_referral))
            .or_else(|| cause.downcast_ref().and_then(of_table))
            .or_else(|| cause.downcast_ref().and_then(of_study))
            .or_else(|| cause.downcast_ref().and_then(of_register))
            .or_else(|| cause.downcast_ref().and_then(of_outcome))
            .or_else(|| cause.downcast_ref().and_then(of_sample))
            .or_else(|| cause.downcast_ref().and_then(of_estimate))
            .or_else(|| cause.downcast_ref().and_then(of_planned))
            .or_else(|| cause.downcast_ref().and_then(of_results))
            .or_else(|| cause.downcast_ref().map(|r: &Refused| r.hint.clone()))
            .or_else(|| {
                cause.downcast_ref().map(|nobody: &NobodyToAsk| {
                    format!("give it on the command line: `{}`", nobody.instead)
                })
            })
            .or_else(|| {
                cause
                    .downcast_ref()
                    .map(|_: &NotConfirmed| "the id stands in study.toml, under [study]".to_owned())
            })
            .or_else(|| {
                cause.downcast_ref().map(|there: &AlreadyThere| {
                    match there.way {
                        Overwriting::ByForce => {
                            "choose another name, move it away, or overwrite it with `--force`"
                        }
                        Overwriting::Never => {
                            "choose another name, or move it away: it is not overwritten"
                        }
                    }
                    .to_owned()
                })
            })
            .or_else(|| {
                cause.downcast_ref().map(|_: &SealedPartChanged| {
                    "put the sealed text back: it stands in the first line of the ledger".to_owned()
                })
            })
    })
}

fn of_ledger(error: &LedgerError) -> Option<String> {
    let hint = match error {
        LedgerError::Missing { .. } => "a plan gets its ledger by `klero seal`",
        LedgerError::Torn { .. } => {
            "`klero repair` moves the torn part aside; drawing again then gives the same arms"
        }
        LedgerError::Empty { .. } => {
            "its seal was cut short: `klero repair` takes it away, then `klero seal`"
        }
        LedgerError::LeftOver { .. } => {
            "no arm was shown; `klero audit` names what is torn, and `klero repair` moves it aside"
        }
        LedgerError::Resaved { resaved, .. } => {
            return Some(format!(
                "{} brings it back; `klero audit` checks it",
                resaved.remedy()
            ));
        }
        LedgerError::Broken { .. } => {
            "`klero audit` lists everything that does not hold; nothing is written to such a ledger"
        }
        LedgerError::Exists { .. } => {
            "this study was sealed before; a new trial needs a folder of its own"
        }
        LedgerError::Held { .. } => {
            "try again; if no other klero runs, a program on another machine holds the file"
        }
        LedgerError::ClockSetBack { .. } => "set the clock right; the ledger's times never go back",
        LedgerError::Io { .. } => {
            "look at the disk's space and the folder's permissions; the ledger is as it was"
        }
        LedgerError::Protocol { .. } => {
            "the plan in the ledger was sealed by another version, or changed"
        }
    };
    Some(hint.to_owned())
}

fn of_draw(error: &DrawError) -> Option<String> {
    let hint = match error {
        DrawError::Ledger(error) => return of_ledger(error),
        DrawError::OneArm => {
            "give the days on which its people started: `klero outcomes --dates FILE`"
        }
        DrawError::Unsealed { .. } => "a new trial needs a plan and a seed of its own",
        DrawError::BeaconAwaited { .. } => {
            "when it is known, record it: `klero beacon VALUE`; then draw"
        }
        DrawError::WrongSeed | DrawError::NoSeed => "give the seed's file: `--seed FILE`",
        DrawError::NoComingSlots { .. } => {
            "a list of coming slots needs simple, permuted-blocks, block-urn, biased-coin or big-stick"
        }
        DrawError::WholeLists => {
            "`klero draw --list FILE`; for one at a time seal another procedure"
        }
        DrawError::OtherFacts { .. } => {
            "give the facts as the ledger has them now; nobody is drawn again, and nothing was drawn"
        }
        DrawError::ClusterFacts { .. } => {
            "facts of a cluster are the same for its members; nothing was drawn"
        }
        DrawError::Counts { .. } => {
            "the counts of the plan are for one list of exactly that size; nothing was drawn"
        }
        DrawError::Alike { .. } => {
            "one person keeps one id: `klero draw --referral ID` with the known id gives the arm again; \
             other persons are drawn with `--distinct`; nothing was drawn"
        }
        DrawError::Inconsistent { .. } => {
            "`klero audit` says what does not hold; nothing was drawn"
        }
    };
    Some(hint.to_owned())
}

fn of_record(error: &RecordError) -> Option<String> {
    let hint = match error {
        RecordError::NotDrawn { nearest, .. }
        | RecordError::NoFactor { nearest, .. }
        | RecordError::NoValue { nearest, .. } => match nearest {
            Some(nearest) => return Some(format!("did you mean `{nearest}`?")),
            None => "nothing was recorded",
        },
        RecordError::Cpr { .. } => {
            "national numbers do not belong in a ledger; `klero pseudonym` makes ids from them"
        }
        RecordError::IsCluster { .. } => "name a member of it: a record is about a person",
        RecordError::WasRefused { .. } => "whoever was not drawn has nothing to withdraw from",
        RecordError::NoReason => "`--reason TEXT` says why, for whoever reads the ledger later",
        RecordError::Already { .. } | RecordError::SameValue { .. } => "nothing was recorded",
        RecordError::NotRecorded { .. } => {
            "in a trial of clusters only facts about the cluster are in the ledger"
        }
        RecordError::SamePlan => "change study.toml first, then record the amendment",
        RecordError::FixedPart { .. } => {
            "what a draw rests on cannot be amended; a new trial needs a plan of its own"
        }
        RecordError::Protocol(_) => "`docs/study-file.md` shows every key",
    };
    Some(hint.to_owned())
}

fn of_referral(error: &ReferralError) -> Option<String> {
    let hint = match error {
        ReferralError::Table(error) => return of_table(error),
        ReferralError::NoFactor { nearest, .. } => match nearest {
            Some(nearest) => {
                return Some(format!(
                    "rename column `{nearest}` if it is meant; nothing was drawn"
                ));
            }
            None => "the list needs a column for each factor of the plan; nothing was drawn",
        },
        ReferralError::NoReferrals { .. } => "the list has a header and no rows; nothing was drawn",
        ReferralError::Faults { faults, .. }
            if faults.iter().any(|fault| fault.kind == FaultKind::Cpr) =>
        {
            "`klero pseudonym` makes ids from national numbers, which do not belong in a ledger; mend \
             these and draw again; nothing was drawn"
        }
        ReferralError::Faults { .. } => "mend these and draw again; nothing was drawn",
    };
    Some(hint.to_owned())
}

fn of_table(error: &TableError) -> Option<String> {
    match error {
        TableError::NoColumn {
            nearest: Some(nearest),
            ..
        } => Some(format!("did you mean `{nearest}`?")),
        TableError::Utf16 { .. } => Some("save the file as `CSV UTF-8`".to_owned()),
        TableError::QuoteInside { .. } | TableError::OverLines { .. } => {
            Some("a quote that opens nothing is written twice, inside quotes".to_owned())
        }
        TableError::Ragged { .. } => {
            Some("a separator may be missing, or stand inside a text without quotes".to_owned())
        }
        _ => None,
    }
}

fn of_study(error: &StudyError) -> Option<String> {
    let hint = match error {
        StudyError::NoStudy { .. } | StudyError::NotAStudy { .. } => {
            "go to the study's folder, name it with `--study DIR`, or begin one: `klero new DIR`"
        }
        StudyError::Protocol { .. } => "`docs/study-file.md` shows every key",
        StudyError::NoSeed { .. } => {
            "whoever keeps the seed gives its file: `--seed FILE`; without it nothing is drawn"
        }
        StudyError::NoFile {
            nearest: Some(nearest),
            ..
        } => return Some(format!("did you mean `{}`?", nearest.display())),
        StudyError::NoFile { .. } => "look for it with `ls`; a path starts from the current folder",
        StudyError::NotASeed { .. } => "the file must hold the seed as `klero seal` wrote it",
        StudyError::NotUtf8 { .. } => "save the file as UTF-8",
        StudyError::Io { .. } => return None,
    };
    Some(hint.to_owned())
}

fn of_register(error: &RegisterError) -> Option<String> {
    let hint = match error {
        RegisterError::UnknownCodes { .. } => {
            "`klero codes` lists what is known; mend the file: nothing of this register was written"
        }
        RegisterError::TwoRows { .. } => {
            "a person has one row in a wide file; find out which is right: nothing of this \
             register was written"
        }
        RegisterError::NoColumn {
            nearest: Some(nearest),
            ..
        } => return Some(format!("did you mean `{nearest}`?")),
        RegisterError::NoColumn {
            role: "value" | "baseline",
            ..
        } => "`column`, `baseline` and `key` of the outcome say what its table calls them",
        RegisterError::NoColumn { role: "key", .. } => "`key` says what the column is called here",
        RegisterError::NoColumn {
            role: "referral" | "date",
            ..
        } => "a table of dates has the columns `referral` and `date`",
        RegisterError::NoColumn {
            role: "code" | "state of a code",
            ..
        } => "a table of codes has `code` and `state`, and perhaps `label`, `from` and `to`",
        RegisterError::NoColumn { .. } => {
            "`[register.NAME.columns]` in the plan says what a column is called here"
        }
        RegisterError::NotIngested { .. } => {
            "`klero ingest` reads the register, `klero outcomes` makes the outcomes"
        }
        RegisterError::NoKey {
            nearest: Some(nearest),
            ..
        } => return Some(format!("did you mean `{nearest}`?")),
        RegisterError::NoCodes { .. } => {
            "a column named like a week must hold codes: look at the file's columns"
        }
        RegisterError::QuoteInside { .. } => {
            "a quote may open a cell that is not closed, and swallow rows: a quote inside a cell \
             is doubled, and the cell stands in quotes"
        }
        RegisterError::OtherFormat { .. } => {
            "unpack it, or give it the ending of its format: `.parquet`, `.sas7bdat`, `.dta`, `.xlsx`"
        }
        RegisterError::NoHeader { .. } => "the first line names the columns",
        RegisterError::Overlap { .. } => {
            "keep one of the two files in the plan, or say in `[register.NAME]` which counts there: \
             `wins = \"FILE\"`"
        }
        RegisterError::Ragged { .. }
        | RegisterError::HeaderOnly { .. }
        | RegisterError::NotWhole { .. }
        | RegisterError::Endless { .. } => {
            "the file may be torn: compare its size with what was delivered"
        }
        RegisterError::Utf16 { .. } => "save the file as `CSV UTF-8`",
        RegisterError::Several { first, .. } => return first.first().and_then(of_register),
        RegisterError::Gap { .. } => {
            "ask for the missing columns: empty ones would say that nobody had a benefit, or a wage"
        }
        RegisterError::WeeksBetween { .. } => {
            "ask for the missing weeks; where there are none, the later file is a register of its own"
        }
        RegisterError::WrongCell {
            expected: "number of hours",
            ..
        } => {
            "hours are digits with at most one comma or point, such as 148,33; nothing of this \
             register was written"
        }
        RegisterError::WrongCell {
            expected: "number" | "1 or 0",
            ..
        } => "leave the cell empty (or `.` or `NA`) where the value is missing",
        RegisterError::EmptyKey { .. } => {
            "every row has a person's id: mend it, or leave the row out"
        }
        RegisterError::Store { .. } => "`klero ingest` writes it anew",
        RegisterError::ReadOtherwise { .. } => {
            "`klero ingest` reads it as the plan has it, then `klero outcomes`"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

fn of_outcome(error: &OutcomeError) -> Option<String> {
    let hint = match error {
        OutcomeError::Register(error) => return of_register(error),
        OutcomeError::UnknownCode { .. } => "`klero codes` lists the codes",
        OutcomeError::IngestedBefore => {
            "`klero ingest` takes in everybody in the files, with `--drawn` those drawn by now"
        }
        OutcomeError::Nobody => "draw first, or give dates: `klero outcomes --dates FILE`",
        OutcomeError::TwoDates => "a referral has one date",
        OutcomeError::TooManySets => "let outcomes share sets of states under [states]",
    };
    Some(hint.to_owned())
}

fn of_sample(error: &SampleError) -> Option<String> {
    let hint = match error {
        SampleError::Register(error) => return of_register(error),
        SampleError::Table(error) => return of_table(error),
        SampleError::Stale { .. } | SampleError::Lacking { .. } | SampleError::NotDrawn { .. } => {
            "make them anew: `klero outcomes`"
        }
        SampleError::NotOutcomes { .. } => "`klero outcomes` writes such a file",
        SampleError::UnknownArm {
            nearest: Some(nearest),
            ..
        } => return Some(format!("did you mean `{nearest}`?")),
        SampleError::Cell {
            expected: "number", ..
        } => "a number, 1 and 0, or empty (also `.` and `NA`) where it is missing",
        SampleError::Empty { what: "arm", .. } => "everybody in the table was drawn into an arm",
        SampleError::Empty { what: "level", .. } => "a subgroup is known for everybody",
        SampleError::Empty { .. } => "the draw was made with it, so it is known for everybody",
        SampleError::ManyArms { .. } => "is it the column of the arms?",
        SampleError::OneArm { .. } => "an effect needs two arms",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn of_results(error: &ResultsError) -> Option<String> {
    match error {
        ResultsError::Estimate(error) => of_estimate(error),
        ResultsError::Register(error) => of_register(error),
        ResultsError::Outcome(error) => of_outcome(error),
        ResultsError::NoDay { .. } => {
            Some("give `--dates` the table that the outcomes were made with".to_owned())
        }
    }
}

fn of_planned(error: &PlannedError) -> Option<String> {
    let hint = match error {
        PlannedError::Sample(error) => return of_sample(error),
        PlannedError::Estimate(error) => return of_estimate(error),
        PlannedError::Unknown {
            nearest: Some(near),
            ..
        } => return Some(format!("did you mean `{near}`?")),
        PlannedError::Unknown {
            known_as, known, ..
        } => {
            let known = known.iter().map(String::as_str);
            return Some(format!("{known_as} {}", klero::spelling::listed(known)));
        }
        PlannedError::NoEstimates => "`[[estimate]]` in study.toml, or `--outcome ID`",
        PlannedError::OneArm { .. } => {
            "`share` is of an outcome of 1 and 0 (a `value` with `yes_no = true`), `change` of a \
             `value` with `baseline`"
        }
        PlannedError::NotYesNo { .. } => "`--only` looks at those with a 1 in it",
        PlannedError::NoPairs { .. } => "`reference`, `all-pairs`, or pairs such as a:c,b:c",
        PlannedError::Itself { .. } => "two arms",
    };
    Some(hint.to_owned())
}

fn of_estimate(error: &EstimateError) -> Option<String> {
    let hint = match error {
        EstimateError::Unit { method, .. } => match method.needs() {
            Needs::YesNo => "`difference-in-means` is for numbers, `rmst` for times",
            Needs::Time => "`--time COLUMN --event COLUMN`, or an outcome `time-to` in the plan",
            Needs::Number => "`rmst`, `log-rank` and `cox` are for times to an event",
        },
        EstimateError::Interval { method, .. } => {
            let names = method.intervals().iter().map(|interval| interval.name());
            return Some(match names.len() {
                0 => format!("`{method}` is a test alone"),
                _ => format!("`{method}` has {}", klero::spelling::listed(names)),
            });
        }
        EstimateError::OneArm { .. } => "with one arm, `share` compares with a target",
        EstimateError::Design { instead, .. } => {
            return Some(format!(
                "{instead}; `--sensitivity` analyses it as if it were not, and marks the rows"
            ));
        }
        EstimateError::Lacks { hint, .. } => hint,
        EstimateError::Weights { .. } => "`ols` and `lin` count persons by their weights",
        EstimateError::NoClusters { .. } => "`hc2` is for draws of persons",
        EstimateError::Method { .. } => return None,
    };
    Some(hint.to_owned())
}
