use clap::Args;
use klero::estimate::of_counts;
use klero::protocol::{IntervalId, MethodId};
use klero::report::effects::{footnotes, table};
use klero::report::json::{Provenance, estimates};
use klero::report::language::{Locale, Message};
use klero::sample::Count;

use super::estimate::{interval, level, method};
use super::failure::refused;
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Compare {
    /// Counts as EVENTS/PERSONS or NAME=EVENTS/PERSONS; the last is the reference
    #[arg(required = true, value_name = "COUNT", value_parser = named_count)]
    counts: Vec<(Option<String>, Count)>,
    /// Compare one share with this target
    #[arg(long, value_name = "SHARE", value_parser = target)]
    target: Option<f64>,
    /// Method to use instead of the default; may be given many times
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Vec<MethodId>,
    /// Interval to use instead of the method's default
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    interval: Option<IntervalId>,
    /// Confidence level
    #[arg(long, value_name = "LEVEL", value_parser = level, default_value = "0.95")]
    level: f64,
}

fn named_count(text: &str) -> Result<(Option<String>, Count), String> {
    let (name, count) = match text.split_once('=') {
        Some((name, count)) => (Some(name.trim().to_owned()), count),
        None => (None, text),
    };
    let expected = || "expected EVENTS/PERSONS, such as 9/135".to_owned();
    let (events, n) = count.split_once('/').ok_or_else(expected)?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| expected());
    let (events, n) = (number(events)?, number(n)?);
    if n > 100_000_000 {
        return Err("expected up to 100,000,000 persons".to_owned());
    }
    if events > n {
        return Err(format!("{events} events among {n} persons"));
    }
    Ok((name, Count::new(events, n)))
}

fn target(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1, such as 0.20".to_owned()),
    }
}

impl Compare {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        let one = self.counts.len() == 1;
        if !one && self.target.is_some() {
            return Err(refused(
                "a target with more than one count",
                "`--target` compares one share",
            ));
        }
        let locale = around.of_tables();
        let arms = self.arms(&locale)?;
        let methods = match self.method.as_slice() {
            [] if one => vec![MethodId::Share],
            [] => vec![
                MethodId::RiskDifference,
                MethodId::RiskRatio,
                MethodId::OddsRatio,
                MethodId::FisherExact,
            ],
            methods => methods.to_vec(),
        };
        let rows = of_counts(&arms, self.target, &methods, self.level, self.interval)?;
        if around.console.json {
            let provenance = Provenance::default();
            around
                .console
                .object(&estimates("compare", &provenance, None, &rows))?;
        } else {
            around.console.data(&format!(
                "{}{}",
                table(&rows, &locale),
                footnotes(&rows, &locale)
            ))?;
        }
        Ok(Answer::Yes)
    }

    fn arms(&self, locale: &Locale) -> anyhow::Result<Vec<(String, Count)>> {
        let last = self.counts.len() - 1;
        let mut arms: Vec<(String, Count)> = Vec::new();
        for (index, (name, count)) in self.counts.iter().enumerate() {
            let name = name.clone().unwrap_or_else(|| match (index, last) {
                (0, 0 | 1) => locale.say(Message::ArmHead),
                (index, last) if index == last => locale.say(Message::ReferenceHead),
                _ => format!("{} {}", locale.say(Message::ArmHead), index + 1),
            });
            if arms.iter().any(|(known, _)| *known == name) {
                return Err(refused(
                    format!("`{name}` stands twice"),
                    "each count has a name of its own",
                ));
            }
            arms.push((name, *count));
        }
        Ok(arms)
    }
}
