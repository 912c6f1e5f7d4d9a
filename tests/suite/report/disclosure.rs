//! Nothing that is held back can be computed from what is printed.
//!
//! The attacker here shares no code with the library: it reads the printed CSV, writes down the sums
//! that a reader of the tables knows to hold, and solves them: by elimination in exact fractions, by
//! bounds, and by trying whole numbers.

use std::collections::BTreeMap;

use klero::report::disclosure::{CountId, DisclosureError, Reads, Release, Rule, Step, coarsened};
use klero::report::table::{Cell, Column, Form, Row, Table, Unit, Value, csv};

/// SplitMix64 (Steele, Lea & Flood 2014), so that every run tries the same tables.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Counts as trials have them: many small, some large, some none.
    fn count(&mut self) -> u64 {
        match self.below(10) {
            0 => 0,
            1..=4 => self.below(7),
            5..=7 => 5 + self.below(12),
            _ => 20 + self.below(60),
        }
    }
}

/// One export as its readers know it: what each printed place is, and which sums hold.
struct Export {
    release: Release,
    tables: Vec<Table>,
    /// Printed places: table, row, column, and the name of the count.
    places: Vec<(usize, usize, usize, String)>,
    /// Shares printed beside counts: the same place, the count and its denominator.
    shares: Vec<(usize, usize, usize, String, String)>,
    /// Whole and parts.
    sums: Vec<(String, Vec<String>)>,
    truth: BTreeMap<String, i64>,
}

impl Export {
    fn new(threshold: u64) -> Export {
        Export {
            release: Release::new(Rule { threshold }),
            tables: Vec::new(),
            places: Vec::new(),
            shares: Vec::new(),
            sums: Vec::new(),
            truth: BTreeMap::new(),
        }
    }

    fn count(&mut self, key: &str, value: u64) -> CountId {
        self.truth.insert(key.to_owned(), value as i64);
        self.release.count(key, value).unwrap()
    }

    fn sum(&mut self, whole: &str, parts: &[String]) {
        let id =
            |release: &mut Release, key: &str| release.count(key, self.truth[key] as u64).unwrap();
        let all = id(&mut self.release, whole);
        let some: Vec<CountId> = parts.iter().map(|key| id(&mut self.release, key)).collect();
        self.release.sum(all, &some).unwrap();
        self.sums.push((whole.to_owned(), parts.to_vec()));
    }

    /// Prints a table of counts, with shares of the last row's count in the same column.
    fn print(&mut self, rows: &[Vec<String>], with_shares: bool) {
        let mut table = Table::new(&format!("t{}", self.tables.len()), "Table", "row");
        table.columns = (0..rows[0].len())
            .map(|column| Column::numbers(&format!("c{column}"), format!("c{column}")))
            .collect();
        for (at, row) in rows.iter().enumerate() {
            let mut cells = Vec::new();
            for (column, key) in row.iter().enumerate() {
                let (n, id) = (
                    self.truth[key],
                    self.release.count(key, self.truth[key] as u64).unwrap(),
                );
                let place = (self.tables.len(), at, column);
                self.places.push((place.0, place.1, place.2, key.clone()));
                let of = &rows[rows.len() - 1][column];
                let cell = Cell::count(n as u64);
                cells.push(match with_shares && self.truth[of] > 0 {
                    true => {
                        let den = self.release.count(of, self.truth[of] as u64).unwrap();
                        self.release.rest(den, id).unwrap();
                        self.shares
                            .push((place.0, place.1, place.2, key.clone(), of.clone()));
                        let share = n as f64 / self.truth[of] as f64;
                        cell.with(Value::Number(share, Form::of(Unit::Share, 1)))
                            .reading(Reads::Of(vec![id, den]))
                    }
                    false => cell.reading(Reads::Of(vec![id])),
                });
            }
            table.push(Row::new(format!("r{at}"), cells));
        }
        self.tables.push(table);
    }
}

