//! Notes of estimates in the language of a report.
//!
//! An estimate says what a reader must know as an English sentence, which is what the machine's
//! form holds. Here each of them stands beside its Danish form, with `{slot}` for what varies.
//! Promises: every note that `estimate` can make has a pair (a test reads the source for them);
//! numbers inside a note take the form of numbers that was chosen, ids the labels of the plan; what
//! may leave a closed place is told sentence by sentence.
//! Hides: how a sentence is told from another.

use super::Locale;
use crate::protocol::Language;

/// A sentence, or a part that stands inside one: English as `estimate` writes it, then Danish.
pub const NOTES: &[(&str, &str)] = &[
    // Arms and outcomes.
    (
        "an arm has no outcomes",
        "en gruppe har ingen kendte udfald",
    ),
    (
        "the outcome has a value that is no number",
        "udfaldet har en værdi, der ikke er et tal",
    ),
    (
        "the outcome does not vary: no test and no interval",
        "udfaldet varierer ikke: ingen test og intet interval",
    ),
    (
        "the outcome does not vary: no test",
        "udfaldet varierer ikke: ingen test",
    ),
    ("no outcome is missing", "intet udfald mangler"),
    (
        "nobody was drawn into an arm",
        "ingen er trukket til en af grupperne",
    ),
    (
        "an arm has fewer than two outcomes: no standard error",
        "en gruppe har færre end to kendte udfald: ingen standardfejl",
    ),
    (
        "an arm has fewer than two clusters: no standard error",
        "en gruppe har færre end to klynger: ingen standardfejl",
    ),
    (
        "fewer than 5 degrees of freedom: prefer a randomisation test",
        "færre end 5 frihedsgrader: en randomiseringstest er at foretrække",
    ),
    (
        "in {number} resamples nobody differs within the arms: prefer a randomisation test",
        "i {number} stikprøver er alle i en gruppe ens: en randomiseringstest er at foretrække",
    ),
    (
        "a bound is absent: it lies beyond the outermost resample",
        "en grænse mangler: den ligger uden for den yderste stikprøve",
    ),
    (
        "a pooled share has no interval `bootstrap-t`",
        "en samlet andel har intet interval med navnet bootstrap-t",
    ),
    (
        "tests of the family that could not be made count as p = 1: {number}",
        "test i familien, som ikke kunne laves, tæller som p = 1: {number}",
    ),
    (
        "p is adjusted for the tests made here; the plan declares others",
        "p er justeret for de test, der er lavet her; planen har flere",
    ),
    ("a sample with one arm", "en undersøgelse med én gruppe"),
    ("levels to compare", "niveauer at sammenligne"),
    (
        "weighted; the shares and means of the arms are of persons, unweighted",
        "vægtet; gruppernes andele og gennemsnit er af personer, uvægtede",
    ),
    (
        "so many are missing that Lee bounds belong here; with weights none are made",
        "så mange mangler, at Lees grænser hører til; med vægte beregnes de ikke",
    ),
    ("a test without an estimate", "en test uden estimat"),
    (
        "people chosen after the draw cannot be drawn again",
        "personer udvalgt efter lodtrækningen kan ikke trækkes igen",
    ),
    (
        "`{name}` came from {number} before to {number2} after",
        "{name} gik fra {number} før til {number2} efter",
    ),
    (
        "of those whose window is not covered a yes is known and a no is not: the shares among the known are too high",
        "for dem, hvis vindue ikke er dækket, kendes et ja, men ikke et nej: andelene blandt de kendte er for høje",
    ),
    (
        "method `{name}` counts everybody alike, and the table has weights",
        "metoden {name} tæller alle ens, og tabellen har vægte",
    ),
    (
        "no interval: the draw was of clusters",
        "intet interval: der er trukket lod om klynger",
    ),
    (
        "Lee bounds are of all strata together",
        "Lees grænser gælder alle strata under ét",
    ),
    (
        "the change within one arm is no effect: what would have happened without is not known",
        "ændringen inden for én gruppe er ingen effekt: hvad der ellers ville være sket, vides ikke",
    ),
    (
        "{number} of `{name}` without a value before are left out",
        "{number} i {name} uden en værdi før lodtrækningen er ikke med",
    ),
    (
        "shares of all weeks observed in the arm; the variance is that of a ratio",
        "andele af alle observerede uger i gruppen; variansen er den for et forhold",
    ),
    (
        "the mean of an arm is not above zero: the ratio has no logarithm",
        "en gruppes gennemsnit er ikke over nul: forholdet har ingen logaritme",
    ),
    (
        "std_error is that of the logarithm of the ratio",
        "standardfejlen er den for forholdets logaritme",
    ),
    // Shares.
    (
        "all persons have the same outcome: no test",
        "alle har samme udfald: ingen test",
    ),
    (
        "all persons of an arm have the same outcome, in both arms: the interval has no width, and there is no test",
        "alle i hver af de to grupper har samme udfald: intervallet har ingen bredde, og der er ingen test",
    ),
    (
        "no events in either arm: the ratio is undefined",
        "ingen har udfaldet i nogen af grupperne: forholdet findes ikke",
    ),
    (
        "no events in the reference: the ratio is infinite",
        "ingen har udfaldet i den gruppe, der sammenlignes med: forholdet er uendeligt",
    ),
    (
        "no events in the reference: the upper bound is infinite",
        "ingen har udfaldet i den gruppe, der sammenlignes med: den øvre grænse er uendelig",
    ),
    (
        "no events in an arm: the log interval is undefined",
        "ingen har udfaldet i en af grupperne: intervallet på logaritmisk skala findes ikke",
    ),
    (
        "two cells are empty, one on each diagonal: the odds ratio is undefined",
        "to celler er tomme, en på hver diagonal: oddsforholdet findes ikke",
    ),
    (
        "a cell is empty: the odds ratio is infinite",
        "en celle er tom: oddsforholdet er uendeligt",
    ),
    (
        "a cell is empty: the odds ratio has no log interval, but an exact one",
        "en celle er tom: oddsforholdet har intet interval på logaritmisk skala, men et eksakt",
    ),
    (
        "all persons have the same outcome: the odds ratio is undefined",
        "alle har samme udfald: oddsforholdet findes ikke",
    ),
    (
        "the exact odds ratio has no standard error",
        "det eksakte oddsforhold har ingen standardfejl",
    ),
    ("the upper bound is infinite", "den øvre grænse er uendelig"),
    (
        "p is twice the smaller exact tail, which agrees with the interval",
        "p er to gange den mindste eksakte hale, i overensstemmelse med intervallet",
    ),
    (
        "Wald's interval went beyond -1 or 1 and is cut there",
        "Walds interval gik ud over −1 eller 1 og er afskåret dér",
    ),
    (
        "no stratum has outcomes in both arms",
        "intet stratum har kendte udfald i begge grupper",
    ),
    (
        "strata are weighted by n1 n0 / (n1 + n0), as by Mantel and Haenszel",
        "strata er vægtet med n₁n₀ / (n₁ + n₀), som hos Mantel og Haenszel",
    ),
    (
        "strata with an empty arm, left out: {number}, with {number2} persons",
        "strata med en tom gruppe, som ikke er med: {number}, med {number2} personer",
    ),
    (
        "an arm has no variance in any stratum: Newcombe's interval is undefined",
        "en gruppe varierer ikke i noget stratum: Newcombes interval findes ikke",
    ),
    (
        "a single share has no strata to compare",
        "en enkelt andel har ingen strata at sammenligne",
    ),
    // Regression.
    (
        "the numbers are too large or too far apart to be squared",
        "tallene er for store eller ligger for langt fra hinanden til at kvadreres",
    ),
    (
        "as many columns as rows: no standard error",
        "lige så mange kolonner som personer: ingen standardfejl",
    ),
    (
        "{name} is a linear combination of the other columns: its effect is undefined",
        "{name} er en lineær kombination af de andre kolonner: dens effekt findes ikke",
    ),
    (
        "the columns leave nothing of the outcome: no test and no interval",
        "kolonnerne forklarer hele udfaldet: ingen test og intet interval",
    ),
    (
        "no degrees of freedom: no test and no interval",
        "ingen frihedsgrader: ingen test og intet interval",
    ),
    (
        "the standard error is zero: no test and no interval",
        "standardfejlen er nul: ingen test og intet interval",
    ),
    (
        "a weight is not a positive number",
        "en vægt er ikke et positivt tal",
    ),
    (
        "column `{name}` has a value that is no number",
        "{name} har en værdi, der ikke er et tal",
    ),
    (
        "column `{name}` was dropped: {why}",
        "{name} er ikke med i modellen: {why}",
    ),
    ("it does not vary", "den varierer ikke"),
    (
        "it is a linear combination of the others",
        "den følger af de andre",
    ),
    (
        "covariate `{name}` has no values and was left out",
        "{name} har ingen kendte værdier og er ikke med i modellen",
    ),
    (
        "covariate `{name}`: {number} missing, filled with the mean",
        "{name}: {number} mangler og er erstattet af gennemsnittet",
    ),
    (
        "covariate `{name}`: {number} missing, filled with the mean and marked by an indicator",
        "{name}: {number} mangler og er erstattet af gennemsnittet og markeret med en indikator",
    ),
    (
        "{number} {word} for {number2} persons in the smaller arm: more than one for every {number3}",
        "{number} {word} til {number2} personer i den mindste gruppe: mere end én for hver {number3}",
    ),
    ("covariate", "kovariat"),
    ("covariates", "kovariater"),
    ("one model over all arms", "én model for alle grupper"),
    (
        "one cluster: no standard error",
        "én klynge: ingen standardfejl",
    ),
    (
        "{number} clusters, fewer than {number2}: `cr2` is safer than `{name}`",
        "{number} klynger, færre end {number2}: CR2 er sikrere end {name}",
    ),
    (
        "in {clusters} the columns follow the cluster exactly (leverage 1): `cr2` leaves this part of the variance out",
        "i {clusters} følger kolonnerne klyngen nøjagtigt (leverage 1): CR2 udelader den del af variansen",
    ),
    ("1 cluster", "1 klynge"),
    ("{number} clusters", "{number} klynger"),
    (
        "{name} is undefined: {rows} (leverage 1)",
        "{name} findes ikke: {rows} (leverage 1)",
    ),
    (
        "1 row determines its own fitted value",
        "1 person bestemmer sin egen tilpassede værdi",
    ),
    (
        "{number} rows determine their own fitted values",
        "{number} personer bestemmer deres egne tilpassede værdier",
    ),
    ("one pair: no standard error", "ét par: ingen standardfejl"),
    // The interaction test.
    (
        "level `{name}` has nobody in one of the arms and takes no part in the test",
        "»{name}« har ingen i den ene gruppe og indgår ikke i testen",
    ),
    (
        "fewer than two levels to compare",
        "færre end to undergrupper at sammenligne",
    ),
    (
        "too few clusters for so many levels: no test",
        "for få klynger til så mange undergrupper: ingen test",
    ),
    (
        "no degrees of freedom for so many levels and columns: no test",
        "ingen frihedsgrader til så mange niveauer og kolonner: ingen test",
    ),
    (
        "no variance of the effects: no test",
        "ingen varians af effekterne: ingen test",
    ),
    (
        "the variance of the effects is singular: no test",
        "effekternes varians er singulær: ingen test",
    ),
    (
        "F = {number} on {number2} and {number3} degrees of freedom",
        "F = {number} med {number2} og {number3} frihedsgrader",
    ),
    // What was received.
    (
        "the draw did not change what was received",
        "lodtrækningen ændrede ikke, hvad der blev modtaget",
    ),
    (
        "the first stage has F below 10: the Anderson-Rubin set is to be preferred",
        "første trin har F under 10: Anderson og Rubins mængde er at foretrække",
    ),
    (
        "the Anderson-Rubin set is unbounded or empty: {effects}",
        "Anderson og Rubins mængde er ubegrænset eller tom: {effects}",
    ),
    (
        "effects from {number} to {number2}",
        "effekter fra {number} til {number2}",
    ),
    (
        "all effects up to {number}",
        "alle effekter op til {number}",
    ),
    (
        "all effects from {number} on",
        "alle effekter fra {number} og op",
    ),
    (
        "all effects up to {number} and from {number2} on",
        "alle effekter op til {number} og fra {number2} og op",
    ),
    (
        "all effects: the data say nothing of their size",
        "alle effekter: data siger intet om deres størrelse",
    ),
    (
        "no effect: what was received does not explain the effect of the draw",
        "ingen effekt: det, der blev modtaget, forklarer ikke effekten af lodtrækningen",
    ),
    (
        "{percent} received it because of the draw",
        "{percent} modtog det på grund af lodtrækningen",
    ),
    (
        "the draw changed what was received by {number}",
        "lodtrækningen ændrede det, der blev modtaget, med {number}",
    ),
    (
        "F of the first stage {number}",
        "F for første trin: {number}",
    ),
    (
        "{number} of whom it is not known what they received are left out",
        "{number}, om hvem det ikke vides, hvad de modtog, er ikke med",
    ),
    // Bounds.
    (
        "the arms have outcomes alike, so that nothing is trimmed",
        "udfaldet er kendt for lige store andele af grupperne, så intet skæres fra",
    ),
    (
        "fewer than two outcomes are left in an arm, or none that vary: no interval",
        "der er færre end to udfald tilbage i en gruppe, eller ingen der varierer: intet interval",
    ),
    (
        "fewer than two persons in an arm, or no variation: no interval",
        "færre end to personer i en gruppe, eller ingen variation: intet interval",
    ),
    (
        "Lee bounds trim {percent} of the outcomes of `{name}`",
        "Lees grænser skærer {percent} af udfaldene fra i {name}",
    ),
    // Times.
    (
        "competing events count as censored at their time (cause-specific)",
        "konkurrerende hændelser tæller som censureret, da de skete (årsagsspecifik)",
    ),
    (
        "the outcome does not vary by the horizon: no test and no interval",
        "udfaldet varierer ikke inden fristen: ingen test og intet interval",
    ),
    (
        "in one arm the outcome does not vary by the horizon and counts as known exactly: the interval is too narrow",
        "i en gruppe varierer udfaldet ikke inden fristen og tæller som kendt nøjagtigt: intervallet er for snævert",
    ),
    (
        "in one arm the outcome does not vary by the horizon and has no log-log limits: no test and no interval",
        "i en gruppe varierer udfaldet ikke inden fristen og har ingen log-log-grænser: ingen test og intet interval",
    ),
    (
        "the horizon is not a time greater than 0",
        "fristen er ikke en tid over 0",
    ),
    (
        "the horizon of {number} lies beyond the last time seen in an arm: the latest possible horizon is {number2}",
        "fristen på {number} ligger efter den sidste tid, der er set i en gruppe: den senest mulige frist er {number2}",
    ),
    (
        "no events: the hazard ratio is undefined",
        "ingen hændelser: hazardforholdet findes ikke",
    ),
    (
        "the likelihood was not brought to its maximum: no estimate",
        "likelihoodens maksimum blev ikke fundet: intet estimat",
    ),
    (
        "the arm does not vary among those at risk at the events, or is a combination of the covariates or decided by one that is infinite: the hazard ratio is undefined",
        "gruppen varierer ikke blandt dem under observation ved hændelserne eller følger af kovariaterne eller afgøres af en, der er uendelig: hazardforholdet findes ikke",
    ),
    (
        "the likelihood rises without end: the hazard ratio is infinite",
        "likelihooden vokser uden ende: hazardforholdet er uendeligt",
    ),
    (
        "the likelihood rises without end: the hazard ratio is 0",
        "likelihooden vokser uden ende: hazardforholdet er 0",
    ),
    (
        "the hazard ratio is beyond every number",
        "hazardforholdet er større end noget tal",
    ),
    (
        "the robust variance is 0: no test and no interval",
        "den robuste varians er 0: ingen test og intet interval",
    ),
    (
        "ties by Efron's method",
        "sammenfaldende tidspunkter efter Efrons metode",
    ),
    (
        "the hazard ratio is conditional on the covariates",
        "hazardforholdet er betinget af kovariaterne",
    ),
    (
        "covariate {name} adds nothing to the others and was dropped",
        "kovariat {name} følger af de andre og er ikke med i modellen",
    ),
    (
        "the coefficient of covariate {name} is infinite: the hazard ratio of the arm is the limit",
        "koefficienten til kovariat {name} er uendelig: gruppens hazardforhold er grænseværdien",
    ),
    (
        "{number} clusters: the robust standard error is too small with fewer than {number2}",
        "{number} klynger: den robuste standardfejl er for lille med færre end {number2}",
    ),
    (
        "a stratum has nobody in one of the arms",
        "et stratum har ingen i den ene gruppe",
    ),
    (
        "so it is in a stratum, within which the arms are compared",
        "sådan er det i et stratum, og grupperne sammenlignes inden for strata",
    ),
    (
        "by stratum, weighted by stratum size",
        "inden for strata, vægtet med deres størrelse",
    ),
    (
        "no event while both arms were at risk: no test",
        "ingen hændelse, mens begge grupper var under observation: ingen test",
    ),
    // The randomisation test.
    (
        "null of the randomisation test: {null}",
        "randomiseringstestens nulhypotese: {null}",
    ),
    (
        "the two arms have the same effect on each person",
        "de to grupper har samme virkning for hver person",
    ),
    ("no arm has any effect", "ingen gruppe har nogen virkning"),
    (
        "the sizes of the blocks are not known: the whole draw was replayed",
        "blokkenes størrelser kendes ikke: hele lodtrækningen er gentaget",
    ),
    (
        "the whole draw was replayed: the null is that {null}",
        "hele lodtrækningen er gentaget: nulhypotesen er, at {null}",
    ),
    (
        "{number} {strata} that {have} outcomes in one of the two arms only do not enter",
        "{number} {strata} med kendte udfald i kun den ene af de to grupper er ikke med",
    ),
    ("stratum", "stratum"),
    ("strata", "strata"),
    (
        "the design allows no other draw",
        "forsøget tillader ingen anden lodtrækning",
    ),
    (
        "{number} of the draws compared have no statistic, and count as extreme",
        "{number} af de sammenlignede lodtrækninger har ingen teststørrelse og tæller som yderlige",
    ),
    (
        "the standard error is 0 or does not exist: no interval",
        "standardfejlen er 0 eller findes ikke: intet interval",
    ),
    (
        "no interval: other arms would need effects of their own",
        "intet interval: de andre grupper måtte have effekter for sig",
    ),
    (
        "the interval has no bound {side}: no such effect is rejected",
        "intervallet har ingen grænse {side}: ingen sådan effekt forkastes",
    ),
    ("below", "nedad"),
    ("above", "opad"),
    (
        "the interval is for an effect that adds the same to everybody, which an outcome of 1 and 0 can have on average only",
        "intervallet er for en effekt, der lægger det samme til hos alle; et udfald på 1 og 0 kan kun have den i gennemsnit",
    ),
    (
        "no covariate varies: nothing to test",
        "intet kendetegn varierer: intet at teste",
    ),
    // Why a planned estimate was not made.
    (
        "method `{name}` needs {what}, and `{name2}` is none",
        "metoden {name} kræver {what}, og {name2} er det ikke",
    ),
    ("an outcome of 1 and 0", "et udfald på 1 og 0"),
    ("a time to an event", "en tid til en hændelse"),
    ("a number for each person", "et tal for hver person"),
    (
        "method `{name}` has no interval `{name2}`",
        "metoden {name} har ikke intervallet {name2}",
    ),
    (
        "method `{name}` compares two arms, and the sample has one",
        "metoden {name} sammenligner to grupper, og der er kun én",
    ),
    (
        "the draw was {how}, and method `{name}` does not heed it",
        "lodtrækningen var {how}, og metoden {name} tager ikke hensyn til det",
    ),
    ("clustered", "mellem klynger"),
    ("stratified", "opdelt i strata"),
    (
        "method `{name}` needs {what}",
        "metoden {name} kræver {what}",
    ),
    (
        "what was received",
        "et udfald, der siger, hvad der blev modtaget",
    ),
    ("the value before the draw", "værdien før lodtrækningen"),
    ("the draw that it replays", "den lodtrækning, den gentager"),
    ("a horizon", "en frist"),
    (
        "the least and largest value of the outcome",
        "udfaldets mindste og største værdi",
    ),
    (
        "standard errors `{name}` need clusters, and the draw had none",
        "standardfejlene {name} kræver klynger, og lodtrækningen havde ingen",
    ),
    ("outcome `{name}`: {why}", "{name}: {why}"),
    (
        "an arm has nobody in {strata}",
        "en gruppe har ingen i {strata}",
    ),
    ("stratum {name}", "stratum {name}"),
    ("strata {name}", "strata {name}"),
    (
        "an arm has fewer than two {units} in {strata}, which leaves no variance within",
        "en gruppe har færre end to {units} i {strata}, så der ingen varians er inden for",
    ),
    ("persons", "personer"),
    ("clusters", "klynger"),
    (
        "{number} clusters have rows in both arms",
        "{number} klynger har personer i begge grupper",
    ),
    (
        "{number} clusters have rows in several strata",
        "{number} klynger har personer i flere strata",
    ),
    (
        "the limits of the outcome, {number} and {number2}, are not two numbers in order",
        "udfaldets grænser, {number} og {number2}, er ikke to tal i rækkefølge",
    ),
    (
        "the outcome {number} lies outside its limits, {number2} and {number3}",
        "udfaldet {number} ligger uden for sine grænser, {number2} og {number3}",
    ),
    (
        "{number} values of {what} for {number2} times",
        "{number} værdier af {what} til {number2} tider",
    ),
    (
        "time {number} of row {number2} is not a number from 0",
        "tiden {number} i række {number2} er ikke et tal fra 0",
    ),
    (
        "column {number} has no finite value in row {number2}",
        "kolonne {number} har ingen endelig værdi i række {number2}",
    ),
    (
        "column {number} has {number2} values for {number3} persons",
        "kolonne {number} har {number2} værdier til {number3} personer",
    ),
    (
        "a value of person {number} in column {number2} is not finite",
        "en værdi af person {number} i kolonne {number2} er ikke endelig",
    ),
    ("arm {number} of {number2}", "gruppe {number} af {number2}"),
    (
        "an arm is compared with itself",
        "en gruppe sammenlignes med sig selv",
    ),
    (
        "no replays are asked for",
        "der er ikke bedt om nogen gentagelser",
    ),
    (
        "{number} numbers of the ratio for {number2} arms",
        "{number} forholdstal til {number2} grupper",
    ),
    (
        "`{name}` draws two arms 1:1",
        "{name} trækker to grupper 1:1",
    ),
    (
        "unit {number} has arm {number2} of {number3}",
        "enhed {number} har gruppe {number2} af {number3}",
    ),
    (
        "unit {number} has {number2} levels for minimisation, expected {number3}",
        "enhed {number} har {number2} værdier til minimering, ventet {number3}",
    ),
    (
        "person {number} has unit {number2} of {number3}",
        "person {number} har enhed {number2} af {number3}",
    ),
    (
        "block {number} of stratum {number2} has more of `{name}` than its {number3}",
        "blok {number} i stratum {number2} har flere af {name} end sine {number3}",
    ),
    (
        "the block sizes of stratum {number} hold fewer slots than were drawn",
        "blokstørrelserne i stratum {number} rummer færre pladser, end der er trukket",
    ),
    (
        "a block of {number} cannot be split by the ratio, of sum {number2}",
        "en blok på {number} kan ikke deles efter forholdet, hvis sum er {number2}",
    ),
    (
        "{number} rows of {what} for {number2} persons",
        "{number} rækker af {what} til {number2} personer",
    ),
    (
        "persons of cluster {number} differ in {what}",
        "personerne i klynge {number} har ikke samme {what}",
    ),
    ("stratum or block", "stratum eller blok"),
    ("arm", "gruppe"),
    // Columns of a regression.
    ("{name} missing", "indikatoren for manglende {name}"),
    ("arm × {name}", "gruppe × {name}"),
    ("arm {name}", "gruppe {name}"),
    // Why outcomes are missing.
    ("not-in-register", "ikke i registret"),
    ("not-covered", "registret rækker ikke langt nok"),
    ("not-observed", "ikke observeret"),
    ("not-reached", "nåede ikke så mange uger i træk"),
    ("missing", "ikke oplyst"),
    ("empty", "ikke oplyst"),
];

