//! One table in every form.

use klero::report::table::{
    Cell, Column, Form, Row, Source, Table, Unit, Value, csv, html, latex, markdown, terminal,
};

use super::sample::{DA, EN, baseline, effects, wide};

#[test]
fn no_line_on_a_terminal_is_longer_than_asked() {
    for table in [effects(&DA), effects(&EN), baseline(&DA), wide()] {
        for width in [40, 60, 80, 120] {
            let text = terminal::text(&table, &DA, width);
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert_eq!(line.trim_end(), line);
            }
            // Every number is there, whatever the room.
            for row in table.rows() {
                for cell in &row.cells {
                    let written = cell.value.written(&DA).replace(['\u{a0}', '\u{202f}'], " ");
                    let first = written.split(' ').next().unwrap_or("");
                    assert!(text.contains(first), "{first} at {width}");
                }
            }
        }
    }
}

#[test]
fn units_on_a_danish_terminal_are_as_long_as_there_is_room_for() {
    let share = Form::of(Unit::Share, 1);
    let points = Form::of(Unit::Points, 1).signed();
    let mut table = Table::new("t", "T", "");
    table.columns = ["a", "b"].map(|key| Column::numbers(key, key)).to_vec();
    let cells = [Value::Number(0.067, share), Value::Number(0.013, points)];
    table.push(Row::new("Ny indsats", cells.map(Cell::new).to_vec()));
    for (width, units) in [
        (80, ["6,7 pct.", "+1,3 procentpoint"]),
        (29, ["6,7 pct.", "+1,3 pct.point"]),
        (24, ["6,7 %", "+1,3 %-point"]),
        // A list has room again.
        (19, ["6,7 pct.", "+1,3 procentpoint"]),
    ] {
        let text = terminal::text(&table, &DA, width);
        for unit in units {
            assert!(text.contains(&format!(" {unit}")), "{width}:\n{text}");
        }
    }
}

#[test]
fn decimal_marks_stand_under_each_other_on_a_terminal() {
    let text = terminal::text(&baseline(&DA), &DA, 80);
    let rows = text.lines().filter(|line| line.contains('('));
    let marks: Vec<Vec<usize>> = rows
        .map(|line| {
            let chars: Vec<char> = line.chars().collect();
            let before = |at: &usize| chars[*at] == '(';
            (0..chars.len()).filter(before).collect()
        })
        .filter(|marks: &Vec<usize>| marks.len() == 3)
        .collect();
    assert!(marks.len() >= 3);
    assert!(
        marks[..3].windows(2).all(|pair| pair[0] == pair[1]),
        "{text}"
    );
}

#[test]
fn machines_get_full_precision_and_excel_its_marks() {
    let table = effects(&DA);
    let text = csv::machine(&table);
    assert!(!text.starts_with('\u{feff}') && !text.contains('\r'));
    assert!(text.starts_with(
        "group,row,mean_arm,mean_reference,estimate,interval_lower,interval_upper,p,source,notes\n"
    ));
    assert!(text.contains(
        ",0.06666666666666667,0.05434782608695652,0.0123194,-0.0412,0.0714,0.631,method-1,"
    ));
    // An open end, a missing and a held-back number are empty, and the notes say why.
    assert!(text.contains(",13580.2,-1250,,0.0712,"));
    assert!(text.contains("mean_reference: suppressed, threshold 5"));
    assert!(text.contains("estimate: no events in either arm"));
    let excel = String::from_utf8(csv::danish_excel(&table, &DA)).unwrap();
    assert!(excel.starts_with("\u{feff}Afsnit;Udfald;Gennemsnit, Gruppe 1;"));
    assert!(
        excel.contains(
            ";0,06666666666666667;0,05434782608695652;0,0123194;-0,0412;0,0714;0,631;M1;"
        )
    );
    assert!(excel.ends_with("\r\n"));
    let formula = String::from_utf8(csv::danish_excel(&baseline(&DA), &DA)).unwrap();
    assert!(
        formula.contains("\"'=Født uden for EU; \"\"3. lande\"\"\""),
        "{formula}"
    );
}

#[test]
fn machine_csv_is_read_back_as_it_was() {
    let table = baseline(&DA);
    let text = csv::machine(&table);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), table.rows().count());
    for (record, row) in records.iter().zip(table.rows()) {
        assert_eq!(&record[1], row.label);
        if let Value::Count(n) = row.cells[0].value {
            assert_eq!(record[2].parse::<u64>().unwrap(), n);
        }
        if let Some(Value::Number(share, _)) = row.cells[0].aside {
            assert_eq!(record[3].parse::<f64>().unwrap().to_bits(), share.to_bits());
        }
    }
}