/// Makes an export of up to four tables that share counts: a factor by arm with margins, a second
/// factor with the same margins, events and the rest by arm, and the levels of the first factor
/// split once more.
// Cells go by the index of their arm.
#[allow(clippy::needless_range_loop)]
fn invented(dice: &mut Dice, threshold: u64) -> Export {
    let mut export = Export::new(threshold);
    let arms = 1 + dice.below(3) as usize;
    let levels = 2 + dice.below(3) as usize;
    let mut cells = vec![vec![0; arms]; levels];
    for cell in cells.iter_mut().flatten() {
        *cell = dice.count();
    }
    let sizes: Vec<u64> = (0..arms)
        .map(|arm| cells.iter().map(|row| row[arm]).sum())
        .collect();
    // First factor.
    let mut rows = Vec::new();
    for (level, row) in cells.iter().enumerate() {
        let mut keys = Vec::new();
        for (arm, &n) in row.iter().enumerate() {
            let key = format!("a{level} arm{arm}");
            export.count(&key, n);
            keys.push(key);
        }
        rows.push(keys);
    }
    let sizes_row: Vec<String> = (0..arms).map(|arm| format!("all arm{arm}")).collect();
    for (key, &n) in sizes_row.iter().zip(&sizes) {
        export.count(key, n);
    }
    rows.push(sizes_row.clone());
    export.count("all", sizes.iter().sum());
    for row in 0..=levels {
        let key = match row < levels {
            true => format!("a{row} all"),
            false => "all".to_owned(),
        };
        if row < levels {
            export.count(&key, cells[row].iter().sum());
        }
        let parts = rows[row].clone();
        export.sum(&key, &parts);
        rows[row].push(key);
    }
    for column in 0..=arms {
        let parts: Vec<String> = rows[..levels]
            .iter()
            .map(|row| row[column].clone())
            .collect();
        let whole = rows[levels][column].clone();
        export.sum(&whole, &parts);
    }
    let shares = dice.below(2) == 0;
    export.print(&rows, shares);
    // A second factor of the same persons.
    if dice.below(2) == 0 {
        let mut second = vec![Vec::new(), Vec::new(), Vec::new()];
        for (arm, &n) in sizes.iter().enumerate() {
            let first = match dice.below(3) {
                0 => dice.below(4).min(n),
                _ => dice.below(n + 1),
            };
            let (x, y) = (format!("b0 arm{arm}"), format!("b1 arm{arm}"));
            export.count(&x, first);
            export.count(&y, n - first);
            export.sum(&sizes_row[arm], &[x.clone(), y.clone()]);
            second[0].push(x);
            second[1].push(y);
            second[2].push(sizes_row[arm].clone());
        }
        let shares = dice.below(2) == 0;
        export.print(&second, shares);
    }
    // Events by arm, those without the event not printed, and all events.
    if dice.below(2) == 0 {
        let mut events = vec![Vec::new(), Vec::new()];
        let mut all = 0;
        let mut parts = Vec::new();
        for (arm, &n) in sizes.iter().enumerate() {
            let x = match dice.below(3) {
                0 => n - dice.below(4).min(n),
                1 => dice.below(4).min(n),
                _ => dice.below(n + 1),
            };
            let (yes, no) = (format!("e arm{arm}"), format!("no e arm{arm}"));
            export.count(&yes, x);
            export.count(&no, n - x);
            export.sum(&sizes_row[arm], &[yes.clone(), no]);
            all += x;
            events[0].push(yes.clone());
            events[1].push(sizes_row[arm].clone());
            parts.push(yes);
        }
        export.count("e all", all);
        export.sum("e all", &parts);
        events[0].push("e all".to_owned());
        events[1].push("all".to_owned());
        let shares = dice.below(4) > 0;
        export.print(&events, shares);
    }
    // One level split in two, in a table of its own, with nothing else around it.
    if dice.below(2) == 0 {
        let level = dice.below(levels as u64) as usize;
        let mut split = vec![Vec::new(), Vec::new()];
        for arm in 0..arms {
            let n = cells[level][arm];
            let x = dice.below(n + 1);
            let (left, right) = (format!("s0 arm{arm}"), format!("s1 arm{arm}"));
            export.count(&left, x);
            export.count(&right, n - x);
            export.sum(
                &format!("a{level} arm{arm}"),
                &[left.clone(), right.clone()],
            );
            split[0].push(left);
            split[1].push(right);
        }
        export.print(&split, false);
    }
    export
}

/// What a reader can find out.
struct Attacker {
    names: Vec<String>,
    known: Vec<Option<i64>>,
    /// Whole and parts, as places in `names`.
    sums: Vec<(usize, Vec<usize>)>,
}