/// Returns a note in the language of the report: a word or a sentence as `estimate` made it;
/// `label` gives the words of the plan for an id. What is unknown is returned as it is.
pub fn note(text: &str, locale: &Locale, label: &dyn Fn(&str) -> Option<String>) -> String {
    let known = find(NOTES, text).filter(|_| text.contains(|c: char| c.is_alphabetic()));
    let Some((pair, parts)) = known else {
        return value(text, locale, label);
    };
    let template = match locale.language {
        Language::Danish => pair.1.to_owned(),
        Language::English => ENGLISH
            .iter()
            .find(|(id, _)| *id == pair.0)
            .map_or_else(|| pair.0.replace('`', ""), |(_, words)| (*words).to_owned()),
    };
    let mut said = template;
    for (slot, part) in parts {
        let part = match slot {
            "percent" => percent(part, locale),
            _ => note(part, locale, label),
        };
        said = said.replace(&format!("{{{slot}}}"), &part);
    }
    said
}

/// What may leave a closed place of a row whose counts may, as far as one of its notes goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    NoteAndRow,
    /// The note tells persons that the row's numbers do not.
    RowAlone,
    /// It says why a number is absent, and its absence tells the same.
    Neither,
}

/// Returns what may leave with a note. A sentence that is not known stays, and its row with it.
pub fn leaves(text: &str) -> Leaves {
    match find(NOTES, text) {
        Some(((english, _), _)) if OF_NOBODY.contains(english) => Leaves::NoteAndRow,
        Some(((english, _), _)) if OF_PERSONS.contains(english) => Leaves::RowAlone,
        _ => Leaves::Neither,
    }
}