#[test]
fn html_marks_heads_and_escapes_words() {
    let text = html::fragment(&effects(&DA), &DA);
    assert!(text.contains("<th scope=\"colgroup\" colspan=\"3\">Effekt</th>"));
    assert!(text.contains("<th scope=\"rowgroup\" colspan=\"6\">Beskæftigelse</th>"));
    assert!(text.contains("beskæftigelse &amp; løn"));
    assert!(text.contains("&lt;uge 1–52&gt;"));
    assert!(text.contains("&lt;0,001</td>"));
    assert!(text.contains("<a class=\"source\" href=\"#method-1\">M1</a>"));
    assert!(text.contains("<sup>a</sup> Effekten af"));
    for tag in [
        "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "div", "span",
    ] {
        let opened =
            text.matches(&format!("<{tag}>")).count() + text.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn latex_keeps_small_p_brackets_and_minus() {
    let text = latex::text(&effects(&DA), &DA);
    assert!(text.contains("\\textless{}0,001"));
    assert!(text.contains("{[}$-$4,1; 7,1{]}"));
    assert!(text.contains("\\cmidrule(lr){2-3}\\cmidrule(lr){4-6}"));
    assert!(text.contains("112\\,346~kr."));
    let text = latex::text(&baseline(&DA), &DA);
    assert!(text.contains("\\_Ikke\\_ oplyst \\textbar{} 50 \\% \\& \\#"));
    assert_eq!(text.matches('{').count(), text.matches('}').count());
}

#[test]
fn markdown_has_as_many_cells_in_every_row() {
    for table in [effects(&EN), baseline(&EN)] {
        let text = markdown::text(&table, &EN);
        let rows: Vec<usize> = text
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| line.replace("\\|", "").matches('|').count())
            .collect();
        assert!(
            rows.len() > 3 && rows.iter().all(|&n| n == rows[0]),
            "{text}"
        );
    }
}

#[test]
fn footnotes_are_marked_in_reading_order_and_said_once() {
    let mut table = Table::new("t", "T", "");
    let second = table.footnote("said second");
    let first = table.footnote("said first");
    assert_eq!(table.footnote("said first"), first);
    table.footnote("never pointed to");
    table.columns = vec![Column::numbers("n", "n").noted(first)];
    let gone = || Cell::new(Value::Missing("nobody was followed".to_owned()));
    table.push(Row::new("x", vec![gone()]).noted(second));
    table.push(Row::new("y", vec![gone().noted(first)]));
    let text = terminal::text(&table, &EN, 80);
    assert!(
        text.contains("n[a]") && text.contains("x [b]") && text.contains("–[a,c]"),
        "{text}"
    );
    assert!(
        text.contains("[a] said first\n[b] said second\n[c] Nobody was followed.\n"),
        "{text}"
    );
    assert!(!text.contains("never"));
}

#[test]
fn a_number_that_is_none_is_never_written_as_one() {
    let form = Form::of(Unit::None, 1);
    for value in [f64::NAN, f64::INFINITY] {
        assert_eq!(Value::Number(value, form).written(&DA), "–");
        assert_eq!(Value::P(value).written(&DA), "–");
    }
    let open = Value::interval(None, Some(2.0), form);
    assert_eq!(open.written(&DA), "[−∞; 2,0]");
    let change = Value::interval(Some(0.92), Some(3.59), Form::of(Unit::Relative, 0));
    assert_eq!(change.written(&EN).replace('\u{a0}', " "), "(−8 to +259)");
}

#[test]
fn numbers_in_parentheses_are_named_for_what_they_are() {
    let share = Form::of(Unit::Share, 1);
    let plain = Form::of(Unit::None, 1);
    let mut table = Table::new("t", "T", "");
    table.columns = ["a", "b", "c", "d"]
        .map(|key| Column::numbers(key, key.to_uppercase()))
        .to_vec();
    let shared = || Cell::count(9).with(Value::Number(0.5, share));
    let events = || Cell::new(Value::Number(0.5, share)).with(Value::Count(9));
    let spread = || Cell::new(Value::Number(40.0, plain)).with(Value::Number(12.0, plain));
    table.push(Row::new("x", vec![shared(), events(), spread(), shared()]));
    table.push(Row::new("y", vec![shared(), events(), spread(), spread()]));
    let text = csv::machine(&table);
    let head = "group,row,a,a_share,b,b_count,c,c_sd,d,d_share_or_sd,source,notes\n";
    assert!(text.starts_with(head), "{text}");
    let text = String::from_utf8(csv::danish_excel(&table, &DA)).unwrap();
    let head = "A;A, andel, 0–1;B;B, antal;C;C, standardafvigelse;D;D, andel eller";
    assert!(text.contains(head), "{text}");
}

#[test]
fn rows_on_a_terminal_name_their_method_and_marks_break_between_lines() {
    let mut table = Table::new("t", "T", "");
    table.columns = vec![Column::numbers("n", "Ny (n\u{a0}=\u{a0}57)")];
    let notes: Vec<_> = (0..9)
        .map(|n| table.footnote(format!("note {n}")))
        .collect();
    let source = Source {
        id: "method-1".to_owned(),
        label: "M1".to_owned(),
    };
    let mut row = Row::new("Trivselsindsatsen", vec![Cell::count(9)]).from_source(source);
    for note in notes {
        row = row.noted(note);
    }
    table.push(row);
    let text = terminal::text(&table, &DA, 30);
    assert!(text.contains("Trivselsindsatsen"), "{text}");
    assert!(text.contains("i] M1"), "{text}");
    // A head breaks before what stands in parentheses, never within.
    assert!(text.contains("(n = 57)"), "{text}");
}

#[test]
fn a_table_lies_on_its_side_on_paper_where_its_numbers_are_too_wide() {
    let table = |columns: usize, head: &str| {
        let mut table = Table::new("t", "T", "");
        table.columns = (0..columns)
            .map(|n| Column::numbers(&format!("c{n}"), head))
            .collect();
        let share = Value::Number(0.55, Form::of(Unit::Share, 1));
        table.push(Row::new("x", vec![Cell::count(22).with(share); columns]));
        html::fragment(&table, &DA)
    };
    // Heads break, numbers never: `22 (55,0 pct.)` is 14 letters, and 8 columns of it 128.
    assert!(table(8, "Ny").contains("\"table wide\""));
    assert!(table(4, "Beskæftigelsesindsats").contains("\"table\""));
}