impl Attacker {
    /// Reads the printed tables.
    fn reading(export: &Export, printed: &[String]) -> Attacker {
        let names: Vec<String> = export.truth.keys().cloned().collect();
        let at = |name: &String| names.binary_search(name).unwrap();
        let mut known = vec![None; names.len()];
        let fields: Vec<Vec<BTreeMap<String, String>>> = printed
            .iter()
            .map(|text| {
                let mut lines = text.lines();
                let head: Vec<&str> = lines.next().unwrap().split(',').collect();
                let row = |line: &str| {
                    let fields = line.split(',').map(str::to_owned);
                    head.iter().map(|&h| h.to_owned()).zip(fields).collect()
                };
                lines.map(row).collect()
            })
            .collect();
        for (table, row, column, name) in &export.places {
            let field = &fields[*table][*row][&format!("c{column}")];
            if !field.is_empty() {
                known[at(name)] = Some(field.parse().unwrap());
            }
        }
        // A printed share and one of its two counts give the other.
        for (table, row, column, name, of) in &export.shares {
            let Some(field) = fields[*table][*row].get(&format!("c{column}_share")) else {
                continue;
            };
            if let Ok(share) = field.parse::<f64>() {
                if let Some(den) = known[at(of)] {
                    known[at(name)] = Some((share * den as f64).round() as i64);
                }
                if let (Some(n), true) = (known[at(name)], share > 0.0) {
                    known[at(of)] = Some((n as f64 / share).round() as i64);
                }
            }
        }
        let sums = export.sums.iter();
        Attacker {
            sums: sums
                .map(|(all, parts)| (at(all), parts.iter().map(at).collect()))
                .collect(),
            names,
            known,
        }
    }

    /// Solves the sums by elimination in fractions; returns what is determined.
    fn solved(&self) -> BTreeMap<usize, i64> {
        let unknown: Vec<usize> = (0..self.names.len())
            .filter(|&v| self.known[v].is_none())
            .collect();
        let place = |v: usize| unknown.binary_search(&v).ok();
        let mut rows: Vec<Vec<Fraction>> = Vec::new();
        for (all, parts) in &self.sums {
            let mut row = vec![Fraction::new(0, 1); unknown.len() + 1];
            for (v, sign) in [(*all, 1)]
                .into_iter()
                .chain(parts.iter().map(|&v| (v, -1)))
            {
                match (place(v), self.known[v]) {
                    (Some(at), _) => row[at] = row[at].plus(Fraction::new(sign, 1)),
                    (None, known) => {
                        let known = i128::from(known.unwrap());
                        row[unknown.len()] =
                            row[unknown.len()].plus(Fraction::new(-sign * known, 1));
                    }
                }
            }
            rows.push(row);
        }
        let mut rank = 0;
        for column in 0..unknown.len() {
            let Some(pivot) = (rank..rows.len()).find(|&row| rows[row][column].0 != 0) else {
                continue;
            };
            rows.swap(rank, pivot);
            let by = rows[rank][column];
            let line: Vec<Fraction> = rows[rank].iter().map(|&x| x.over(by)).collect();
            rows[rank] = line.clone();
            for (index, row) in rows.iter_mut().enumerate() {
                let factor = row[column];
                if index != rank && factor.0 != 0 {
                    for (x, &y) in row.iter_mut().zip(&line) {
                        *x = x.plus(Fraction::new(-1, 1).times(factor).times(y));
                    }
                }
            }
            rank += 1;
        }
        let mut found = BTreeMap::new();
        for row in &rows[..rank] {
            let left: Vec<usize> = (0..unknown.len()).filter(|&at| row[at].0 != 0).collect();
            if let [only] = left[..] {
                let value = row[unknown.len()];
                assert_eq!(value.1, 1, "counts are whole");
                found.insert(unknown[only], value.0 as i64);
            }
        }
        found
    }

    /// Returns the least and greatest value of each count by drawing bounds together, or nothing
    /// where they contradict each other.
    fn bounds(&self, fixed: &BTreeMap<usize, i64>) -> Option<Vec<(i64, i64)>> {
        let mut bounds: Vec<(i64, i64)> = (0..self.names.len())
            .map(|v| match self.known[v].or(fixed.get(&v).copied()) {
                Some(value) => (value, value),
                None => (0, 1_000_000),
            })
            .collect();
        for _ in 0..200 {
            let before = bounds.clone();
            for (all, parts) in &self.sums {
                let least: i64 = parts.iter().map(|&v| bounds[v].0).sum();
                let most: i64 = parts.iter().map(|&v| bounds[v].1).sum();
                bounds[*all].0 = bounds[*all].0.max(least);
                bounds[*all].1 = bounds[*all].1.min(most);
                for &v in parts {
                    let (low, high) = bounds[v];
                    bounds[v].0 = low.max(bounds[*all].0 - (most - high));
                    bounds[v].1 = high.min(bounds[*all].1 - (least - low));
                }
            }
            if bounds.iter().any(|(low, high)| low > high) {
                return None;
            }
            if bounds == before {
                break;
            }
        }
        Some(bounds)
    }