/// Notes that count nobody, or no more than the numbers of their row: how many have the outcome and
/// the event in each arm, in each stratum and level where the method tells of them, and who was drawn.
const OF_NOBODY: &[&str] = &[
    "an arm has no outcomes",
    "the outcome does not vary: no test and no interval",
    "the outcome does not vary: no test",
    "nobody was drawn into an arm",
    "an arm has fewer than two outcomes: no standard error",
    "an arm has fewer than two clusters: no standard error",
    "fewer than 5 degrees of freedom: prefer a randomisation test",
    "a bound is absent: it lies beyond the outermost resample",
    "a pooled share has no interval `bootstrap-t`",
    "tests of the family that could not be made count as p = 1: {number}",
    "p is adjusted for the tests made here; the plan declares others",
    "weighted; the shares and means of the arms are of persons, unweighted",
    "so many are missing that Lee bounds belong here; with weights none are made",
    "a test without an estimate",
    "people chosen after the draw cannot be drawn again",
    "of those whose window is not covered a yes is known and a no is not: the shares among the known are too high",
    "method `{name}` counts everybody alike, and the table has weights",
    "no interval: the draw was of clusters",
    "Lee bounds are of all strata together",
    "the change within one arm is no effect: what would have happened without is not known",
    "shares of all weeks observed in the arm; the variance is that of a ratio",
    "the mean of an arm is not above zero: the ratio has no logarithm",
    "std_error is that of the logarithm of the ratio",
    "all persons have the same outcome: no test",
    "all persons of an arm have the same outcome, in both arms: the interval has no width, and there is no test",
    "no events in either arm: the ratio is undefined",
    "no events in the reference: the ratio is infinite",
    "no events in the reference: the upper bound is infinite",
    "no events in an arm: the log interval is undefined",
    "two cells are empty, one on each diagonal: the odds ratio is undefined",
    "a cell is empty: the odds ratio is infinite",
    "a cell is empty: the odds ratio has no log interval, but an exact one",
    "all persons have the same outcome: the odds ratio is undefined",
    "the exact odds ratio has no standard error",
    "the upper bound is infinite",
    "p is twice the smaller exact tail, which agrees with the interval",
    "Wald's interval went beyond -1 or 1 and is cut there",
    "no stratum has outcomes in both arms",
    "strata are weighted by n1 n0 / (n1 + n0), as by Mantel and Haenszel",
    "an arm has no variance in any stratum: Newcombe's interval is undefined",
    "a single share has no strata to compare",
    "the numbers are too large or too far apart to be squared",
    "as many columns as rows: no standard error",
    "no degrees of freedom: no test and no interval",
    "one model over all arms",
    "one cluster: no standard error",
    "{number} clusters, fewer than {number2}: `cr2` is safer than `{name}`",
    "level `{name}` has nobody in one of the arms and takes no part in the test",
    "fewer than two levels to compare",
    "too few clusters for so many levels: no test",
    "no degrees of freedom for so many levels and columns: no test",
    "the draw did not change what was received",
    "the first stage has F below 10: the Anderson-Rubin set is to be preferred",
    "the Anderson-Rubin set is unbounded or empty: {effects}",
    "the arms have outcomes alike, so that nothing is trimmed",
    "competing events count as censored at their time (cause-specific)",
    "the outcome does not vary by the horizon: no test and no interval",
    "in one arm the outcome does not vary by the horizon and counts as known exactly: the interval is too narrow",
    "in one arm the outcome does not vary by the horizon and has no log-log limits: no test and no interval",
    "so it is in a stratum, within which the arms are compared",
    "the horizon is not a time greater than 0",
    "no events: the hazard ratio is undefined",
    "the likelihood was not brought to its maximum: no estimate",
    "ties by Efron's method",
    "the hazard ratio is conditional on the covariates",
    "{number} clusters: the robust standard error is too small with fewer than {number2}",
    "a stratum has nobody in one of the arms",
    "by stratum, weighted by stratum size",
    "null of the randomisation test: {null}",
    "the sizes of the blocks are not known: the whole draw was replayed",
    "the whole draw was replayed: the null is that {null}",
    "the design allows no other draw",
    "no interval: other arms would need effects of their own",
    "the interval has no bound {side}: no such effect is rejected",
    "the interval is for an effect that adds the same to everybody, which an outcome of 1 and 0 can have on average only",
    "method `{name}` needs {what}, and `{name2}` is none",
    "method `{name}` has no interval `{name2}`",
    "method `{name}` compares two arms, and the sample has one",
    "the draw was {how}, and method `{name}` does not heed it",
    "method `{name}` needs {what}",
    "standard errors `{name}` need clusters, and the draw had none",
];

