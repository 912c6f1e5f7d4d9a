//! The catalogue: every word of a report, in Danish and English.
//!
//! Promises: a message that lacks a language does not compile; a message whose text forgets one of
//! its facts fails a test. Plain terms that a ministry's reader knows come before terms of art.

use super::Locale;
use crate::protocol::Language;

/// A fact inside a message, written in the form of numbers that was chosen.
pub trait Spoken {
    fn spoken(&self, locale: &Locale) -> String;
}

impl Spoken for &str {
    fn spoken(&self, _: &Locale) -> String {
        (*self).to_owned()
    }
}

impl Spoken for u64 {
    fn spoken(&self, locale: &Locale) -> String {
        locale.count(*self)
    }
}

impl Spoken for i64 {
    fn spoken(&self, locale: &Locale) -> String {
        locale.integer(*self)
    }
}

/// A value to try a message with.
trait Tried {
    fn tried(name: &'static str) -> Self;
}

impl Tried for &'static str {
    fn tried(name: &'static str) -> Self {
        name
    }
}

impl Tried for u64 {
    fn tried(_: &'static str) -> Self {
        47
    }
}

impl Tried for i64 {
    fn tried(_: &'static str) -> Self {
        47
    }
}

/// Stands between two stops that a fact has of its own, such as an id or the name of a file.
const OWN_STOPS: char = '\u{e000}';

fn with_own_stops(fact: String) -> String {
    match fact.contains("..") {
        true => fact.replace("..", &format!(".{OWN_STOPS}.")),
        false => fact,
    }
}

/// Lets the stop of an abbreviation be that of its sentence too: `20 pct.`, never `20 pct..`
pub fn one_stop(text: String) -> String {
    let mut out = String::with_capacity(text.len());
    let letters: Vec<char> = text.chars().collect();
    for (place, &letter) in letters.iter().enumerate() {
        let before = |back: usize| place.checked_sub(back).map(|at| letters[at]);
        // Two stops behind a letter; three are an omission, and two alone stand for what is
        // held back.
        let doubled = letter == '.'
            && before(1) == Some('.')
            && before(2).is_some_and(char::is_alphabetic)
            && letters
                .get(place + 1)
                .is_none_or(|next| !next.is_alphanumeric() && *next != '.');
        if !doubled {
            out.push(letter);
        }
    }
    out
}

