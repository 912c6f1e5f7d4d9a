//! Tables and a document to try the forms with; every number is invented.

use klero::period::Date;
use klero::protocol::Language;
use klero::report::document::{Block, Contents, Definition, Document, Figure, Inline, Target};
use klero::report::language::{Locale, Message, Noun};
use klero::report::table::{Cell, Column, Form, Row, Source, Span, Table, Unit, Value};

pub const DA: Locale = Locale::of(Language::Danish);
pub const EN: Locale = Locale::of(Language::English);

fn m(number: u32) -> Source {
    Source {
        id: format!("method-{number}"),
        label: format!("M{number}"),
    }
}

/// Effects of two arms: shares, weeks and kroner in one table, with an open interval, a missing
/// number and a small p.
pub fn effects(locale: &Locale) -> Table {
    let title = locale.say(Message::PrimaryEffects);
    let mut table = Table::new("effects", title, locale.say(Message::Outcome));
    table.caption = match locale.language {
        Language::Danish => "Ordinær beskæftigelse & løn 52 uger efter lodtrækningen <uge 1–52>.",
        Language::English => "Ordinary employment & wage 52 weeks after the draw <weeks 1–52>.",
    }
    .to_owned();
    let level = locale.level(0.95);
    let arms = ["Gruppe 1", "Kontrol"];
    table.spans = vec![vec![
        Span {
            text: locale.say(Message::Mean),
            columns: 2,
        },
        Span {
            text: locale.say(Message::Effect),
            columns: 3,
        },
    ]];
    let itt = table.footnote(locale.say(Message::Estimand {
        arm: arms[0],
        reference: arms[1],
    }));
    table.columns = vec![
        Column::numbers("mean_arm", arms[0]),
        Column::numbers("mean_reference", arms[1]),
        Column::numbers("estimate", locale.say(Message::AbsoluteEffect)).noted(itt),
        Column::numbers("interval", locale.say(Message::Interval { level: &level })),
        Column::numbers("p", locale.say(Message::P)),
    ];
    let share = Form::of(Unit::Share, 1);
    let points = Form::of(Unit::Points, 1).signed();
    let weeks = Form::of(Unit::Of(Noun::Week), 1);
    let kroner = Form::of(Unit::Of(Noun::Krone), 0);
    let methods = table.footnote(locale.say(Message::EstimatedBy {
        method: &locale.say(Message::RiskDifferenceMethod),
        source: "Miettinen & Nurminen 1985",
    }));
    let before = table.footnote(locale.say(Message::BeforeDraw));
    table.group(match locale.language {
        Language::Danish => "Beskæftigelse",
        Language::English => "Employment",
    });
    table.push(
        Row::new(
            match locale.language {
                Language::Danish => "I ordinær beskæftigelse i uge 52 (mindst 15 timer)",
                Language::English => "In ordinary employment in week 52 (at least 15 hours)",
            },
            vec![
                Cell::new(Value::Number(9.0 / 135.0, share)),
                Cell::new(Value::Number(10.0 / 184.0, share)),
                Cell::new(Value::Number(0.012_319_4, points)).noted(methods),
                Cell::new(Value::interval(Some(-0.041_2), Some(0.071_4), points)),
                Cell::new(Value::P(0.631)),
            ],
        )
        .from_source(m(1)),
    );
    table.push(
        Row::new(
            match locale.language {
                Language::Danish => "Uger i beskæftigelse",
                Language::English => "Weeks in employment",
            },
            vec![
                Cell::new(Value::Number(15.25, weeks)),
                Cell::new(Value::Number(9.0, weeks)),
                Cell::new(Value::Number(6.25, weeks.signed())),
                Cell::new(Value::interval(Some(2.13), Some(15.87), weeks)),
                Cell::new(Value::P(0.000_4)),
            ],
        )
        .indented(1)
        .from_source(m(2)),
    );
    table.group(match locale.language {
        Language::Danish => "Løn og forskelle før lodtrækningen",
        Language::English => "Wage, and differences before the draw",
    });
    table.push(
        Row::new(
            match locale.language {
                Language::Danish => "Løn pr. år",
                Language::English => "Wage a year",
            },
            vec![
                Cell::new(Value::Number(112_345.6, kroner)),
                Cell::new(Value::Number(98_765.4, kroner)),
                Cell::new(Value::Number(13_580.2, kroner.signed())),
                Cell::new(Value::interval(Some(-1_250.0), None, kroner)),
                Cell::new(Value::P(0.0712)),
            ],
        )
        .from_source(m(2)),
    );
    table.push(
        Row::new(
            match locale.language {
                Language::Danish => "Måneder på hjælp før",
                Language::English => "Months on benefit before",
            },
            vec![
                Cell::new(Value::Number(26.4, Form::of(Unit::Of(Noun::Month), 1))),
                Cell::new(Value::Suppressed { threshold: 5 }),
                Cell::new(Value::Missing("no events in either arm".to_owned())).noted(before),
                Cell::new(Value::Empty),
                Cell::new(Value::Empty),
            ],
        )
        .noted(before)
        .from_source(m(2)),
    );
    table.note(locale.say(Message::NoSignificance));
    table
}