    /// Whether whole numbers exist that agree with what is printed; nothing when trying takes long.
    fn possible(&self, fixed: &mut BTreeMap<usize, i64>, tries: &mut u32) -> Option<bool> {
        *tries = tries.checked_sub(1)?;
        let Some(bounds) = self.bounds(fixed) else {
            return Some(false);
        };
        let open = (0..bounds.len()).filter(|&v| bounds[v].0 < bounds[v].1);
        // What is bound by no sum can be anything.
        let tied = |&v: &usize| bounds[v].1 < 1_000_000;
        let Some(next) = open.filter(tied).min_by_key(|&v| bounds[v].1 - bounds[v].0) else {
            return Some(true);
        };
        for value in bounds[next].0..=bounds[next].1 {
            fixed.insert(next, value);
            let found = self.possible(fixed, tries);
            fixed.remove(&next);
            if found != Some(false) {
                return found;
            }
        }
        Some(false)
    }

    /// Returns the least and greatest value a count can have, exactly.
    fn range(&self, v: usize) -> Option<(i64, i64)> {
        let (low, high) = self.bounds(&BTreeMap::new())?[v];
        let fits = |value: i64| self.possible(&mut BTreeMap::from([(v, value)]), &mut 3_000);
        let mut least = low;
        while !fits(least)? {
            least += 1;
        }
        let mut most = high.min(least + 60);
        while !fits(most)? {
            most -= 1;
        }
        Some((least, most))
    }
}

/// Numerator and denominator in lowest terms, the denominator above zero.
#[derive(Clone, Copy, Debug)]
struct Fraction(i128, i128);

impl Fraction {
    fn new(n: i128, d: i128) -> Fraction {
        fn gcd(a: i128, b: i128) -> i128 {
            if b == 0 { a.abs() } else { gcd(b, a % b) }
        }
        let by = gcd(n, d).max(1) * d.signum();
        Fraction(n / by, d / by)
    }
    fn plus(self, o: Fraction) -> Fraction {
        Fraction::new(self.0 * o.1 + o.0 * self.1, self.1 * o.1)
    }
    fn times(self, o: Fraction) -> Fraction {
        Fraction::new(self.0 * o.0, self.1 * o.1)
    }
    fn over(self, o: Fraction) -> Fraction {
        Fraction::new(self.0 * o.1, self.1 * o.0)
    }
}

#[test]
fn no_count_below_the_threshold_can_be_solved_from_thousands_of_exports() {
    let mut dice = Dice(20_210_409);
    let (mut small_ones, mut exact, mut shown, mut printed_in_all) = (0, 0, 0, 0);
    for case in 0..3_000 {
        let threshold = [5, 5, 3, 10][case % 4];
        let export = invented(&mut dice, threshold);
        let tables: Vec<&Table> = export.tables.iter().collect();
        let decision = export.release.decide(&tables, &[]).unwrap();
        let printed: Vec<String> = tables
            .iter()
            .map(|table| csv::machine(&decision.apply(table)))
            .collect();
        let attacker = Attacker::reading(&export, &printed);
        for (v, name) in attacker.names.iter().enumerate() {
            // What the attacker reads is true, so that its failure is not its own mistake.
            if let Some(known) = attacker.known[v] {
                assert_eq!(known, export.truth[name], "case {case}, {name}");
            }
        }
        printed_in_all += export.places.len();
        shown += export
            .places
            .iter()
            .filter(|(.., name)| {
                attacker.known[attacker.names.binary_search(name).unwrap()].is_some()
            })
            .count();
        let solved = attacker.solved();
        let bounds = attacker.bounds(&BTreeMap::new()).unwrap();
        for (v, name) in attacker.names.iter().enumerate() {
            let truth = export.truth[name];
            if truth == 0 || truth >= threshold as i64 {
                continue;
            }
            small_ones += 1;
            assert_eq!(
                attacker.known[v], None,
                "case {case}: {name} = {truth} is printed"
            );
            assert!(
                !solved.contains_key(&v),
                "case {case}: {name} = {truth} is solved"
            );
            let (low, high) = bounds[v];
            let wide =
                |low: i64, high: i64| high >= threshold as i64 && high - low >= threshold as i64;
            assert!(
                wide(low, high),
                "case {case}: {name} = {truth} is in {low}..{high}"
            );
            // Trying whole numbers is slow, so every fourth export.
            if case % 4 == 0
                && let Some((low, high)) = attacker.range(v)
            {
                exact += 1;
                assert!(
                    (low..=high).contains(&truth),
                    "case {case}: the attacker errs"
                );
                assert!(
                    wide(low, high),
                    "case {case}: {name} = {truth} can be {low}..{high} only"
                );
            }
        }
    }
    assert!(
        small_ones > 10_000,
        "{small_ones} small counts were attacked"
    );
    assert!(exact > 2_000, "{exact} of them by trying");
    // Holding back everything would be safe and useless.
    assert!(
        shown * 5 > printed_in_all,
        "{shown} of {printed_in_all} cells are shown"
    );
}