/// Notes on numbers that are there, which count persons or tell of one.
const OF_PERSONS: &[&str] = &[
    "in {number} resamples nobody differs within the arms: prefer a randomisation test",
    "`{name}` came from {number} before to {number2} after",
    "{number} of `{name}` without a value before are left out",
    "strata with an empty arm, left out: {number}, with {number2} persons",
    "column `{name}` was dropped: {why}",
    "covariate `{name}` has no values and was left out",
    "covariate `{name}`: {number} missing, filled with the mean",
    "covariate `{name}`: {number} missing, filled with the mean and marked by an indicator",
    "{number} {word} for {number2} persons in the smaller arm: more than one for every {number3}",
    "in {clusters} the columns follow the cluster exactly (leverage 1): `cr2` leaves this part of the variance out",
    "F = {number} on {number2} and {number3} degrees of freedom",
    "{percent} received it because of the draw",
    "the draw changed what was received by {number}",
    "F of the first stage {number}",
    "{number} of whom it is not known what they received are left out",
    "Lee bounds trim {percent} of the outcomes of `{name}`",
    "covariate {name} adds nothing to the others and was dropped",
    "{number} {strata} that {have} outcomes in one of the two arms only do not enter",
    "{number} of the draws compared have no statistic, and count as extreme",
];

