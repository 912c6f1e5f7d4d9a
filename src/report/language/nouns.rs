//! Nouns of the catalogue, for one and for many.

use crate::protocol::Language;

macro_rules! nouns {
    ($($name:ident: [$da:literal, $da_many:literal], [$en:literal, $en_many:literal];)+) => {
        /// A thing that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Noun {
            $($name,)+
        }

        impl Noun {
            pub const ALL: &'static [Noun] = &[$(Noun::$name),+];

            /// Returns the noun for one or for another number of them.
            pub const fn form(self, language: Language, one: bool) -> &'static str {
                match (self, language, one) {
                    $((Noun::$name, Language::Danish, true) => $da,
                    (Noun::$name, Language::Danish, false) => $da_many,
                    (Noun::$name, Language::English, true) => $en,
                    (Noun::$name, Language::English, false) => $en_many,)+
                }
            }
        }
    };
}

nouns! {
    Person: ["person", "personer"], ["person", "persons"];
    Point: ["procentpoint", "procentpoint"], ["percentage point", "percentage points"];
    Week: ["uge", "uger"], ["week", "weeks"];
    Month: ["måned", "måneder"], ["month", "months"];
    Day: ["dag", "dage"], ["day", "days"];
    Year: ["år", "år"], ["year", "years"];
    Hour: ["time", "timer"], ["hour", "hours"];
    Krone: ["kr.", "kr."], ["DKK", "DKK"];
    Arm: ["gruppe", "grupper"], ["arm", "arms"];
    Stratum: ["stratum", "strata"], ["stratum", "strata"];
    Outcome: ["udfald", "udfald"], ["outcome", "outcomes"];
    Test: ["test", "test"], ["test", "tests"];
    Factor: ["oplysning", "oplysninger"], ["factor", "factors"];
    Estimate: ["estimat", "estimater"], ["estimate", "estimates"];
    Row: ["række", "rækker"], ["row", "rows"];
    File: ["fil", "filer"], ["file", "files"];
    Entry: ["indførsel", "indførsler"], ["entry", "entries"];
    Key: ["nøgle", "nøgler"], ["key", "keys"];
    DrawnPerson: ["trukket person", "trukne personer"], ["drawn person", "drawn persons"];
    Spell: ["forløb", "forløb"], ["spell", "spells"];
    Referral: ["henvisning", "henvisninger"], ["referral", "referrals"];
    Replay: ["gentagelse", "gentagelser"], ["replay", "replays"];
}