fn column(table: &mut Table, cells: Vec<(&str, Cell)>) {
    table.columns = vec![Column::numbers("n", "n")];
    for (name, cell) in cells {
        table.push(Row::new(name, vec![cell]));
    }
}

#[test]
fn a_lone_small_cell_takes_a_second_one_with_it() {
    // 3 + 40 + 57 = 100: with two cells and the sum the third is known.
    let mut release = Release::new(Rule::default());
    let all = release.count("all", 100).unwrap();
    let parts = [3, 40, 57].map(|n| release.count(&format!("part {n}"), n).unwrap());
    release.sum(all, &parts).unwrap();
    let cell = |n, id| Cell::count(n).reading(Reads::Of(vec![id]));
    let mut table = Table::new("t", "T", "");
    column(
        &mut table,
        vec![
            ("small", cell(3, parts[0])),
            ("middle", cell(40, parts[1])),
            ("large", cell(57, parts[2])),
            ("all", cell(100, all)),
        ],
    );
    let decision = release.decide(&[&table], &[]).unwrap();
    assert!(decision.holds_back(parts[0]));
    assert_eq!(decision.extent(), (1, 1));
    assert!(!decision.holds_back(all), "the whole is the last to go");
    let printed = csv::machine(&decision.apply(&table));
    assert!(
        printed.contains(",small,,,\"n: suppressed, threshold 5\"\n"),
        "{printed}"
    );
}

#[test]
fn those_without_the_event_are_protected_like_those_with_it() {
    // 133 of 135: the share reveals the two who did not.
    let mut release = Release::new(Rule::default());
    let all = release.count("all", 135).unwrap();
    let events = release.count("events", 133).unwrap();
    release.rest(all, events).unwrap();
    let mut table = Table::new("t", "T", "");
    let share = Cell::new(Value::Number(133.0 / 135.0, Form::of(Unit::Share, 1)))
        .reading(Reads::Of(vec![events, all]));
    let n = Cell::count(135).reading(Reads::Of(vec![all]));
    column(&mut table, vec![("share", share), ("all", n)]);
    let decision = release.decide(&[&table], &[]).unwrap();
    assert!(decision.holds_back(events) || decision.holds_back(all));
    assert!(!decision.shows(&Reads::Of(vec![events, all])));
}

#[test]
fn a_difference_between_two_tables_reveals_nothing() {
    // 120 drawn in one table, 117 analysed in another: three are missing.
    let mut release = Release::new(Rule::default());
    let drawn = release.count("drawn", 120).unwrap();
    let analysed = release.count("analysed", 117).unwrap();
    release.rest(drawn, analysed).unwrap();
    let one = |id: &str, n, at| {
        let mut table = Table::new(id, "T", "");
        column(
            &mut table,
            vec![("n", Cell::count(n).reading(Reads::Of(vec![at])))],
        );
        table
    };
    let (first, second) = (one("flow", 120, drawn), one("effects", 117, analysed));
    let decision = release.decide(&[&first, &second], &[]).unwrap();
    assert!(decision.holds_back(drawn) || decision.holds_back(analysed));
    // One table alone shows no difference.
    let alone = release.decide(&[&first], &[]).unwrap();
    assert!(!alone.holds_back(drawn));
}