/// Words that are ids where they come from.
const ENGLISH: &[(&str, &str)] = &[
    ("not-in-register", "not in the register"),
    ("not-covered", "beyond the register"),
    ("not-observed", "not observed"),
    ("not-reached", "did not come to so many weeks in a row"),
    ("missing", "not stated"),
    ("empty", "not stated"),
];

/// Returns a note as a sentence: a capital first, a full stop last.
pub fn sentence(text: &str, locale: &Locale, label: &dyn Fn(&str) -> Option<String>) -> String {
    let said = note(text, locale, label);
    let mut letters = said.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let end = if said.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// Returns what stands in a slot: a number in its form, else the label of an id.
fn value(text: &str, locale: &Locale, label: &dyn Fn(&str) -> Option<String>) -> String {
    let bare = text.trim_matches('`');
    let digits = bare.strip_prefix('-').unwrap_or(bare);
    let plain = !digits.is_empty()
        && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.')
        && digits.bytes().filter(|c| *c == b'.').count() < 2;
    if plain && let Ok(number) = bare.parse::<f64>() {
        let decimals = digits
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        // Seventeen digits are for machines.
        return locale.number(number, decimals.min(4));
    }
    if let Some(words) = label(bare) {
        return words;
    }
    // A level behind the fact that it is of, as columns of a regression are named.
    if let Some((id, level)) = bare.split_once(' ')
        && let Some(words) = label(id)
    {
        return format!("{words}: {level}");
    }
    text.replace('`', "")
}

fn percent(text: &str, locale: &Locale) -> String {
    let digits = text.trim_end_matches(" %");
    locale.hundredths(&value(digits, locale, &|_| None))
}

/// Slots with what stands in them.
pub(super) type Parts<'t> = Vec<(&'static str, &'t str)>;

/// Returns the pair whose English form has most words in common with the text, with what stands in
/// its slots.
pub(super) fn find<'t>(
    pairs: &'static [(&'static str, &'static str)],
    text: &'t str,
) -> Option<(&'static (&'static str, &'static str), Parts<'t>)> {
    let fitting = pairs.iter().filter_map(|pair| {
        let parts = slots(pair.0, text)?;
        Some((fixed_length(pair.0), pair, parts))
    });
    let best = fitting.max_by_key(|(length, ..)| *length);
    best.map(|(_, pair, parts)| (pair, parts))
}