/// A baseline table: counts with percentages, three arms.
pub fn baseline(locale: &Locale) -> Table {
    let title = locale.say(Message::Baseline);
    let mut table = Table::new("baseline", title, locale.say(Message::Characteristic));
    table.columns = ["Virksomhedspraktik", "Mentor", "Kontrol"]
        .iter()
        .enumerate()
        .map(|(index, label)| Column::numbers(&format!("arm{index}"), *label))
        .collect();
    let share = Form::of(Unit::Share, 1);
    let count = |n: u64, of: u64| Cell::count(n).with(Value::Number(n as f64 / of as f64, share));
    let of = [135u64, 183, 1184];
    let number = locale.say(Message::Persons);
    table.push(Row::new(
        number,
        of.iter().map(|&n| Cell::count(n)).collect(),
    ));
    for (name, counts) in [
        ("Kvinder", [70, 96, 601]),
        ("=Født uden for EU; \"3. lande\"", [12, 8, 77]),
        ("_Ikke_ oplyst | 50 % & #", [0, 5, 13]),
    ] {
        let cells = counts.iter().zip(of).map(|(&n, of)| count(n, of));
        table.push(Row::new(name, cells.collect()).indented(1));
    }
    let age = Form::of(Unit::Of(Noun::Year), 1);
    let means = [41.25, 40.0, 39.875].map(|mean| {
        Cell::new(Value::Number(mean, age.bare())).with(Value::Number(9.5, age.bare()))
    });
    table.push(Row::new(
        "Alder, gennemsnit (standardafvigelse)",
        means.to_vec(),
    ));
    table.note(locale.say(Message::NoBaselineTests));
    table
}

/// A table too wide for a page upright, or for a terminal with columns.
pub fn wide() -> Table {
    let mut table = Table::new("wide", "A wide table", "Week");
    table.columns = (0..14)
        .map(|index| Column::numbers(&format!("c{index}"), format!("State number {index}")))
        .collect();
    for week in 0..3 {
        let cells = (0..14)
            .map(|index| Cell::count(1000 * index + week))
            .collect();
        table.push(Row::new(format!("week {week}"), cells));
    }
    table
}

/// A PNG of one grey dot, 300 dots an inch.
pub fn dot() -> Vec<u8> {
    vec![
        0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0,
        0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78,
        0x9c, 0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, b'I', b'E',
        b'N', b'D', 0xae, 0x42, 0x60, 0x82,
    ]
}

