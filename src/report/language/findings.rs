//! What an audit says, in the language of the screen.
//!
//! An audit speaks in English sentences, which its machine form holds. Here each of them stands
//! beside its Danish form, with `{slot}` for what varies. Promises: every sentence of `audit` has a
//! pair (a test reads the source for them), and what varies (ids, numbers of entries, names of the
//! plan) stands as it does in the ledger. What a plan in the ledger is wrong in is said in English,
//! as every fault of a plan is.

use super::Locale;
use super::notes::find;
use crate::protocol::Language;

/// A sentence, or a part that stands inside one: English as `audit` writes it, then Danish.
pub const FINDINGS: &[(&str, &str)] = &[
    // The form of lines, and the chain.
    ("the line is not UTF-8", "linjen er ikke UTF-8"),
    (
        "the line is no entry: {name}",
        "linjen er ingen indførsel: {name}",
    ),
    (
        "an entry of type `{name}` with the wrong keys",
        "en indførsel af typen »{name}« med forkerte nøgler",
    ),
    (
        "`{name}` is no type of entry",
        "»{name}« er ingen type indførsel",
    ),
    (
        "the seed of the entry is no seed",
        "indførslens frø er intet frø",
    ),
    (
        "the line is not in its canonical form: from byte {number} on it would be written otherwise",
        "linjen er ikke i sin kanoniske form: fra byte {number} ville den være skrevet anderledes",
    ),
    (
        "entry {number} where entry {number2} follows",
        "indførsel {number}, hvor indførsel {number2} følger",
    ),
    (
        "`prev` is not the digest of the line before: the chain is broken",
        "»prev« er ikke fingeraftrykket af linjen før: kæden er brudt",
    ),
    (
        "the time {name} is earlier than the entry before, {name2}",
        "tiden {name} er tidligere end indførslen før, {name2}",
    ),
    (
        "the first entry is no seal",
        "den første indførsel er ingen forsegling",
    ),
    (
        "the last line has no end: a write was cut short",
        "den sidste linje har ingen ende: en skrivning blev afbrudt",
    ),
    (
        "the ledger has no entry",
        "lodtrækningsbogen har ingen indførsel",
    ),
    (
        "another program saved the file anew: {what}; the lines are judged without that, and {what2} brings the file back",
        "et andet program har gemt filen på ny: {what}; linjerne er bedømt uden det, og {what2} bringer filen tilbage",
    ),
    (
        "it begins with a byte order mark",
        "den begynder med et byte order mark",
    ),
    (
        "it begins with a byte order mark, and {what}",
        "den begynder med et byte order mark, og {what}",
    ),
    ("1 line ends in CR LF", "1 linje ender på CR LF"),
    (
        "{number} lines end in CR LF",
        "{number} linjer ender på CR LF",
    ),
    (
        "a copy from before that, or `{name}`,",
        "en kopi fra før det eller »{name}«",
    ),
    // The seal, the plan and the seed.
    (
        "sealed as `{name}` and `{name2}`, expected `{name3}` and `{name4}`",
        "forseglet som »{name}« og »{name2}«, ventet »{name3}« og »{name4}«",
    ),
    (
        "the seal is for study `{name}`, its plan for `{name2}`",
        "forseglingen gælder forsøget »{name}«, dens plan »{name2}«",
    ),
    ("a second seal", "endnu en forsegling"),
    (
        "the seed is not the one committed to: no arm was derived again",
        "frøet er ikke det, der blev bundet til: ingen gruppe er beregnet igen",
    ),
    (
        "the seed revealed here is not the one committed to",
        "frøet, der afsløres her, er ikke det, der blev bundet til",
    ),
    ("a second unsealing", "endnu en afsløring af frøet"),
    (
        "a {what} after the seed was revealed",
        "en indførsel »{what}«, efter at frøet blev afsløret",
    ),
    (
        "the amendment changes {name}, which was sealed",
        "ændringen af planen rører ved {name}, som var forseglet",
    ),
    // Public randomness.
    (
        "a beacon, and the seal names no rule for one",
        "en offentlig tilfældighed, og forseglingen nævner ingen regel for den",
    ),
    ("a second beacon", "endnu en offentlig tilfældighed"),
    (
        "the beacon comes after draws",
        "den offentlige tilfældighed kommer efter lodtrækninger",
    ),
    (
        "a draw before the beacon's value is there",
        "en lodtrækning, før værdien af den offentlige tilfældighed er der",
    ),
    // Lists.
    (
        "a batch, and the plan does not draw whole lists",
        "en liste, og planen trækker ikke hele lister",
    ),
    ("a batch of nobody", "en liste uden nogen"),
    (
        "batch {number} where batch {number2} follows",
        "liste {number}, hvor liste {number2} følger",
    ),
    (
        "a draw outside its batch",
        "en lodtrækning uden for sin liste",
    ),
    (
        "a draw with a batch, and the plan draws no lists",
        "en lodtrækning i en liste, og planen trækker ingen lister",
    ),
    (
        "a batch of {number} with {number2} draws",
        "en liste på {number} med {number2} lodtrækninger",
    ),
    (
        "the roster's digest is not that of the list's ids",
        "fingeraftrykket i indførslen er ikke det af listens id’er",
    ),
    (
        "slot {number} where slot {number2} follows by id",
        "plads {number}, hvor plads {number2} følger i rækkefølge efter id",
    ),
    (
        "the list's size is not the sum of the plan's counts",
        "listens størrelse er ikke summen af planens antal",
    ),
    // Draws.
    (
        "`{name}` is drawn a second time",
        "»{name}« er trukket endnu en gang",
    ),
    (
        "the id has the shape of a CPR number",
        "id’et har form som et CPR-nummer",
    ),
    (
        "a draw, and the plan draws nobody",
        "en lodtrækning, og planen trækker ingen",
    ),
    (
        "`{name}` is no arm of the plan",
        "»{name}« er ingen gruppe i planen",
    ),
    (
        "levels of {name}, expected {name2}",
        "værdier af {name}, ventet {name2}",
    ),
    (
        "a value of the wrong kind for `{name}`",
        "en værdi af forkert slags for »{name}«",
    ),
    (
        "`{name}` for `{name2}`, expected {what}",
        "»{name}« for »{name2}«, ventet {what}",
    ),
    (
        "a whole number from {number} to {number2}",
        "et helt tal fra {number} til {number2}",
    ),
    ("a name", "et navn"),
    (
        "stratum `{name}`, and the levels are of `{name2}`",
        "stratum »{name}«, og værdierne hører til »{name2}«",
    ),
    (
        "cluster `{name}`, and the levels name another",
        "klynge »{name}«, og værdierne nævner en anden",
    ),
    ("drawn, though not `{name}`", "trukket, skønt ikke »{name}«"),
    (
        "slot {number} where slot {number2} of its stratum follows",
        "plads {number}, hvor plads {number2} i dens stratum følger",
    ),
    (
        "arm `{name}`, and the draw gives `{name2}`",
        "gruppe »{name}«, og lodtrækningen giver »{name2}«",
    ),
    // Members of clusters.
    (
        "`{name}` is a member a second time",
        "»{name}« er medlem endnu en gang",
    ),
    (
        "a member, and the plan draws no clusters",
        "et medlem, og planen trækker ingen klynger",
    ),
    (
        "cluster `{name}` was not drawn",
        "klyngen »{name}« er ikke trukket",
    ),
    (
        "arm `{name}`, and its cluster has `{name2}`",
        "gruppe »{name}«, og dens klynge har »{name2}«",
    ),
    // Refusals, and what happened afterwards.
    (
        "`{name}` is refused a second time for one rule",
        "»{name}« er afvist endnu en gang efter samme regel",
    ),
    (
        "`{name}` is refused after its draw",
        "»{name}« er afvist efter sin lodtrækning",
    ),
    (
        "refused for `{name}`, which is no rule of the plan",
        "afvist efter »{name}«, som ingen regel er i planen",
    ),
    (
        "{what} of `{name}`, who was not drawn",
        "{what} for »{name}«, som ikke er trukket",
    ),
    (
        "a second {what} of `{name}`",
        "endnu en {what} for »{name}«",
    ),
    ("withdraw", "tilbagetrækning"),
    ("exclude", "udeladelse"),
    ("correct", "rettelse"),
    (
        "`{name}` is no factor of the plan",
        "»{name}« er ingen oplysning i planen",
    ),
    (
        "corrected to `{name}`, which is no level",
        "rettet til »{name}«, som ingen værdi er",
    ),
    (
        "corrected from `{name}`, and `{name2}` was recorded",
        "rettet fra »{name}«, og »{name2}« var noteret",
    ),
    // Heads that somebody kept.
    (
        "{what} is no head of this ledger: it was cut or written anew",
        "{what} er intet hoved af denne lodtrækningsbog: den er skåret af eller skrevet på ny",
    ),
    ("the kept head", "det gemte hoved"),
    ("the kept head `{name}`", "det gemte hoved {name}"),
    // What could not be excluded.
    (
        "that the tail was cut off, or the whole ledger written anew: no head was given that somebody else kept",
        "at slutningen er skåret af, eller hele lodtrækningsbogen skrevet på ny: der er ikke givet et hoved, som en anden har gemt",
    ),
    (
        "that entries after entry {number} were cut off or written anew: the kept head is that of entry {number2}",
        "at indførsler efter indførsel {number} er skåret af eller skrevet på ny: det gemte hoved er det af indførsel {number2}",
    ),
    (
        "that arms were chosen by hand: there is no seed to derive them from",
        "at grupper er valgt i hånden: der er intet frø at beregne dem af",
    ),
    (
        "that arms were chosen by hand, in draws that could not be derived again",
        "at grupper er valgt i hånden, i lodtrækninger, der ikke kunne beregnes igen",
    ),
    (
        "that the seed was chosen among several for the draws it gives: the seal names no public randomness",
        "at frøet er valgt blandt flere for de lodtrækninger, det giver: forseglingen nævner ingen offentlig tilfældighed",
    ),
    (
        "that facts were changed to let somebody in: refused in entry {number} and drawn in entry {number2}",
        "at oplysninger er ændret for at lukke nogen ind: afvist i indførsel {number} og trukket i indførsel {number2}",
    ),
    (
        "that facts were changed to let somebody in: refused in entry {number} and drawn in entry {number2}, and {number3} more so",
        "at oplysninger er ændret for at lukke nogen ind: afvist i indførsel {number} og trukket i indførsel {number2}, og {number3} til",
    ),
    (
        "that one person was drawn twice: `{name}` (entry {number}) is written almost like `{name2}` (entry {number2})",
        "at én person er trukket to gange: »{name}« (indførsel {number}) er skrevet næsten som »{name2}« (indførsel {number2})",
    ),
    (
        "that one person was drawn twice: `{name}` (entry {number}) is written almost like `{name2}` (entry {number2}), and {number3} more so",
        "at én person er trukket to gange: »{name}« (indførsel {number}) er skrevet næsten som »{name2}« (indførsel {number2}), og {number3} til",
    ),
    (
        "that people were turned away before anybody entered them: a ledger knows only of those it was told of",
        "at nogen er sendt bort, før de blev indført: en lodtrækningsbog kender kun dem, den har fået at vide om",
    ),
    (
        "that whoever made or read the list of entry {number} knew the next {number2} slots of each stratum",
        "at den, der lavede eller læste listen i indførsel {number}, kendte de næste {number2} pladser i hvert stratum",
    ),
    (
        "that whoever holds the seed knew a draw before it was made, or that the times are not true",
        "at den, der har frøet, kendte en lodtrækning, før den blev gjort, eller at tiderne ikke er sande",
    ),
];

/// Returns what an audit says in the language of the screen; what is unknown is returned as it is.
pub fn finding(text: &str, locale: &Locale) -> String {
    let danish = locale.language == Language::Danish;
    let Some((pair, parts)) = find(FINDINGS, text).filter(|_| danish) else {
        return text.to_owned();
    };
    let mut said = String::new();
    let mut rest = pair.1;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').expect("a slot of the catalogue ends");
        let part = parts.iter().find(|(name, _)| *name == slot);
        let part = part.map_or("", |(_, part)| *part);
        said += before;
        // An id is an id, even where it is written like a word of the catalogue.
        said += &match slot.starts_with("what") {
            true if find(FINDINGS, part).is_some() => finding(part, locale),
            _ => quoted(part),
        };
        rest = after;
    }
    said + rest
}

/// Puts what stands in backticks into the quotation marks of Danish.
fn quoted(text: &str) -> String {
    let text = text.replace("` and `", "` og `");
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(place, words)| match place {
        0 => words.to_owned(),
        place if place % 2 == 1 => format!("»{words}"),
        _ => format!("«{words}"),
    });
    parts.collect()
}