fn fixed_length(template: &str) -> usize {
    let mut inside = false;
    let fixed = template.chars().filter(|c| {
        inside = match c {
            '{' => true,
            '}' => false,
            _ => inside,
        };
        !inside && *c != '}'
    });
    fixed.count()
}

/// Matches a text with a template; each slot takes as little as it can.
fn slots<'t>(template: &'static str, text: &'t str) -> Option<Parts<'t>> {
    let Some((before, rest)) = template.split_once('{') else {
        return (template == text).then(Vec::new);
    };
    let text = text.strip_prefix(before)?;
    let (slot, rest) = rest.split_once('}')?;
    let next = &rest[..rest.find('{').unwrap_or(rest.len())];
    let mut ends: Vec<usize> = match next {
        "" => vec![text.len()],
        next => text.match_indices(next).map(|(at, _)| at).collect(),
    };
    if slot == "percent" {
        ends = text
            .find(" %")
            .map(|at| at + " %".len())
            .into_iter()
            .collect();
    }
    let fits = |part: &str| match slot.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "number" => part.parse::<f64>().is_ok(),
        "percent" => part.trim_end_matches(" %").parse::<f64>().is_ok(),
        _ => !part.is_empty(),
    };
    ends.into_iter()
        .filter(|&end| fits(&text[..end]))
        .find_map(|end| {
            let mut parts = vec![(slot, &text[..end])];
            parts.extend(slots(rest, &text[end..])?);
            Some(parts)
        })
}