fn figure(id: &str, title: &str) -> Figure {
    Figure {
        id: id.to_owned(),
        title: title.to_owned(),
        caption: "Andel pr. uge, med bånd.".to_owned(),
        alternative: "En linje stiger fra 5 til 31 pct.".to_owned(),
        svg: "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \
              600 200\" width=\"600\" height=\"200\" role=\"img\" aria-labelledby=\"title \
              desc\"><title id=\"title\">T</title><desc id=\"desc\">D</desc><defs><clipPath \
              id=\"c\"><rect width=\"600\" height=\"200\"/></clipPath></defs><g \
              clip-path=\"url(#c)\"><path d=\"M20 180L580 40\" stroke=\"#0072B2\" \
              stroke-width=\"3\" fill=\"none\"/><path d=\"M20 190H580\" stroke=\"#222\"/></g>\
              <text x=\"20\" y=\"30\" font-size=\"14\">31 pct.</text></svg>\n"
            .to_owned(),
        png: dot(),
    }
}

pub fn document(locale: &Locale) -> Document {
    let danish = locale.language == Language::Danish;
    let word = |da: &str, en: &str| if danish { da } else { en }.to_owned();
    Document {
        title: word(
            "Virker en mentor? Resultater fra lodtrækningsforsøget",
            "Does a mentor help? Results of the randomised trial",
        ),
        subtitle: word("Forsøget i Sønderbæk Kommune, 2018–2021", "The trial in Sønderbæk, 2018–2021"),
        date: Date::constant(2021, 4, 9),
        contents: Contents::Listed,
        blocks: vec![
            Block::heading(1, "summary", locale.say(Message::Summary)),
            Block::Paragraph(vec![
                Inline::plain(word("Andelen i beskæftigelse var ", "The share in employment was ")),
                Inline::Strong(locale.percent(9.0 / 135.0, 1)),
                Inline::plain(word(" mod ", " against ")),
                Inline::plain(locale.percent(10.0 / 184.0, 1)),
                Inline::plain(word(", en forskel på ", ", a difference of ")),
                Inline::Emphasis(locale.points(0.0123, 1)),
                Inline::plain(". "),
                Inline::link(word("Se effekterne", "See the effects"), "effects"),
                Inline::plain(word(" og planen på ", " and the plan at ")),
                Inline::Link {
                    text: "osf.io".to_owned(),
                    to: Target::Elsewhere("https://osf.io/?a=1&b=2".to_owned()),
                },
                Inline::plain("."),
            ]),
            Block::List(vec![
                vec![Inline::plain(word("Første punkt", "First point"))],
                vec![Inline::plain(word("Andet punkt", "Second point"))],
            ]),
            Block::heading(1, "results", locale.say(Message::Results)),
            Block::heading(2, "before", locale.say(Message::Baseline)),
            Block::Table(baseline(locale)),
            Block::heading(2, "after", locale.say(Message::PrimaryEffects)),
            Block::Table(effects(locale)),
            Block::Figure(figure("employment", &word("Andel i beskæftigelse", "Share employed"))),
            Block::Figure(figure("second", &word("Andel i uddannelse", "Share in education"))),
            Block::Table(wide()),
            Block::heading(1, "methods", locale.say(Message::Methods)),
            Block::Definitions(vec![
                Definition {
                    id: "method-1".to_owned(),
                    term: "M1".to_owned(),
                    descriptions: vec![vec![
                        Inline::plain("Miettinen & Nurminen 1985, "),
                        Inline::Link {
                            text: "doi:10.1002/sim.4780040211".to_owned(),
                            to: Target::Elsewhere("https://doi.org/10.1002/sim.4780040211".to_owned()),
                        },
                    ]],
                },
                Definition {
                    id: "method-2".to_owned(),
                    term: "M2".to_owned(),
                    descriptions: vec![
                        vec![Inline::plain(locale.say(Message::DifferenceInMeansMethod))],
                        vec![
                            Inline::plain("outcomes.parquet "),
                            Inline::Code(
                                "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                                    .to_owned(),
                            ),
                        ],
                    ],
                },
            ]),
            Block::Notes(vec![vec![Inline::plain(locale.say(Message::DisclosureRule { threshold: 5 }))]]),
        ],
    }
}
