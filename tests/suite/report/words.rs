//! Words in both languages, and numbers in a form of their own.

use klero::period::{Date, Week};
use klero::protocol::Language;
use klero::report::language::{
    DecimalMark, Grouping, IntervalForm, Locale, Message, Noun, NumberForm, PercentSign, Settings,
};

use super::sample::{DA, EN};

/// Shows the spaces that do not break.
fn seen(text: &str) -> String {
    text.replace('\u{a0}', "·").replace('\u{202f}', "'")
}

#[test]
fn every_message_tells_its_facts_in_both_languages() {
    let every = Message::every();
    assert!(every.len() > 150);
    for (name, facts, message) in every {
        let (danish, english) = (message.say(&DA), message.say(&EN));
        for text in [&danish, &english] {
            assert!(!text.trim().is_empty(), "{name}");
            assert_eq!(text.trim(), text, "{name}");
            assert!(!text.contains("  "), "{name}: {text}");
            assert!(!text.contains(['{', '}']), "{name}: {text}");
            for fact in facts {
                let told = text.contains(fact) || text.contains("47");
                assert!(told, "{name} forgets {fact}: {text}");
            }
        }
        // A sentence in one language is a sentence in the other.
        assert_eq!(danish.ends_with('.'), english.ends_with('.'), "{name}");
        let straight = english.contains(['\'', '"']) || danish.contains(['\'', '"']);
        assert!(!straight, "{name} has a typewriter’s quotation mark");
    }
}

#[test]
fn the_stop_of_an_abbreviation_is_that_of_its_sentence() {
    let said = Message::ResultOfOne {
        arm: "Forløb",
        value: "26,7 pct. (52 af 195); mål 20,0 pct.",
    };
    assert_eq!(
        said.say(&DA),
        "Forløb: 26,7 pct. (52 af 195); mål 20,0 pct."
    );
    let said = Message::SameForAll { facts: "mv." };
    assert_eq!(said.say(&DA), "Ens for alle: mv.");
    // An omission, and what is held back, stay.
    let said = Message::SameForAll {
        facts: "og så …, osv ...",
    };
    assert!(said.say(&DA).contains("osv ..."));
    let said = Message::Suppressed { threshold: 5 };
    assert!(said.say(&DA).starts_with(".. "));
}

#[test]
fn two_stops_in_an_id_or_a_file_name_stay() {
    let said = Message::RegisterNotThere {
        file: "data/dream..csv",
    };
    for locale in [DA, EN] {
        assert!(said.say(&locale).contains("data/dream..csv"));
    }
    let said = Message::HeadFact { head: "hoved..." };
    assert!(said.say(&DA).ends_with("hoved..."));
    // Where such a fact ends a sentence, the sentence has its stop.
    let said = Message::SameForAll { facts: "a..b.." };
    assert!(said.say(&DA).ends_with("a..b..."), "{}", said.say(&DA));
}

#[test]
fn every_public_id_has_its_words() {
    use klero::protocol::{IntervalId, MethodId, PROCEDURES};
    for id in MethodId::ALL {
        assert!(Message::of_method(id.name()).is_some(), "{id}");
    }
    for id in IntervalId::ALL {
        assert!(Message::of_interval(id.name()).is_some(), "{id}");
    }
    for id in PROCEDURES {
        assert!(Message::of_procedure(id).is_some(), "{id}");
    }
    assert_eq!(Message::of_method("magic"), None);
}

#[test]
fn numbers_take_danish_marks() {
    assert_eq!(seen(&DA.number(1234.567, 1)), "1'234,6");
    assert_eq!(seen(&DA.number(-0.04, 1)), "0,0");
    assert_eq!(seen(&DA.number(-1.26, 1)), "−1,3");
    assert_eq!(seen(&DA.count(1_234_567)), "1'234'567");
    assert_eq!(seen(&DA.integer(-1234)), "−1'234");
    assert_eq!(seen(&DA.percent(9.0 / 135.0, 1)), "6,7·pct.");
    assert_eq!(seen(&DA.points(-0.0123, 1)), "−1,2·procentpoint");
    assert_eq!(seen(&DA.relative(1.82, 0)), "82·pct. mere");
    assert_eq!(seen(&DA.relative(0.88, 0)), "12·pct. mindre");
    assert_eq!(seen(&DA.interval("2,1", "15,9")), "[2,1; 15,9]");
    assert_eq!(seen(&DA.p_statement(0.0004)), "p·<·0,001");
    assert_eq!(seen(&DA.p_statement(0.0232)), "p·=·0,023");
    assert_eq!(seen(&DA.level(0.95)), "95·pct.");
    assert_eq!(seen(&DA.level(0.975)), "97,5·pct.");
    assert_eq!(
        seen(&DA.week(Week::from_iso(2021, 14).unwrap())),
        "uge·14, 2021"
    );
    assert_eq!(
        seen(&DA.date(Date::constant(2018, 3, 14))),
        "14.·marts 2018"
    );
    assert_eq!(seen(&DA.counted(1, Noun::Person)), "1·person");
    assert_eq!(seen(&DA.counted(503, Noun::Person)), "503·personer");
}

#[test]
fn numbers_take_english_marks() {
    assert_eq!(seen(&EN.number(1234.567, 1)), "1'234.6");
    assert_eq!(seen(&EN.percent(9.0 / 135.0, 1)), "6.7·%");
    assert_eq!(seen(&EN.points(0.01, 0)), "+1·percentage point");
    assert_eq!(seen(&EN.points(0.0123, 1)), "+1.2·percentage points");
    assert_eq!(seen(&EN.relative(1.82, 0)), "82·% more");
    assert_eq!(seen(&EN.interval("2.1", "15.9")), "(2.1·to 15.9)");
    assert_eq!(seen(&EN.p_statement(0.0004)), "p·<·0.001");
    assert_eq!(
        seen(&EN.week(Week::from_iso(2021, 14).unwrap())),
        "week·14, 2021"
    );
    assert_eq!(seen(&EN.date(Date::constant(2018, 3, 14))), "14·March 2018");
}

#[test]
fn language_of_report_screen_and_numbers_are_three_settings() {
    let settings = Settings {
        report: Language::Danish,
        screen: Language::English,
        numbers: NumberForm {
            decimal: DecimalMark::Comma,
            grouping: Grouping::Point,
            percent: PercentSign::Sign,
            interval: IntervalForm::Words,
        },
    };
    let (report, screen) = (settings.report(), settings.screen());
    assert_eq!(report.say(Message::Effect), "Effekt");
    assert_eq!(screen.say(Message::Effect), "Effect");
    for locale in [report, screen] {
        assert_eq!(seen(&locale.number(1234.5, 1)), "1.234,5");
        assert_eq!(seen(&locale.percent(0.067, 1)), "6,7·%");
    }
    assert_eq!(seen(&report.interval("1,0", "2,0")), "(1,0·til 2,0)");
    assert_eq!(seen(&screen.interval("1,0", "2,0")), "(1,0·to 2,0)");
    assert_eq!(Locale::of(Language::Danish).tag(), "da-DK");
}