macro_rules! messages {
    ($life:lifetime; $(
        $(#[$doc:meta])*
        $name:ident $({ $($field:ident : $type:ty),+ $(,)? })? : $danish:literal, $english:literal;
    )+) => {
        /// A text of the catalogue, with the facts it tells.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Message<$life> {
            $($(#[$doc])* $name $({ $($field: $type),+ })?,)+
            /// Words of somebody else, in whatever language they were written.
            Own(&$life str),
        }

        impl Message<'_> {
            /// Says the message in a language and form of numbers.
            pub fn say(&self, locale: &Locale) -> String {
                let said = match self {
                    $(Message::$name $({ $($field),+ })? => {
                        $($(let $field = with_own_stops($field.spoken(locale));)+)?
                        match locale.language {
                            Language::Danish => format!($danish),
                            Language::English => format!($english),
                        }
                    })+
                    Message::Own(text) => return (*text).to_owned(),
                };
                one_stop(said).replace(OWN_STOPS, "")
            }

            /// Returns every message once with its name and the names of its facts, for tests; a
            /// fact that is a text holds its own name, a number is 47.
            #[doc(hidden)]
            pub fn every() -> Vec<(&'static str, &'static [&'static str], Message<'static>)> {
                vec![$((
                    stringify!($name),
                    &[$($(stringify!($field)),+)?],
                    Message::$name $({ $($field: Tried::tried(stringify!($field))),+ })?,
                )),+]
            }
        }
    };
}

messages! { 'a;
    // Words inside forms of numbers.
    To: "til", "to";
    More: "mere", "more";
    Less: "mindre", "less";

    // Parts of a document.
    Contents: "Indhold", "Contents";
    Summary: "Hovedresultater", "Main results";
    Flow: "Deltagernes vej gennem forsøget", "Flow of participants";
    Baseline: "Deltagerne før lodtrækningen", "Participants before the draw";
    TakeUp: "Deltagelse i indsatsen", "Take-up of the programme";
    PrimaryEffects: "Effekter på de primære udfald", "Effects on the primary outcomes";
    SecondaryEffects: "Effekter på de sekundære udfald", "Effects on the secondary outcomes";
    ExploratoryEffects: "Eksplorative analyser", "Exploratory analyses";
    Subgroups: "Effekter i undergrupper", "Effects in subgroups";
    Sensitivity: "Følsomhedsanalyser", "Sensitivity analyses";
    MissingData: "Manglende data", "Missing data";
    Deviations: "Afvigelser fra den forseglede plan", "Deviations from the sealed plan";
    Methods: "Metoder", "Methods";
    Method: "Metode", "Method";
    Provenance: "Herkomst", "Provenance";
    Notes: "Noter", "Notes";
    Results: "Resultater", "Results";
    TableNumber { number: u64 }: "Tabel {number}", "Table {number}";
    FigureNumber { number: u64 }: "Figur {number}", "Figure {number}";
    /// The label that Word counts tables by.
    TableLabel: "Tabel", "Table";
    FigureLabel: "Figur", "Figure";
    Page: "Side", "Page";
    ToTop: "Til toppen", "Back to top";
    TableOf { title: &'a str, rows: u64, columns: u64 }:
        "Tabel: {title}. {rows} rækker og {columns} kolonner.",
        "Table: {title}. {rows} rows and {columns} columns.";

    // Heads of columns and rows.
    Arm: "Gruppe", "Arm";
    Reference: "Sammenlignet med", "Compared with";
    Outcome: "Udfald", "Outcome";
    Contrast: "Sammenligning", "Contrast";
    Effect: "Effekt", "Effect";
    Estimate: "Estimat", "Estimate";
    AbsoluteEffect: "Forskel", "Difference";
    RelativeEffect: "Relativ forskel", "Relative difference";
    OddsRatio: "Oddsforhold", "Odds ratio";
    HazardRatio: "Hazardforhold", "Hazard ratio";
    Interval { level: &'a str }: "{level}-konfidensinterval", "{level} confidence interval";
    Lower: "nedre grænse", "lower limit";
    Upper: "øvre grænse", "upper limit";
    P: "p", "p";
    AdjustedP: "justeret p", "adjusted p";
    StandardError: "standardfejl", "standard error";
    DegreesOfFreedom: "frihedsgrader", "degrees of freedom";
    Mean: "Gennemsnit", "Mean";
    Median: "Median", "Median";
    StandardDeviation: "standardafvigelse", "standard deviation";
    StandardisedDifference: "Standardiseret forskel", "Standardised difference";
    ReplayedBand { level: &'a str }:
        "Hvad lodtrækningen selv giver ({level})", "What the draw itself gives ({level})";
    Persons: "Personer", "Persons";
    Number: "Antal", "Number";
    Share: "Andel", "Share";
    Events: "Antal med udfaldet", "Number with the outcome";
    AtRisk: "Under observation", "At risk";
    Total: "I alt", "Total";
    AllArms: "Alle grupper", "All arms";
    Missing: "Mangler", "Missing";
    MissingShare: "Andel der mangler", "Share missing";
    Reason: "Årsag", "Reason";
    Characteristic: "Kendetegn", "Characteristic";
    Factor: "Oplysning", "Fact";
    Level: "Værdi", "Value";
    Subgroup: "Undergruppe", "Subgroup";
    Interaction: "Test af forskel mellem undergrupper", "Test of a difference between subgroups";
    Source: "Kilde", "Source";
    Unit: "Enhed", "Unit";
    Row: "Række", "Row";
    Group: "Afsnit", "Section";
    Note: "Note", "Note";
    Name: "Navn", "Name";
    Value: "Værdi", "Value";
    Weeks: "Uger", "Weeks";
    WeekFromDraw: "Uge fra lodtrækningen", "Week from the draw";
    Share0To1: "andel, 0–1", "share, 0–1";
    ShareAside: "andel", "share";
    CountAside: "antal", "count";
    DeviationAside: "standardafvigelse", "standard deviation";
    ShareOrDeviation: "andel eller standardafvigelse", "share or standard deviation";

    // The way through the trial.
    Referred: "Henvist", "Referred";
    Refused: "Ikke optaget", "Not admitted";
    RefusedRecorded: "Afvist, med årsag", "Refused, with reasons";
    Drawn: "Med i lodtrækningen", "Entered the draw";
    Allocated: "Trukket til gruppen", "Drawn to the arm";
    Received: "Fik indsatsen", "Received the programme";
    NotReceived: "Fik ikke indsatsen", "Did not receive the programme";
    Withdrawn: "Trukket tilbage", "Withdrawn";
    Excluded: "Udeladt efter lodtrækningen", "Excluded after the draw";
    Observed: "Udfald kendt", "Outcome known";
    OutcomeMissing: "Udfald mangler", "Outcome missing";
    Censored: "Fulgt til data slutter", "Followed to the end of data";
    Analysed: "Med i analysen", "Analysed";

    // Roles of outcomes and rows.
    Primary: "primært", "primary";
    Secondary: "sekundært", "secondary";
    Exploratory: "eksplorativt", "exploratory";
    Planned: "planlagt", "planned";
    NotPlanned: "ikke planlagt", "not planned";
    PlannedNotRun { analysis: &'a str }:
        "Planlagt, men ikke udført: {analysis}", "Planned, not run: {analysis}";
    RunNotPlanned { analysis: &'a str }:
        "Udført uden at være planlagt: {analysis}", "Run without being planned: {analysis}";
    Redefined { outcome: &'a str, sealed: &'a str, now: &'a str }:
        "Målt anderledes end i den forseglede plan: {outcome}. Forseglet: {sealed}. Brugt: {now}.",
        "Measured otherwise than in the sealed plan: {outcome}. Sealed: {sealed}. Used: {now}.";
    OtherMultiplicity { sealed: &'a str, now: &'a str }:
        "Andre justeringer for mange test end i den forseglede plan. Forseglet: {sealed}. Brugt: \
         {now}.",
        "Adjusted for many tests otherwise than in the sealed plan. Sealed: {sealed}. Used: {now}.";
    NoDeviations:
        "Alle planlagte analyser er udført, og ingen andre.",
        "Every planned analysis was run, and no other.";

    // Footnotes, made from what was executed.
    Estimand { arm: &'a str, reference: &'a str }:
        "Effekten af at blive trukket til {arm} frem for {reference}, for alle der var med i \
         lodtrækningen, uanset hvad de modtog (intention-to-treat).",
        "The effect of being drawn to {arm} rather than {reference}, for all who entered the \
         draw, whatever they received (intention to treat).";
    EstimatedBy { method: &'a str, source: &'a str }:
        "Beregnet som {method} ({source}).", "Estimated as {method} ({source}).";
    StandardErrorsBy { method: &'a str }: "Standardfejl: {method}.", "Standard errors: {method}.";
    IntervalBy { level: &'a str, method: &'a str }:
        "{level}-konfidensinterval: {method}.", "{level} confidence interval: {method}.";
    AdjustedFor { covariates: &'a str }:
        "Justeret for {covariates}, målt før lodtrækningen.",
        "Adjusted for {covariates}, measured before the draw.";
    Unadjusted: "Ikke justeret for andre oplysninger.", "Not adjusted for other facts.";
    StratifiedBy { factors: &'a str }:
        "Lodtrækningen og analysen er opdelt efter {factors}.",
        "The draw and the analysis are stratified by {factors}.";
    ClusteredBy { cluster: &'a str }:
        "Der er trukket lod mellem {cluster}; usikkerheden er beregnet derefter.",
        "Lots were drawn between {cluster}; uncertainty is computed accordingly.";
    LeftOut { persons: &'a str, reason: &'a str }:
        "Ikke med i beregningen: {persons} ({reason}).",
        "Not in the calculation: {persons} ({reason}).";
    NoneMissing:
        "Alle der var med i lodtrækningen, er med i beregningen.",
        "All who entered the draw are in the calculation.";
    CovariatesFilled { covariates: &'a str }:
        "Manglende værdier af {covariates} er erstattet af gennemsnittet.",
        "Missing values of {covariates} were replaced by the mean.";
    MultiplicityBy { method: &'a str, tests: &'a str }:
        "p-værdier er justeret for {tests} med {method}.",
        "p-values are adjusted for {tests} by {method}.";
    NoMultiplicity:
        "p-værdier er ikke justeret for antallet af test.",
        "p-values are not adjusted for the number of tests.";
    ReplayedDraw { replays: u64 }:
        "p fra {replays} gentagelser af forsøgets egen lodtrækning.",
        "p from {replays} replays of the trial’s own draw.";
    Resamples { number: u64 }:
        "Interval og p fra {number} stikprøver med tilbagelægning.",
        "Interval and p from {number} resamples of the persons.";
    AllDraws { draws: u64 }:
        "p fra alle {draws} mulige lodtrækninger, eksakt.",
        "p from all {draws} possible draws, exact.";
    BandFromReplays { replays: u64 }:
        "Båndet viser, hvor store forskelle lodtrækningen alene giver, fra {replays} gentagelser \
         af den.",
        "The band shows how large differences the draw alone gives, from {replays} replays of it.";
    BeforeDraw:
        "Målt før lodtrækningen: en tilfældig forskel, ikke en effekt.",
        "Measured before the draw: a chance difference, not an effect.";
    WithinArm:
        "Ændring inden for gruppen over tid: ikke en effekt.",
        "Change within the arm over time: not an effect.";
    SensitivityRow:
        "Følsomhedsanalyse, som afviger fra den måde der blev trukket lod på.",
        "Sensitivity analysis that departs from the way lots were drawn.";
    NoSignificance:
        "En forskel hvis interval rummer nul, er usikker; det betyder ikke, at der ingen forskel \
         er.",
        "A difference whose interval holds zero is uncertain; that does not mean that there is no \
         difference.";
    NoBaselineTests:
        "Forskelle før lodtrækningen er tilfældige; derfor testes de ikke.",
        "Differences before the draw are chance, so they are not tested.";

    // Disclosure control.
    Suppressed { threshold: u64 }:
        ".. vises ikke: tallet kunne, alene eller sammen med andre tal, røbe et antal under \
         {threshold}.",
        ".. not shown: the number could, alone or together with others, reveal a count below \
         {threshold}.";
    SuppressedFigure { title: &'a str, threshold: u64 }:
        "Figuren »{title}« vises ikke: den kunne røbe et antal under {threshold}.",
        "The figure “{title}” is not shown: it could reveal a count below {threshold}.";
    CurveCoarsened { threshold: u64 }:
        "Tiderne er lagt sammen, så mindst {threshold} personer bærer hvert trin; det er vist, hvor \
         tidsrummet ender.",
        "Times are put together, so that at least {threshold} persons make each step; it is shown \
         where the span of time ends.";
    MonthsTogether { threshold: u64 }:
        "Måneder er lagt sammen, så ingen gruppe har fra 1 til under {threshold} i et tidsrum.",
        "Months are put together, so that no arm has from 1 to below {threshold} in a span.";
    WeeklyFigureLeftOut { title: &'a str, threshold: u64 }:
        "Figuren »{title}« er ikke med: den tæller de samme personer uge for uge, og antal under {threshold} \
         kunne regnes ud af ugerne og tabellerne tilsammen.",
        "The figure “{title}” is left out: it counts the same persons week by week, and counts below \
         {threshold} could follow from the weeks and the tables together.";
    RuleFrom { source: &'a str }:
        "Reglen er taget fra: {source}", "The rule is taken from: {source}";
    DisclosureRule { threshold: u64 }:
        "Antal fra 1 til under {threshold}, og tal de kan regnes ud fra, er udeladt. Reglen er et \
         valg og ingen garanti; den der giver adgang til data, kan kræve mere.",
        "Counts from 1 to below {threshold}, and numbers they follow from, are left out. The rule \
         is a choice and no guarantee; whoever grants access to the data may ask for more.";

    // Where numbers come from.
    Study: "Forsøg", "Study";
    Plan: "Forseglet plan", "Sealed plan";
    PlanUsed: "Brugt plan, som ikke er den gældende", "Plan used, which is not the one in force";
    LedgerHead: "Lodtrækningsbogens hoved", "Head of the ledger";
    Input: "Inddata", "Input";
    Program: "Program", "Program";
    DrawnBetween { first: &'a str, last: &'a str }:
        "Lodtrækninger fra {first} til {last}", "Draws from {first} to {last}";
    EveryNumber:
        "Hvert tal henviser til sin metode; hver metode nævner kilde, inddata og \
         lodtrækningsbogens hoved.",
        "Every number points to its method; every method names its source, inputs and the head of \
         the ledger.";

    // Methods, inside a sentence.
    DifferenceInMeansMethod:
        "forskel mellem gennemsnit med Neymans varians", "difference in means, Neyman’s variance";
    StratifiedDifferenceMethod:
        "forskel mellem gennemsnit inden for lodtrækningens strata, vægtet med deres størrelse",
        "difference in means within the strata of the draw, weighted by their size";
    OlsMethod: "lineær regression på gruppen", "linear regression on the arm";
    LinMethod:
        "lineær regression med centrerede kovariater vekselvirket med gruppen (Lin)",
        "linear regression with centred covariates interacted with the arm (Lin)";
    RatioOfMeansMethod: "forhold mellem gennemsnit", "ratio of means";
    RiskDifferenceMethod: "forskel mellem to andele", "difference of two shares";
    RiskRatioMethod: "forhold mellem to andele", "ratio of two shares";
    OddsRatioMethod: "oddsforhold", "odds ratio";
    MantelHaenszelMethod: "Mantel og Haenszels vægtning af strata", "Mantel–Haenszel over strata";
    FisherExactMethod: "Fishers eksakte test, tosidet", "Fisher’s exact test, two-sided";
    ShareMethod: "en enkelt andel", "a single share";
    ChangeMethod:
        "gennemsnitlig ændring pr. person inden for en gruppe", "mean change per person in one arm";
    AncovaMethod:
        "regression på gruppen og udfaldets værdi før lodtrækningen",
        "regression on the arm and the outcome’s value before the draw";
    LateMethod:
        "effekt for dem der fulgte lodtrækningen, med den trukne gruppe som instrument",
        "effect on those who followed the draw, with the arm drawn as instrument";
    RandomisationTestMethod:
        "test ved at gentage forsøgets egen lodtrækning", "test by replaying the trial’s own draw";
    KaplanMeierMethod: "Kaplan–Meier-kurve", "Kaplan–Meier curve";
    RmstMethod:
        "forskel i gennemsnitlig tid til hændelsen inden for en frist",
        "difference in mean time to the event within a horizon";
    LogRankMethod: "log-rank-test", "log-rank test";
    CoxMethod: "Cox-regression, sammenfaldende tidspunkter efter Efron", "Cox regression, Efron ties";
    AalenJohansenMethod:
        "kumulativ hyppighed med konkurrerende hændelser (Aalen–Johansen)",
        "cumulative incidence with competing events (Aalen–Johansen)";
    InteractionTestMethod:
        "test af forskel i effekt mellem undergrupper",
        "test of a difference in effect between subgroups";
    LeeBoundsMethod: "grænser ved forskelligt frafald (Lee)", "bounds for unequal attrition (Lee)";
    WorstCaseBoundsMethod:
        "yderste grænser for de manglende udfald", "worst-case bounds for the missing outcomes";

    // Intervals, inside a sentence.
    MiettinenNurminenInterval:
        "Miettinen og Nurminens scoregrænser, p af samme score",
        "Miettinen–Nurminen score limits, p by the same score";
    NewcombeInterval:
        "Newcombes, af Wilsons grænser, uden kontinuitetskorrektion",
        "Newcombe’s, from Wilson’s limits, no continuity correction";
    WaldInterval: "normalfordeling med urestringeret standardfejl", "normal, unrestricted error";
    LogInterval: "normalfordeling på logaritmisk skala", "normal on the log scale";
    ClopperPearsonInterval: "eksakt, Clopper–Pearson", "exact, Clopper–Pearson";
    WilsonInterval: "Wilsons scoregrænser", "Wilson’s score limits";
    WelchInterval:
        "t med Welch og Satterthwaites frihedsgrader",
        "t with Welch–Satterthwaite degrees of freedom";
    TInterval: "Students t", "Student’s t";
    NormalInterval: "normalfordeling", "normal";
    LogLogInterval: "ud fra hver gruppes grænser, normalfordelt på skalaen log(−log)",
        "from the limits of each arm, normal on the scale of log(−log)";
    ExactInterval: "eksakt, givet tabellens rande", "exact, conditional on the margins";
    AndersonRubinInterval:
        "de effekter, som Anderson og Rubins test ikke forkaster",
        "the effects that the Anderson–Rubin test does not reject";
    InversionInterval:
        "de effekter, som gentagelserne af lodtrækningen ikke forkaster",
        "the effects that the replays of the draw do not reject";
    ImbensManskiInterval:
        "Imbens og Manskis, for effekten mellem to grænser",
        "Imbens–Manski, for the effect between two bounds";
    BootstrapInterval:
        "bootstrap-t, personer trukket igen fra hver gruppe",
        "bootstrap-t, persons drawn again from each arm";

    // Standard errors.
    ClassicalErrors: "klassiske, ens varians", "classical, equal variance";
    Hc0Errors: "robuste, HC0", "robust, HC0";
    Hc1Errors: "robuste, HC1", "robust, HC1";
    Hc2Errors: "robuste, HC2", "robust, HC2";
    Hc3Errors: "robuste, HC3", "robust, HC3";
    Cr0Errors: "klyngerobuste, CR0", "cluster-robust, CR0";
    Cr1Errors: "klyngerobuste, CR1 (som Stata)", "cluster-robust, CR1 (as Stata)";
    Cr2Errors: "klyngerobuste, CR2", "cluster-robust, CR2";

    // Adjustments for many tests.
    NoAdjustment: "ingen justering", "no adjustment";
    HolmAdjustment: "Holms metode", "Holm’s method";
    HochbergAdjustment: "Hochbergs metode", "Hochberg’s method";
    BenjaminiHochbergAdjustment:
        "Benjamini og Hochbergs metode (falske fund)",
        "Benjamini and Hochberg’s method (false discoveries)";
    RomanoWolfAdjustment: "Romano og Wolfs metode", "Romano and Wolf’s method";

    // Sections, figures and notes of a study's report.
    DrawnOn { day: &'a str }: "Lodtrækning {day}", "Drawn on {day}";
    ShareInHundredths: "Andel (pct.)", "Share (%)";
    DifferenceInPoints: "Forskel (procentpoint)", "Difference (percentage points)";
    Definitions: "Udfaldenes definitioner", "Definitions of outcomes";
    PlanAmended { date: &'a str, reason: &'a str }:
        "Planen blev ændret {date}: {reason}", "The plan was amended on {date}: {reason}";
    EstimandOfAll:
        "Effekten af at blive trukket til gruppen frem for den, den sammenlignes med, for alle der \
         var med i lodtrækningen, uanset hvad de modtog (intention-to-treat).",
        "The effect of being drawn to the arm rather than to the one it is compared with, for all \
         who entered the draw, whatever they received (intention to treat).";
    OnlyThose { outcome: &'a str }:
        "Kun personer med {outcome}, som blev afgjort efter lodtrækningen: ikke en effekt.",
        "Only persons with {outcome}, which was decided after the draw: not an effect.";
    LeftStay:
        "Også de, der er trukket tilbage eller noteret som udeladt, indgår i analysen i den gruppe, \
         de blev trukket til.",
        "The withdrawn and those recorded as excluded, too, are analysed in the arm they were drawn \
         to.";
    WeightedOverStrata: "vægtet over lodtrækningens strata", "weighted over the strata of the draw";
    LevelOfRow { level: &'a str }:
        "Intervallet er på {level}.", "The interval is at {level}.";
    OnlyReached:
        "Kun dem der nåede så langt, hvilket blev afgjort efter lodtrækningen: ikke en effekt.",
        "Only those who came so far, which was decided after the draw: not an effect.";
    NobodyKnown: "ingen med kendt værdi", "nobody whose value is known";
    NoVariation: "varierer ikke", "does not vary";
    BalanceOverReplays { p: &'a str, replays: u64 }:
        "Én test af alle rækker, Mahalanobis-afstand over {replays} gentagelser af lodtrækningen: \
         {p}. Hansen & Bowers 2008, doi:10.1214/08-STS254.",
        "One test of all rows, Mahalanobis distance over {replays} replays of the draw: {p}. \
         Hansen & Bowers 2008, doi:10.1214/08-STS254.";
    BalanceOverAll { p: &'a str, draws: u64 }:
        "Én test af alle rækker, Mahalanobis-afstand over alle {draws} lodtrækninger: {p}. \
         Hansen & Bowers 2008, doi:10.1214/08-STS254.",
        "One test of all rows, Mahalanobis distance over all {draws} draws: {p}. \
         Hansen & Bowers 2008, doi:10.1214/08-STS254.";
    MissingTested:
        "p: scoretest af, om lige mange mangler i de to grupper, stratum for stratum, hvis der er \
         trukket lod i strata; med flere sammenligninger den mindste.",
        "p: score test that as many are missing in both arms, by stratum where the draw had strata; \
         with several contrasts the smallest.";
    NothingRegistered { register: &'a str, outcomes: &'a str, arms: &'a str }:
        "Ikke i registret »{register}«, og derfor regnet som uden noget at registrere: {arms}. Det \
         gælder {outcomes}.",
        "Not in the register “{register}”, and so counted as without anything to register: {arms}. \
         This concerns {outcomes}.";
    StageEnrolment: "Henvisning", "Enrolment";
    StageAllocation: "Lodtrækning", "Allocation";
    StageFollowUp: "Opfølgning", "Follow-up";
    StageAnalysis: "Analyse", "Analysis";
    FlowOf { outcome: &'a str }:
        "Med i analysen er alle, hvis udfald kendes: {outcome}.",
        "All whose outcome is known are analysed: {outcome}.";
    FlowKeepsThoseWhoLeft:
        "Også de, der trak sig tilbage eller blev udeladt, er talt med i den gruppe, de blev \
         trukket til.",
        "Those who withdrew or were excluded are counted too, in the arm they were drawn to.";
    FlowAlternative { referred: u64, refused: u64, drawn: u64 }:
        "Rutediagram: {referred} henvist, {refused} ikke optaget, {drawn} med i lodtrækningen; \
         tallene for hver gruppe står i tabellen.",
        "Flow diagram: {referred} referred, {refused} not admitted, {drawn} drawn; the numbers of \
         each arm stand in the table.";
    Recruitment: "Lodtrækninger over tid", "Draws over time";
    RecruitmentAlternative { persons: u64, months: u64 }:
        "{persons} personer trukket over {months} måneder.",
        "{persons} persons drawn over {months} months.";
    Months: "Måneder", "Months";
    Expected: "Forventet", "Expected";
    StandardisedDifferences: "Standardiserede forskelle", "Standardised differences";
    BalanceAlternative:
        "Standardiserede forskelle før lodtrækningen, med hvad lodtrækningen selv giver; tallene \
         står i tabellen.",
        "Standardised differences before the draw, with what the draw itself gives; the numbers \
         stand in the table.";
    EffectsWithIntervals: "Effekter med usikkerhed", "Effects with intervals";
    EffectsAlternative { outcomes: u64 }:
        "Effekter på {outcomes} udfald med intervaller; tallene står i tabellerne.",
        "Effects on {outcomes} outcomes with intervals; the numbers stand in the tables.";
    RatioAxis: "forhold, logaritmisk akse", "ratio, logarithmic axis";
    Scale: "Skala", "Scale";
    PointsUnit: "procentpoint", "percentage points";
    OwnUnit: "i udfaldets enhed", "in the unit of the outcome";
    WeeklyShare { state: &'a str }: "{state}, uge for uge", "{state}, week by week";
    WeeklyShareAlternative { state: &'a str, arms: u64 }:
        "Andel i {state} uge for uge i {arms} grupper, og forskellen nedenunder.",
        "Share in {state} week by week in {arms} arms, and the difference below.";
    WeeklyBands { level: &'a str }:
        "Bånd: {level}-intervaller for hver uge for sig (Wilson; forskelle efter Newcombe).",
        "Bands: {level} intervals of each week by itself (Wilson; differences by Newcombe).";
    NoBandsOfClusters { cluster: &'a str }:
        "Uden bånd: der er trukket lod mellem klynger ({cluster}), og bånd, der regner personerne \
         for uafhængige, ville være for smalle.",
        "Without bands: the draw was between clusters ({cluster}), and bands that take persons for \
         independent would be too narrow.";
    TheDraw: "lodtrækning", "draw";
    StatesByWeek: "Tilstande uge for uge", "States week by week";
    StatesAlternative { arms: u64 }:
        "Andele i hver tilstand uge for uge i {arms} grupper, stablet til alle.",
        "Shares in each state week by week in {arms} arms, stacked to all.";
    StatesSum:
        "Alle der var med i lodtrækningen, er med i hver uge; uger som registret ikke har, er \
         ukendte.",
        "All who entered the draw are in every week; weeks that the register lacks are unknown.";
    State: "Tilstand", "State";
    ShareWithEvent: "Andel med hændelsen (pct.)", "Share with the event (%)";
    ShareWithoutEvent: "Andel uden hændelsen (pct.)", "Share without the event (%)";
    CurveAlternative { outcome: &'a str, arms: u64 }:
        "Kurver for {outcome} i {arms} grupper, med antal under observation.",
        "Curves of {outcome} in {arms} arms, with numbers at risk.";
    SurvivalCaption: "Kaplan–Meier.", "Kaplan–Meier.";
    IncidenceCaption:
        "Aalen–Johansen: andre hændelser, som udelukker denne, er regnet med.",
        "Aalen–Johansen: events that exclude this one are counted.";
    CurveBands { level: &'a str }:
        "Bånd: log-log-intervaller ({level}).", "Bands: log-log intervals ({level}).";

    // What estimates were made of, and for whom.
    BaselineOf { outcome: &'a str }: "{outcome}, før lodtrækningen", "{outcome}, before the draw";
    SameForAll { facts: &'a str }: "Ens for alle: {facts}.", "The same for everybody: {facts}.";
    HistoryIsCut { fact: &'a str, persons: u64, all: u64 }:
        "{fact}: for {persons} af {all} begynder registret for sent til at vise den første uge, og \
         tallet er det mindste, det kan være.",
        "{fact}: for {persons} of {all} the register begins too late to see the first week, and \
         the number is the least that it can be.";
    DidNotMeet { rule: &'a str }: "opfyldte ikke: {rule}", "did not meet: {rule}";
    NotRecorded: "ikke registreret", "not recorded";
    Or: "eller", "or";
    And: "og", "and";
    RegisterCode { code: &'a str }: "kode {code}", "code {code}";
    WageState: "lønarbejde med branchekode", "wage work with an industry code";
    AllPairs: "alle par af grupper", "all pairs of arms";
    PlannedAdjustment { covariates: &'a str }:
        "justeret for {covariates}", "adjusted for {covariates}";
    PlannedBy { factor: &'a str }: "opdelt efter {factor}", "by {factor}";
    PlannedReceived { outcome: &'a str }: "modtaget: {outcome}", "received: {outcome}";
    PlannedHorizon { week: u64 }: "frist: uge {week}", "horizon: week {week}";
    PlannedLevel { level: &'a str }: "niveau {level}", "level {level}";
    MethodOfRow { label: &'a str, words: &'a str }: "{label}: {words}", "{label}: {words}";
    ReceivedIs { outcome: &'a str }:
        "Modtaget er det, som »{outcome}« siger.", "Received is what “{outcome}” says.";
    HorizonIs { time: &'a str }:
        "Grupperne er sammenlignet frem til uge {time}.",
        "The arms are compared up to week {time}.";
    StatisticIs { statistic: &'a str }: "Teststørrelse: {statistic}.", "Statistic: {statistic}.";
    StudentisedStatistic:
        "forskellen divideret med sin standardfejl", "the difference divided by its standard error";
    DifferenceStatistic: "forskellen selv", "the difference itself";
    ReplaySeed { seed: &'a str }:
        "Gentagelsernes lod følger af »{seed}«.", "The lots of the replays follow from “{seed}”.";
    ReplayError { error: &'a str }:
        "Gentagelsernes egen usikkerhed på p: højst {error} (standardfejl).",
        "The replays’ own error of p: at most {error} (standard error).";
    Weighted: "Personerne er vægtet.", "Persons are weighted.";
    NotStratified:
        "Lodtrækningen havde ingen strata.", "The draw had no strata.";
    StrataNotHeeded:
        "Analysen er ikke opdelt i lodtrækningens strata.",
        "The analysis is not divided by the strata of the draw.";
    MissingNone { outcome: &'a str }:
        "{outcome}: kendt for alle, der var med i lodtrækningen.",
        "{outcome}: known for all who entered the draw.";
    MissingOfArms { outcome: &'a str, arms: &'a str }:
        "{outcome}: ikke kendt for, og derfor ikke med i beregningen: {arms}.",
        "{outcome}: not known for, and so not in the calculation: {arms}.";
    MissingOfArm { missing: u64, drawn: u64, arm: &'a str }:
        "{missing} af {drawn} i {arm}", "{missing} of {drawn} in {arm}";
    NothingHeldBack:
        "Ingen antal er skjult, heller ikke små; »klero export« laver tabeller, hvor små antal \
         ikke kan læses.",
        "No count is held back, small ones included; “klero export” makes tables in which small \
         counts cannot be read.";
    NoneHeldBack: "Ingen antal er skjult.", "No count is held back.";
    HeldBackBelow { threshold: u64 }:
        "Antal fra 1 til under {threshold} er skjult.",
        "Counts from 1 to below {threshold} are held back.";
    MethodName { id: &'a str }: "Navn i planen: {id}.", "Name in the plan: {id}.";
    OriginIn: "Inddata og lodtrækningsbogens hoved:", "Inputs and head of the ledger:";
    NotEffects: "Tal, der ikke er effekter", "Numbers that are not effects";
    NumbersAreMeans:
        "Tal er gennemsnit med standardafvigelse i parentes; antal har andelen i parentes.",
        "Numbers are means with standard deviations in parentheses; counts have the share in \
         parentheses.";
    KnownFor { fact: &'a str, arms: &'a str }:
        "{fact} er ikke kendt for {arms}.", "{fact} is not known for {arms}.";
    WeekNumber { week: &'a str }: "uge {week}", "week {week}";
    BySubgroup { factor: &'a str, level: &'a str }: "{factor}: {level}", "{factor}: {level}";

    // The main results in words.
    EnteredTheDraw { persons: u64, arms: u64 }:
        "{persons} personer var med i lodtrækningen mellem {arms} grupper.",
        "{persons} persons entered the draw between {arms} arms.";
    TookPart { persons: u64 }:
        "{persons} personer var med, i én gruppe uden lodtrækning.",
        "{persons} persons took part, in one arm without a draw.";
    ResultOfTwo {
        arm: &'a str, value: &'a str, reference: &'a str, value0: &'a str, effect: &'a str,
    }:
        "{arm} {value}, {reference} {value0}: {effect}.",
        "{arm} {value}, {reference} {value0}: {effect}.";
    ResultOfOne { arm: &'a str, value: &'a str }: "{arm}: {value}.", "{arm}: {value}.";
    ShareOfPersons { share: &'a str, events: u64, n: u64 }:
        "{share} ({events} af {n})", "{share} ({events} of {n})";
    MeanOfPersons { mean: &'a str, n: u64 }: "{mean} (n = {n})", "{mean} (n = {n})";
    EventsOfPersons { events: u64, n: u64 }:
        "{events} af {n} med hændelsen", "{events} of {n} with the event";
    AdjustedTo { p: &'a str }: "justeret {p}", "adjusted {p}";
    Quoted { words: &'a str }: "»{words}«", "“{words}”";
    NeymanErrors: "hver gruppes egen varians (Neyman)", "each arm’s own variance (Neyman)";
    GreenwoodErrors: "Greenwoods", "Greenwood’s";
    ScoreErrors:
        "ingen; interval og p er af scoren", "none; interval and p are those of the score";
    LateEstimand:
        "Gælder dem, der modtog det på grund af lodtrækningen, ikke alle.",
        "Holds for those who received it because of the draw, not for all.";
    LeeEstimand:
        "Gælder dem, hvis udfald ville være kendt i begge grupper, ikke alle.",
        "Holds for those whose outcome would be known in both arms, not for all.";
    EstimandOfOthers:
        "Hvor intet andet er sagt: effekten af at blive trukket til gruppen frem for den, den \
         sammenlignes med, for alle der var med i lodtrækningen, uanset hvad de modtog \
         (intention-to-treat).",
        "Unless said otherwise: the effect of being drawn to the arm rather than to the one it is \
         compared with, for all who entered the draw, whatever they received (intention to \
         treat).";
    EventsShown:
        "Ved tider til en hændelse viser grupperne antallet med hændelsen.",
        "Of times to an event the arms show the number with the event.";
    ForAllMethods { words: &'a str }: "Alle metoder: {words}", "All methods: {words}";
    RecruitmentCaption:
        "Antal trukket siden begyndelsen.", "Persons drawn since the beginning.";
    ExpectedIsOfAll: "Det forventede antal gælder alle grupper.", "The expected number is of all arms.";
    HazardsAsRatios:
        "For tider til en hændelse er forholdet mellem hazarder.",
        "Of times to an event the ratio is one of hazards.";
    OddsAsRatios:
        "Forhold uden pct. er mellem odds.", "Ratios without % are of odds.";
    Entered: "Med i undersøgelsen", "Took part";
    StudyOfOneArm: "Undersøgelse", "Study";
    OneArmHasNoPlan:
        "Undersøgelsen har én gruppe: der er ikke trukket lod, og ingen plan er forseglet.",
        "The study has one arm: no lots were drawn, and no plan was sealed.";

    // In a study with one arm nothing was drawn, and nothing is an effect.
    NoNumberIsAnEffect:
        "Uden en gruppe at sammenligne med er intet tal her en effekt: hvad der var sket uden \
         indsatsen, vides ikke. Tal kan holdes op mod mål, men siger ikke, hvad der skyldes \
         indsatsen.",
        "With no group to compare with, no number here is an effect: what would have happened \
         without the programme is not known. Numbers may be held against targets, and do not say \
         what is due to the programme.";
    FlowOfOneArm: "Deltagerne", "Participants";
    PrimaryResults: "De primære udfald", "The primary outcomes";
    SecondaryResults: "De sekundære udfald", "The secondary outcomes";
    ResultsWithIntervals: "Resultater med usikkerhed", "Results with intervals";
    BaselineAtTheStart: "Deltagerne før start", "Participants before the start";
    BaselineAtStart { outcome: &'a str }: "{outcome}, før start", "{outcome}, before the start";
    AllTookPart:
        "Alle der var med, er med i beregningen.", "All who took part are in the calculation.";
    KnownForAll { outcome: &'a str }:
        "{outcome}: kendt for alle, der var med.", "{outcome}: known for all who took part.";
    OnlyThoseOfOneArm { outcome: &'a str }:
        "Kun personer med {outcome}, som blev afgjort efter start.",
        "Only persons with {outcome}, which was decided after the start.";
    PlainPlan: "Plan", "Plan";
    DeviationsFromPlan: "Afvigelser fra planen", "Deviations from the plan";
    EveryNumberOfOneArm:
        "Hvert tal henviser til sin metode; hver metode nævner kilde og inddata.",
        "Every number points to its method; every method names its source and inputs.";
    InputsIn: "Inddata:", "Inputs:";
    WeekFromStart: "Uge fra start", "Week from the start";
    TheStart: "start", "start";
    StatesOfOneArm:
        "Andele i hver tilstand uge for uge, stablet til alle.",
        "Shares in each state week by week, stacked to all.";
    StatesSumOfOneArm:
        "Alle der var med, er med i hver uge; uger som registret ikke har, er ukendte.",
        "All who took part are in every week; weeks that the register lacks are unknown.";
    CurveOfOneArm { outcome: &'a str }:
        "Kurve for {outcome}, med antal under observation.",
        "Curve of {outcome}, with numbers at risk.";
    DifferenceOf { effect: &'a str }: "forskel {effect}", "difference {effect}";
    Target: "Mål", "Target";
    TargetOf { target: &'a str }: "mål {target}", "target {target}";

    // The table of effects on a terminal, in few letters.
    ArmHead: "gruppe", "arm";
    ReferenceHead: "reference", "reference";
    TargetHead: "mål", "target";
    EffectHead: "effekt", "effect";
    IntervalHead { level: &'a str }: "{level}-interval", "{level} interval";
    IntervalsHead: "interval", "interval";
    AdjustedPHead: "p just.", "p adj.";
    TitleBeforeDraw { name: &'a str }:
        "{name} (før lodtrækningen: ikke en effekt)", "{name} (before the draw: not an effect)";
    TitleOnly { name: &'a str, only: &'a str }:
        "{name} (kun dem med »{only}«: ikke en effekt)",
        "{name} (only those with `{only}`: not an effect)";
    TitleWithinArm { name: &'a str }:
        "{name} (ændring inden for en gruppe: ikke en effekt)",
        "{name} (change within an arm: not an effect)";
    TitleReached { name: &'a str }:
        "{name} (kun dem, der nåede så langt: ikke en effekt)",
        "{name} (only those who came so far: not an effect)";
    TitleSensitivity { name: &'a str }:
        "{name} (følsomhed: uden hensyn til, hvordan der blev trukket lod)",
        "{name} (sensitivity: the draw’s design ignored)";
    TitleBy { name: &'a str, factor: &'a str }:
        "{name}, opdelt efter {factor}", "{name}, by {factor}";
    AllLevels: "alle niveauer", "all levels";
    SomeMissing { persons: u64 }: "{persons} mangler", "{persons} missing";
    PointsShown: "procentpoint", "points";
    PointsShort: "pct.point", "points";
    WeeksShown: "uger", "weeks";
    ExactTest: "eksakt test", "exact test";
    SameEffect: "samme effekt", "same effect";
    Redrawn: "trukket om", "redrawn";
    WorstCase: "yderste", "worst";
    EffectReceived { effect: &'a str }: "{effect} (modtaget)", "{effect} (received)";
    EffectAdjusted { effect: &'a str }: "{effect} just.", "{effect} adj.";
    Outside { interval: &'a str }: "uden for {interval}", "outside {interval}";
    WeightedShort: "vægtet", "weighted";
    ErrorsShort { errors: &'a str }: "standardfejl {errors}", "{errors} standard errors";
    StrataShort { strata: &'a str }: "i strata af {strata}", "in strata of {strata}";
    ClustersShort { cluster: &'a str }: "i klynger af {cluster}", "by clusters of {cluster}";
    HorizonShort { time: &'a str }: "frem til {time}", "up to {time}";
    StudentisedShort: "studentiseret", "studentised";
    DifferenceShort: "forskel", "difference";
    AllDrawsShort { statistic: &'a str, number: &'a str }:
        "{statistic} over alle {number} lodtrækninger", "{statistic} over all {number} draws";
    ReplaysShort { statistic: &'a str, number: &'a str, seed: &'a str }:
        "{statistic} over {number} gentagelser fra frøet »{seed}«",
        "{statistic} over {number} replays from seed `{seed}`";
    ResamplesShort { number: &'a str, seed: &'a str }:
        "{number} stikprøver fra frøet »{seed}«", "{number} resamples from seed `{seed}`";
    TheOutcome: "udfaldet", "outcome";
    MissingCompared { outcome: &'a str, arm: &'a str, reference: &'a str, p: &'a str }:
        "mangler: {outcome}, {arm}, {reference}, p for forskellen {p}.",
        "missing: {outcome}, {arm}, {reference}, p of the difference {p}.";

    // The answer of an audit.
    FileRow: "fil", "ledger";
    EntriesRow: "indførsler", "entries";
    DrawsRow: "lodtrækninger", "draws";
    HeadRow: "hoved", "head";
    SetClockRow: "stillet ur", "set clock";
    DerivedAgain { draws: &'a str, again: &'a str }:
        "{draws}, beregnet igen {again}", "{draws}, derived again {again}";
    EntriesOf { entries: &'a str }: "indførsel {entries}", "entries {entries}";
    FromTo { first: &'a str, last: &'a str }: "{first} til {last}", "{first} to {last}";
    FindingsHead: "fund", "findings";
    FindingLine { line: &'a str, entry: &'a str, rule: &'a str, words: &'a str }:
        "linje {line} (indførsel {entry}), regel {rule}: {words}",
        "line {line} (entry {entry}), rule {rule}: {words}";
    NotExcludedHead: "kan ikke udelukkes", "not excluded";
    VerdictHolds: "konklusion: lodtrækningsbogen holder", "verdict: the ledger holds";
    VerdictOneFinding: "konklusion: 1 fund", "verdict: 1 finding";
    VerdictFindings { findings: u64 }: "konklusion: {findings} fund", "verdict: {findings} findings";

    // The answer of a status.
    StudyRow: "forsøg", "study";
    ReferredRow: "henvist", "referred";
    RefusedRow: "afvist", "refused";
    OutcomesRow: "udfald", "outcomes";
    StudyIs { study: &'a str, state: &'a str }: "{study} ({state})", "{study} ({state})";
    StateUnsealed: "afsluttet, frøet er afsløret", "unsealed";
    StateAwaitsBeacon: "venter på den offentlige tilfældighed", "waiting for the beacon";
    StateOpen: "åbent", "open";
    LastAt { entries: &'a str, time: &'a str }:
        "{entries}, den sidste {time}", "{entries}, the last at {time}";
    FlowCounts {
        referred: &'a str, refused: &'a str, drawn: &'a str, withdrawn: &'a str, excluded: &'a str,
    }:
        "{referred}, afvist {refused}, trukket {drawn}, trukket tilbage {withdrawn}, udeladt \
         {excluded}",
        "{referred}, refused {refused}, drawn {drawn}, withdrawn {withdrawn}, excluded {excluded}";
    DrawnRow: "trukket", "drawn";
    ClustersDrawnRow: "klynger trukket", "clusters drawn";
    StatusOneArm { study: &'a str, arm: &'a str }:
        "{study} (én gruppe, {arm}: der trækkes ikke lod)",
        "{study} (one arm, {arm}: nothing is drawn)";
    PersonsWithOutcomes { persons: &'a str }: "{persons} med udfald", "{persons} with outcomes";
    NoOutcomesYet:
        "ingen endnu: `klero outcomes --dates FILE`", "none yet: `klero outcomes --dates FILE`";

    // What a command on outcomes made.
    OutcomeHead: "udfald", "outcome";
    KnownHead: "kendt", "known";
    MissingHead: "mangler", "missing";
    DiedHead: "døde", "died";
    AbroadHead: "udland", "abroad";

    // The answer of a check.
    PlanFact { arms: &'a str, factors: &'a str, outcomes: &'a str, estimates: &'a str }:
        "plan: {arms}, {factors}, {outcomes}, {estimates}",
        "plan: {arms}, {factors}, {outcomes}, {estimates}";
    RegisterFile { file: &'a str, size: &'a str }:
        "register: {file}, {size} byte", "register: {file}, {size} bytes";
    RegisterNotThere { file: &'a str }:
        "register: {file} er der ikke endnu", "register: {file} is not there yet";
    RegisterRead { register: &'a str, rows: &'a str, persons: &'a str }:
        "register {register}: {rows}, {persons}", "register {register}: {rows}, {persons}";
    TableNotThere { file: &'a str }:
        "tabel: {file} er der ikke endnu", "table: {file} is not there yet";
    TableRead { file: &'a str, persons: &'a str }:
        "tabel {file}: {persons}", "table {file}: {persons}";
    LedgerOfOneArm:
        "lodtrækningsbog: ingen, med én gruppe trækkes der ikke lod",
        "ledger: none, with one arm nothing is drawn";
    LedgerNotSealed:
        "lodtrækningsbog: ingen, planen er ikke forseglet", "ledger: none, the plan is not sealed";
    LedgerFact { entries: &'a str }: "lodtrækningsbog: {entries}", "ledger: {entries}";
    HeadFact { head: &'a str }: "hoved: {head}", "head: {head}";
    PlanNotOfLedger:
        "plan: ikke den i lodtrækningsbogen", "plan: not the one in the ledger";
    SeedElsewhere: "frø: ikke i forsøgets mappe", "seed: not in the folder of the study";
    FaultFact { fault: &'a str }: "fejl: {fault}", "fault: {fault}";
    WarningFact { of: &'a str, warning: &'a str }:
        "advarsel: {of}: {warning}", "warning: {of}: {warning}";
    PlainWarning { warning: &'a str }: "advarsel: {warning}", "warning: {warning}";
    NextFact { next: &'a str }: "næste: {next}", "next: {next}";
    NextBoth { first: &'a str, then: &'a str }: "{first}, så {then}", "{first}, then {then}";
    NextAmend:
        "klero record amend --reason TEXT, eller teksten fra lodtrækningsbogen tilbage i study.toml",
        "klero record amend --reason TEXT, or the text of the ledger put back into study.toml";
    NextDrawOrUnseal:
        "klero draw; når ingen flere kommer, klero unseal",
        "klero draw; when nobody more comes, klero unseal";
    HowGuessable:
        "Hvor let lodtrækningerne kan gættes af en, der kender planen og hver tidligere gruppe i \
         stratummet og nævner den mest sandsynlige gruppe:",
        "How guessable the draws are, for somebody who knows the plan and every earlier arm of the \
         stratum, and names the likeliest arm:";
    GuessableUnknown:
        "gættelighed: sig, hvor mange henvisninger der ventes, `klero check --expected N`",
        "guessable: say how many referrals are expected, `klero check --expected N`";
    AfterDeathDoubt { persons: &'a str }:
        "{persons} med en kode efter den for død", "{persons} with a code after the one for death";
    OutsideValidityDoubt { persons: &'a str }:
        "{persons} med en kode i uger, hvor den ikke er i brug",
        "{persons} with a code in weeks in which it is not in use";
    ShortKeyDoubt { rows: &'a str }:
        "{rows} med færre cifre i nøglen end de fleste, eller end de truknes: nuller forrest kan \
         være gået tabt",
        "{rows} with fewer digits in the key than most, or than those drawn: leading zeros may be \
         lost";
    NotInRegisterDoubt { persons: &'a str }:
        "{persons} er ikke i registret: deres udfald vil mangle (`not-in-register`)",
        "{persons} not in the register: their outcomes will be missing (`not-in-register`)";
    TakenAsZeroDoubt { persons: &'a str, setting: &'a str }:
        "{persons} er ikke i registret: de tæller som uden noget at registrere (`{setting}`)",
        "{persons} not in the register: they count as without anything to register (`{setting}`)";
    ManyHoursDoubt { rows: &'a str }:
        "{rows} med over 400 timer i en måned", "{rows} with over 400 hours in a month";
    WithoutWeekDoubt { spells: &'a str }:
        "{spells} uden en torsdag, så ingen uge har dem",
        "{spells} without a Thursday, so that no week has it";
    LastMonthsDoubt { months: &'a str }:
        "{months} har færre rækker end månederne før: nogle mangler måske endnu",
        "{months} with fewer rows than the months before: some may still be missing";
    NotDeliveredDoubt { months: &'a str }:
        "ingen fil har rækker for {months}: udfald af vinduer med en sådan måned vil mangle \
         (`not-covered`)",
        "no file has rows of {months}: outcomes of windows with such a month will be missing \
         (`not-covered`)";
    NoHoursDoubt { months: &'a str }:
        "ingen har en række for {months}, og det tæller som ingen timer: blev måneden leveret?",
        "nobody has a row of {months}, which counts as no hours: was the month delivered?";
    NoIndustryDoubt { months: &'a str }:
        "ingen fil har branchekoder for {months}: blanke uger dér er `unknown`",
        "no file has industry codes of {months}: blank weeks there are `unknown`";
    InSomeFilesDoubt { persons: &'a str }:
        "{persons} er kun i nogle af filerne: uger i de andre kendes ikke for dem",
        "{persons} in some of the files only: weeks of the others are not known of them";
    NotInTableDoubt { persons: &'a str }:
        "{persons} er ikke i tabellen: deres tal vil mangle (`not-in-register`)",
        "{persons} not in the table: their numbers will be missing (`not-in-register`)";
    BreakCaution2017 { persons: &'a str }:
        "{persons}: vinduet indeholder juli 2017, da kilden til koderne skiftede",
        "{persons}: the window holds July 2017, when the source of the codes changed";
    BreakCaution2025 { persons: &'a str }:
        "{persons}: vinduet indeholder juli 2025, da tre ydelser blev til én",
        "{persons}: the window holds July 2025, when three benefits became one";
    BeyondCaution { persons: &'a str, register: &'a str }:
        "{persons}: vinduet rækker ud over det, som `{register}` har",
        "{persons}: the window reaches beyond what `{register}` holds";
    ProvisionalCaution { persons: &'a str, register: &'a str }:
        "{persons}: vinduet rækker ind i de sidste to måneder af `{register}`, som ofte ikke er \
         fuldstændige",
        "{persons}: the window reaches into the last two months of `{register}`, which are often not \
         complete";
    NoLastLineEndDoubt { files: &'a str }:
        "{files} hvor den sidste række ikke har et linjeskift, som de andre har: den kan være \
         skåret over",
        "{files} whose last row has no line end, which the others have: it may be torn";
    CellOverLinesDoubt { rows: &'a str }:
        "{rows} med en celle i citationstegn over flere linjer: rækker kan være slugt, hvor et \
         citationstegn ikke er lukket",
        "{rows} with a quoted cell over several lines: it may have swallowed rows where a quote \
         was not closed";
    DoubtAt { file: &'a str, line: &'a str }: "{file}, linje {line}", "{file}, line {line}";
    DoubtListed { doubt: &'a str }: "{doubt}; `--rows` viser dem", "{doubt}; `--rows` lists them";

    // How guessable a design is.
    ReferralsHead: "henvisninger", "referrals";
    GuessedHead: "gættet rigtigt", "guessed right";
    CertainHead: "sikre", "certain";
    LargestHead: "største forskel", "largest difference";
    TheTrial: "forsøget", "the trial";
    Each { number: &'a str }: "{number} hver", "{number} each";
    NotKnown: "ikke kendt", "not known";
    InAll: "i alt", "in all";
    WithoutKnowing: "uden at vide noget", "without knowing";
    DifferAtEnd { referrals: &'a str }:
        "Når forsøget slutter, er to grupper i gennemsnit {referrals} henvisninger fra hinanden.",
        "At the end of the whole trial two arms differ by {referrals} referrals on average.";
    AtMost { share: &'a str }: "højst {share}", "at most {share}";
    UnevenChancesWarning {
        arm: &'a str, declared: &'a str, least: &'a str, greatest: &'a str,
    }:
        "chancen for `{arm}` er {declared} efter forholdet og mellem {least} og {greatest} efter \
         plads i et stratum; tag med et skævt forhold `permuted-blocks` i stedet for `block-urn`",
        "the chance of `{arm}` is {declared} by the ratio, and between {least} and {greatest} by \
         position in a stratum; with an unequal ratio take `permuted-blocks` instead of `block-urn`";
    FixedBlocksWarning { size: u64 }:
        "hver blok har {size} henvisninger, så den, der tæller med, kender slutningen på hver; brug \
         flere `block_sizes`, `block-urn` eller `big-stick`",
        "every block has {size} referrals, so that who counts along knows the end of each; use \
         several `block_sizes`, `block-urn` or `big-stick`";
    CertainWarning { share: &'a str }:
        "{share} af lodtrækningerne er sikre på forhånd: én gruppe har chancen 1",
        "{share} of the draws are certain beforehand: one arm has chance 1";
    TooManyStrataWarning { strata: &'a str, referrals: &'a str, needed: &'a str }:
        "{strata} til {referrals}: et stratum er i balance fra omkring {needed}; tag færre \
         oplysninger, bredere inddelinger eller `minimisation`",
        "{strata} for {referrals}: a stratum is balanced from about {needed} on; take fewer factors, \
         wider bands or `minimisation`";

    // The answer of a draw.
    ReferralRow: "henvisning", "referral";
    ArmRow: "gruppe", "arm";
    EntryRow: "indførsel", "entry";
    DoesNotMeet { rule: &'a str }: "opfylder ikke: {rule}", "does not meet: {rule}";
    DrawnBefore:
        "trukket før: dette er den noterede gruppe, og intet er tilføjet",
        "drawn before: this is the recorded arm, nothing was appended";
    RefusedBefore: "afvist før: intet er tilføjet", "refused before: nothing was appended";
    RefusedBeforeDrawnNow { entry: &'a str, rule: &'a str }:
        "afvist før, i indførsel {entry} (opfyldte ikke: {rule}), og nu trukket: revisionen nævner \
         det",
        "refused before, in entry {entry} (did not meet: {rule}), and now drawn: the audit names it";
    WouldBeDrawn: "ville blive trukket", "would be drawn";
    WouldBeRefused { rule: &'a str }:
        "ville blive afvist: opfylder ikke: {rule}", "would be refused: does not meet: {rule}";
    DrawnAlready { entry: &'a str }:
        "allerede trukket, i indførsel {entry}", "drawn already, in entry {entry}";
    ListForeseen { drawn: &'a str, refused: &'a str, already: &'a str }:
        "{drawn} ville blive trukket, {refused} afvist, {already} allerede trukket",
        "{drawn} would be drawn, {refused} refused, {already} drawn already";
    MadeOf: "Udfaldene bygger på (SHA-256):", "The outcomes are made of (SHA-256):";
    CodesVersion: "tabel over koder", "table of codes";
    NotReadYet:
        "ikke læst endnu, som planen har det nu", "not read yet as the plan has it now";
    DryRun: "prøve: intet er trukket eller skrevet", "dry run: nothing was drawn or written";
    ListRefused { persons: &'a str, rule: &'a str, referrals: &'a str }:
        "afvist: {persons} opfyldte ikke: {rule} ({referrals})",
        "refused: {persons} did not meet: {rule} ({referrals})";
    ListLetIn { persons: &'a str, referrals: &'a str }:
        "afvist før og nu trukket, hvilket revisionen nævner: {persons} ({referrals})",
        "refused before and now drawn, which the audit names: {persons} ({referrals})";
    AndMore { list: &'a str, more: &'a str }: "{list} og {more} til", "{list} and {more} more";
    NothingAppended: "intet er tilføjet", "nothing was appended";
    AppendedOne { entry: &'a str }: "indførsel {entry}", "entry {entry}";
    ListDrawn { drawn: &'a str, already: &'a str, refused: &'a str, entries: &'a str }:
        "{drawn} trukket, {already} trukket før, {refused} afvist: {entries}",
        "{drawn} drawn, {already} drawn before, {refused} refused: {entries}";

    // The answer of the states and of the codes.
    WeekHead: "uge", "week";
    FirstHead: "første", "first";
    LastHead: "sidste", "last";
    WeeksHead: "uger", "weeks";
    CodeHead: "kode", "code";
    StateHead: "tilstand", "state";
    LabelHead: "betegnelse [gruppe]", "label [group]";
    BlankCode: "blank", "blank";
    PerCentOf { persons: &'a str, missing: &'a str }:
        "pct. af {persons}; uge 0 er lodtrækningens; {missing} er ikke i registret og er ukendte",
        "per cent of {persons}; week 0 is that of the draw; {missing} not in the register are unknown";
    PerCentOfOneArm { persons: &'a str, missing: &'a str }:
        "pct. af {persons}; uge 0 er startens; {missing} er ikke i registret og er ukendte",
        "per cent of {persons}; week 0 is that of the start; {missing} not in the register are unknown";
    OrdinaryIs:
        "blank, eller feriedagpenge fra beskæftigelse, i en måned med branchekode",
        "blank, or holiday pay from employment, in a month with an industry code";
    SelfSupportIs: "det samme, i en måned uden branchekode", "the same, in a month without one";
    SupportedIs:
        "løntilskud, fleksjob, skånejob, servicejob, jobrotation, voksenlærling",
        "wage subsidy, flex job, skånejob, service job, rotation, adult apprentice";
    PraktikIs: "virksomhedspraktik", "work placement";
    EducationIs: "ordinær uddannelse", "ordinary education";
    BenefitIs: "enhver anden ydelse", "every other benefit";
    PensionIs: "folkepension", "old-age pension";
    AbroadIs: "ikke bosiddende i Danmark", "not resident in Denmark";
    DeadIs: "død", "dead";
    UnknownIs:
        "uden for registrets uger, eller blank i en måned, som filen ikke har branchekoder for",
        "outside the weeks of the register, or blank in a month of which the file has no industry codes";
    OrdinaryShort: "ordinær", "ordinary";
    SupportedShort: "støttet", "supported";
    PraktikShort: "praktik", "praktik";
    EducationShort: "uddannelse", "education";
    SelfSupportShort: "selvforsørget", "self_support";
    BenefitShort: "ydelse", "benefit";
    PensionShort: "pension", "pension";
    AbroadShort: "udland", "abroad";
    DeadShort: "død", "dead";
    UnknownShort: "ukendt", "unknown";

    // States of a week.
    OrdinaryState: "ordinær beskæftigelse", "ordinary employment";
    SupportedState: "støttet beskæftigelse", "supported employment";
    PraktikState: "virksomhedspraktik", "work placement";
    EducationState: "uddannelse", "education";
    SelfSupportState: "selvforsørgelse", "self-support";
    BenefitState: "øvrig ydelse", "other benefit";
    PensionState: "pension", "pension";
    AbroadState: "udlandet", "abroad";
    DeadState: "død", "dead";
    UnknownState: "ukendt", "unknown";

    // How lots are drawn.
    SimpleDraw: "simpel lodtrækning", "simple draw";
    CompleteDraw: "fuldstændig lodtrækning", "complete draw";
    BlockDraw: "lodtrækning i blokke", "draw in permuted blocks";
    BlockUrnDraw: "blok-urne", "block urn";
    BiasedCoinDraw: "skæv mønt", "biased coin";
    BigStickDraw: "big stick", "big stick";
    MinimisationDraw: "minimering", "minimisation";
}
