//! The sections that name what is read: `[register]`, with the columns of each, and `[states]`.

use super::{choice, path};
use crate::protocol::section::{At, Faults, Section, texts};
use crate::protocol::{Absence, ColumnRole, Register, RegisterKind, Selector, State, Union, WAGE};

pub(super) fn registers(section: &Section, f: &mut Faults) -> Vec<Register> {
    let mut registers = Vec::new();
    for (name, value) in section.entries() {
        let Some(table) = value.get_ref().as_table() else {
            f.add(
                &value.span(),
                format!("`{}` in [register] is no table", name.value),
                format!("`[register.{}]`", name.value),
            );
            continue;
        };
        let mut section = Section::new(format!("[register.{}]", name.value), table, name.span);
        let kind = choice(
            &mut section,
            "kind",
            RegisterKind::ALL,
            RegisterKind::name,
            f,
        );
        if !section.has("kind") {
            f.add(
                &section.span,
                format!("{} has no `kind`", section.name),
                "`kind = \"dream\"`",
            );
        }
        let files = section.texts("files", f);
        if !section.has("files") || files.as_ref().is_some_and(|files| files.value.is_empty()) {
            f.add(
                &section.span,
                format!("{} names no file", section.name),
                "`files = [\"…\"]`",
            );
        }
        let key = section.text("key", f);
        let kind_known = kind.as_ref().map(|kind| kind.value);
        let (columns, key_column) = columns(&mut section, kind_known, f);
        if let (Some(key), Some(column)) = (&key, &key_column)
            && key.value != column.value
        {
            f.add(
                &column.span,
                format!(
                    "the key column is `{}` in [columns] and `{}` in `key`",
                    column.value, key.value
                ),
                "one of them",
            );
        }
        let key = key.or(key_column).map(|key| key.value);
        let codes = section.text("codes", f).map(|codes| path(codes, f));
        let wins = section.text("wins", f).and_then(|wins| {
            let files = files.as_ref()?;
            let index = files.value.iter().position(|file| file.value == wins.value);
            if index.is_none() {
                f.unknown(
                    &wins.span,
                    format!("`wins = \"{}\"` in {}", wins.value, section.name),
                    &wins.value,
                    files.value.iter().map(|file| file.value.as_str()),
                );
            }
            index
        });
        let absent = choice(&mut section, "absent", Absence::ALL, Absence::name, f);
        if let (Some(absent), Some(kind)) = (&absent, &kind)
            && absent.value == Absence::Zero
            && !matches!(kind.value, RegisterKind::Dream | RegisterKind::Bfl)
        {
            f.add(
                &absent.span,
                format!("`absent = \"zero\"` in a register of kind `{}`", kind.value),
                "`absent = \"missing\"`: only `dream` and `bfl` say that there was nothing",
            );
        }
        section.finish(f);
        let (Some(kind), Some(files)) = (kind, files) else {
            f.faulty("register", name.value);
            continue;
        };
        registers.push(Register {
            id: name.value,
            kind: kind.value,
            files: files.value.into_iter().map(|file| path(file, f)).collect(),
            key,
            columns,
            wins,
            codes,
            absent: absent.map_or(Absence::Missing, |absent| absent.value),
        });
    }
    registers
}

/// Returns `[register.x.columns]`: names of the kind's columns, and of the key column.
fn columns(
    section: &mut Section,
    kind: Option<RegisterKind>,
    f: &mut Faults,
) -> (Vec<(ColumnRole, String)>, Option<At<String>>) {
    const KEY: &str = "key";
    let mut columns = Vec::new();
    let mut key = None;
    let Some(table) = section.table("columns", f) else {
        return (columns, key);
    };
    // Without a known kind it is unknown which columns belong.
    let read = kind.map_or(ColumnRole::ALL, RegisterKind::columns);
    for (role, value) in table.entries() {
        let known = read.iter().find(|known| known.name() == role.value);
        if known.is_none() && role.value != KEY {
            let names = read.iter().map(|role| role.name()).chain([KEY]);
            let of = kind.map_or("a register".to_owned(), |kind| {
                format!("a register of kind `{kind}`")
            });
            f.unknown(
                &role.span,
                format!("`{}` is no column that is read of {of}", role.value),
                &role.value,
                names.collect::<Vec<_>>(),
            );
            continue;
        }
        let Some(name) = value.get_ref().as_str() else {
            f.add(
                &value.span(),
                format!("`{}` in [columns] is no text", role.value),
                "the name of a column",
            );
            continue;
        };
        match known {
            Some(known) => columns.push((*known, name.to_owned())),
            None => {
                key = Some(At {
                    value: name.to_owned(),
                    span: value.span(),
                });
            }
        }
    }
    (columns, key)
}

/// Returns what a word in `states` selects: a state, a code of three digits, or `wage`.
pub(super) fn selector(word: &str) -> Option<Selector> {
    if word == WAGE {
        return Some(Selector::Wage);
    }
    if word.len() == 3 && word.bytes().all(|c| c.is_ascii_digit()) {
        return word.parse().ok().map(Selector::Code);
    }
    State::from_name(word).map(Selector::State)
}

pub(super) fn selectors(
    words: &[At<String>],
    unions: &[Union],
    place: &str,
    f: &mut Faults,
) -> Option<Vec<Selector>> {
    let mut selectors = Vec::new();
    for word in words {
        if let Some(one) = selector(&word.value) {
            selectors.push(one);
        } else if let Some(union) = unions.iter().find(|union| union.name == word.value) {
            selectors.extend(union.selectors.iter().cloned());
        } else {
            let known = State::ALL
                .iter()
                .map(|state| state.name())
                .chain([WAGE])
                .chain(unions.iter().map(|union| union.name.as_str()))
                .collect::<Vec<_>>();
            f.unknown(
                &word.span,
                format!("`{}` in {place} is no state", word.value),
                &word.value,
                known,
            );
            return None;
        }
    }
    if selectors.is_empty() {
        return None;
    }
    Some(selectors)
}

pub(super) fn unions(section: &Section, f: &mut Faults) -> Vec<Union> {
    let mut unions = Vec::new();
    for (name, value) in section.entries() {
        if selector(&name.value).is_some() {
            f.add(
                &name.span,
                format!("`{}` in [states] is already a state", name.value),
                "a name of its own",
            );
            continue;
        }
        let Some(words) = texts(value.get_ref()).filter(|words| !words.is_empty()) else {
            f.add(
                &value.span(),
                format!("`{}` in [states] names no states", name.value),
                "a list of states, such as [\"ordinary\", \"supported\"]",
            );
            continue;
        };
        if let Some(selectors) = selectors(&words, &[], "[states]", f) {
            unions.push(Union {
                name: name.value,
                selectors,
            });
        }
    }
    unions
}