#[test]
fn a_mean_of_few_people_goes_and_the_mean_around_it_does_not_give_it_back() {
    let mut release = Release::new(Rule::default());
    let (all, few) = (
        release.count("all", 60).unwrap(),
        release.count("few", 4).unwrap(),
    );
    let most = release.rest(all, few).unwrap();
    let weeks_all = release.total("weeks of all", 900, all).unwrap();
    let weeks_few = release.total("weeks of few", 40, few).unwrap();
    let weeks_most = release.total("weeks of most", 860, most).unwrap();
    release.sum(weeks_all, &[weeks_few, weeks_most]).unwrap();
    let readings = [
        Reads::Of(vec![weeks_all, all]),
        Reads::Of(vec![weeks_few, few]),
        Reads::Of(vec![weeks_most, most]),
    ];
    let decision = release.decide(&[], &readings).unwrap();
    assert!(!decision.shows(&readings[1]));
    let shown = readings
        .iter()
        .filter(|reads| decision.shows(reads))
        .count();
    assert_eq!(shown, 1, "two of three means would give the third");
}

#[test]
fn steps_of_a_curve_are_joined_until_each_has_enough_people() {
    let step = |time, at_risk, events, exits| Step {
        time,
        at_risk,
        events,
        competing: 0,
        exits,
    };
    let steps = [
        step(1, 40, 3, 0),
        step(2, 37, 2, 0),
        step(3, 35, 0, 0),
        step(4, 35, 9, 2),
        step(5, 24, 1, 4),
        step(6, 19, 2, 0),
    ];
    // By hand: 1 and 2 make five events; 3 has none; 4 and 5 make ten events and six exits; the two
    // events of 6 go into the step before.
    let joined = coarsened(&[steps.to_vec()], 5).remove(0);
    assert_eq!(
        joined,
        [step(2, 40, 5, 0), step(3, 35, 0, 0), step(6, 35, 12, 6)]
    );
    let few = vec![step(1, 30, 4, 0), step(2, 26, 0, 0)];
    assert_eq!(coarsened(&[few], 5), [vec![]]);
    // The other curve has events enough at 3 and not at 2, and so has its steps where both have.
    let other = [(1, 60, 0), (2, 60, 2), (3, 58, 6), (4, 52, 0), (5, 52, 0)];
    let other = other.map(|(time, at_risk, events)| step(time, at_risk, events, 0));
    let other = [other.to_vec(), vec![step(6, 52, 7, 0)]].concat();
    let both = coarsened(&[steps.to_vec(), other], 5);
    assert_eq!(both[0], [step(3, 40, 5, 0), step(6, 35, 12, 6)]);
    assert_eq!(both[1], [step(3, 60, 8, 0), step(6, 52, 7, 0)]);
    let mut release = Release::new(Rule::default());
    let ids = release.curve("gruppe1", &joined).unwrap();
    let reads = ids
        .iter()
        .flat_map(|s| [s.at_risk, s.events, s.exits])
        .collect();
    let figure = Reads::Of(reads);
    let decision = release.decide(&[], std::slice::from_ref(&figure)).unwrap();
    assert!(decision.shows(&figure));
}

#[test]
fn a_number_that_does_not_say_what_it_reads_is_refused() {
    let release = Release::new(Rule::default());
    let mut table = Table::new("t", "T", "");
    column(&mut table, vec![("n", Cell::count(70))]);
    let error = release.decide(&[&table], &[]).unwrap_err();
    assert!(
        matches!(error, DisclosureError::Undeclared { .. }),
        "{error}"
    );
}

#[test]
fn one_key_is_one_number_and_sums_must_hold() {
    let mut release = Release::new(Rule::default());
    let all = release.count("all", 10).unwrap();
    assert!(matches!(
        release.count("all", 11),
        Err(DisclosureError::Conflict { .. })
    ));
    let part = release.count("part", 9).unwrap();
    assert!(matches!(
        release.sum(all, &[part]),
        Err(DisclosureError::Unequal { .. })
    ));
}

#[test]
fn what_everyone_knows_and_cannot_be_protected_refuses_the_export() {
    // Everyone knows that ten were planned, and seven are known to have come.
    let mut release = Release::new(Rule::default());
    let planned = release.public("planned", 10).unwrap();
    let came = release.public("came", 7).unwrap();
    release.rest(planned, came).unwrap();
    let error = release.decide(&[], &[]).unwrap_err();
    assert!(matches!(error, DisclosureError::Exposed { .. }), "{error}");
}

#[test]
fn thresholds_of_nought_and_one_hold_nothing_back() {
    for threshold in [0, 1] {
        let mut release = Release::new(Rule { threshold });
        let id = release.count("one", 1).unwrap();
        let decision = release.decide(&[], &[Reads::Of(vec![id])]).unwrap();
        assert!(!decision.holds_back(id));
    }
}
