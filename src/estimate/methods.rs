//! What each method is: its line in words, its source, its scale and the intervals it offers.

use super::Scale;
use crate::protocol::{IntervalId, MethodId};

impl MethodId {
    /// Returns the publication a row of this method names.
    pub const fn source(self) -> &'static str {
        match self {
            MethodId::DifferenceInMeans => {
                "Neyman 1923, doi:10.1214/ss/1177012031; Welch 1947, doi:10.2307/2332510"
            }
            MethodId::StratifiedDifference => {
                "Gerber & Green 2012, Field Experiments, section 3.6; \
                 Imai, King & Nall 2009, doi:10.1214/08-STS274"
            }
            MethodId::Ols => {
                "MacKinnon & White 1985, doi:10.1016/0304-4076(85)90158-7; \
                 Bell & McCaffrey 2002, Survey Methodology 28:169; \
                 Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004"
            }
            MethodId::Lin => "Lin 2013, doi:10.1214/12-AOAS583",
            MethodId::RatioOfMeans => {
                "Hedges, Gurevitch & Curtis 1999, doi:10.2307/177062; \
                 Satterthwaite 1946, doi:10.2307/3002019; \
                 Bell & McCaffrey 2002, Survey Methodology 28:169 (clusters)"
            }
            MethodId::RiskDifference | MethodId::RiskRatio => {
                "Miettinen & Nurminen 1985, doi:10.1002/sim.4780040211"
            }
            MethodId::OddsRatio => "Woolf 1955, doi:10.1111/j.1469-1809.1955.tb01348.x",
            MethodId::MantelHaenszel => {
                "Greenland & Robins 1985, doi:10.2307/2530643; Sato 1989, doi:10.2307/2531784"
            }
            MethodId::FisherExact => "Fisher 1935, doi:10.2307/2342435",
            MethodId::Share => "Clopper & Pearson 1934, doi:10.2307/2331986",
            MethodId::Change => "Student 1908, doi:10.2307/2331554",
            MethodId::Ancova => {
                "Yang & Tsiatis 2001, doi:10.1198/000313001753272466; \
                 Lin 2013, doi:10.1214/12-AOAS583"
            }
            MethodId::Late => {
                "Imbens & Angrist 1994, doi:10.2307/2951620; \
                 Anderson & Rubin 1949, doi:10.1214/aoms/1177730090"
            }
            MethodId::RandomisationTest => {
                "Fisher 1935, The Design of Experiments; Phipson & Smyth 2010, \
                 doi:10.2202/1544-6115.1585; Wu & Ding 2021, doi:10.1080/01621459.2020.1750415"
            }
            MethodId::KaplanMeier => "Kaplan & Meier 1958, doi:10.2307/2281868",
            MethodId::Rmst => "Royston & Parmar 2013, doi:10.1186/1471-2288-13-152",
            MethodId::LogRank => "Mantel 1966, Cancer Chemotherapy Reports 50:163",
            MethodId::Cox => {
                "Cox 1972, doi:10.1111/j.2517-6161.1972.tb00899.x; \
                 Efron 1977, doi:10.2307/2286217; Lin & Wei 1989, doi:10.2307/2290085"
            }
            MethodId::AalenJohansen => "Aalen & Johansen 1978, Scand. J. Statistics 5:141",
            MethodId::InteractionTest => {
                "Pocock et al. 2002, doi:10.1002/sim.1296; \
                 MacKinnon & White 1985, doi:10.1016/0304-4076(85)90158-7; \
                 Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004 (cr2)"
            }
            MethodId::LeeBounds => {
                "Lee 2009, doi:10.1111/j.1467-937X.2009.00536.x; \
                 Imbens & Manski 2004, doi:10.1111/j.1468-0262.2004.00555.x"
            }
            MethodId::WorstCaseBounds => {
                "Horowitz & Manski 2000, doi:10.1080/01621459.2000.10473902; \
                 Imbens & Manski 2004, doi:10.1111/j.1468-0262.2004.00555.x"
            }
        }
    }

    /// Returns what the method does, in a line.
    pub const fn summary(self) -> &'static str {
        match self {
            MethodId::DifferenceInMeans => "difference in means, Neyman's variance",
            MethodId::StratifiedDifference => {
                "difference in means by stratum, weighted by stratum size"
            }
            MethodId::Ols => "regression on arm and covariates",
            MethodId::Lin => "regression with covariates centred and interacted with arm",
            MethodId::RatioOfMeans => {
                "ratio of means, zeros included, as a relative change, Satterthwaite's degrees of \
                 freedom"
            }
            MethodId::RiskDifference => "difference of two shares",
            MethodId::RiskRatio => "ratio of two shares, as a relative change",
            MethodId::OddsRatio => "odds ratio",
            MethodId::MantelHaenszel => "shares compared within strata and combined",
            MethodId::FisherExact => "exact test of two shares, two-sided by point probabilities",
            MethodId::Share => "one share; p of its target by the exact binomial test",
            MethodId::Change => "mean change within persons of one arm; not an effect",
            MethodId::Ancova => "regression on arm and the baseline of the outcome",
            MethodId::Late => "effect of what was received, by the arm drawn as instrument",
            MethodId::RandomisationTest => "p by replaying the draw, two-sided by absolute value",
            MethodId::KaplanMeier => "share with the event by the horizon, 1 - Kaplan-Meier",
            MethodId::Rmst => "difference in mean time without the event up to the horizon",
            MethodId::LogRank => "log-rank test",
            MethodId::Cox => "hazard ratio, Cox regression with Efron's ties",
            MethodId::AalenJohansen => {
                "share with the event at the horizon, competing events counted"
            }
            MethodId::InteractionTest => "test that the effect is the same in every level",
            MethodId::LeeBounds => {
                "bounds of the difference among those observed whatever the arm, by trimming"
            }
            MethodId::WorstCaseBounds => {
                "bounds of the difference, missing outcomes at their worst"
            }
        }
    }

    pub const fn scale(self) -> Scale {
        match self {
            MethodId::RiskRatio
            | MethodId::OddsRatio
            | MethodId::FisherExact
            | MethodId::RatioOfMeans
            | MethodId::Cox => Scale::Ratio,
            MethodId::Share => Scale::Level,
            _ => Scale::Difference,
        }
    }

    /// Returns the intervals the method offers, the default first.
    pub const fn intervals(self) -> &'static [IntervalId] {
        match self {
            MethodId::DifferenceInMeans => &[IntervalId::Welch, IntervalId::BootstrapT],
            MethodId::StratifiedDifference
            | MethodId::Ols
            | MethodId::Lin
            | MethodId::Ancova
            | MethodId::Change => &[IntervalId::T],
            MethodId::RatioOfMeans | MethodId::Cox => &[IntervalId::Log],
            MethodId::RiskDifference => &[
                IntervalId::MiettinenNurminen,
                IntervalId::Newcombe,
                IntervalId::Wald,
            ],
            MethodId::RiskRatio => &[IntervalId::MiettinenNurminen, IntervalId::Log],
            MethodId::OddsRatio => &[IntervalId::Log, IntervalId::Exact],
            MethodId::MantelHaenszel => &[IntervalId::Normal, IntervalId::Log],
            MethodId::FisherExact | MethodId::LogRank | MethodId::InteractionTest => &[],
            MethodId::Share => &[IntervalId::ClopperPearson, IntervalId::Wilson],
            MethodId::Late => &[IntervalId::AndersonRubin, IntervalId::T],
            MethodId::RandomisationTest => &[IntervalId::Inversion],
            MethodId::KaplanMeier | MethodId::AalenJohansen => &[IntervalId::LogLog],
            MethodId::Rmst => &[IntervalId::Normal],
            MethodId::LeeBounds | MethodId::WorstCaseBounds => &[IntervalId::ImbensManski],
        }
    }
}

impl IntervalId {
    /// Returns how the interval is formed, and the p that goes with it.
    pub const fn summary(self) -> &'static str {
        match self {
            IntervalId::MiettinenNurminen => {
                "Miettinen-Nurminen score limits, p by the same score (N - 1 chi-squared)"
            }
            IntervalId::Newcombe => {
                "Newcombe's, from Wilson's limits without continuity correction, p by the score \
                 (N - 1 chi-squared)"
            }
            IntervalId::Wald => "unrestricted standard error and normal, p by the same",
            IntervalId::Log => "on the log scale, p by the same",
            IntervalId::ClopperPearson => "exact, Clopper-Pearson",
            IntervalId::Wilson => "Wilson's score limits",
            IntervalId::Welch => "t with Welch-Satterthwaite degrees of freedom, p by the same",
            IntervalId::T => "Student's t, p by the same",
            IntervalId::Normal => "normal, p by the same",
            IntervalId::LogLog => {
                "from each arm's, normal on the scale of log(-log), p by the same"
            }
            IntervalId::Exact => "exact, conditional on the margins",
            IntervalId::AndersonRubin => "the effects that the Anderson-Rubin test does not reject",
            IntervalId::Inversion => "the effects that the randomisation test does not reject",
            IntervalId::ImbensManski => "Imbens and Manski's, for the effect between two bounds",
            IntervalId::BootstrapT => {
                "bootstrap-t, persons drawn again from each arm, p by twice the smaller tail"
            }
        }
    }

    /// Returns the publication of the interval, as a row of `method` names it.
    pub const fn source(self, method: MethodId) -> &'static str {
        match self {
            IntervalId::MiettinenNurminen => {
                "Miettinen & Nurminen 1985, doi:10.1002/sim.4780040211"
            }
            IntervalId::Newcombe => {
                "Newcombe 1998 (method 10), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-\
                 SIM779>3.0.CO;2-I"
            }
            IntervalId::Wald => "Newcombe 1998 (method 1)",
            IntervalId::Log => match method {
                MethodId::RiskRatio => "Katz et al. 1978, doi:10.2307/2530610",
                _ => method.source(),
            },
            IntervalId::ClopperPearson => "Clopper & Pearson 1934, doi:10.2307/2331986",
            IntervalId::Wilson => "Wilson 1927, doi:10.2307/2276774",
            IntervalId::Welch => MethodId::DifferenceInMeans.source(),
            IntervalId::LogLog => {
                "Kalbfleisch & Prentice 2002, section 1.4, doi:10.1002/9781118032985; \
                 Zou & Donner 2008, doi:10.1002/sim.3095"
            }
            IntervalId::Exact => "Fisher 1935, doi:10.2307/2342435; Cornfield 1956",
            IntervalId::BootstrapT => {
                "Davison & Hinkley 1997, section 5.2; Hall 1988, doi:10.1214/aos/1176350933"
            }
            IntervalId::T
            | IntervalId::Normal
            | IntervalId::AndersonRubin
            | IntervalId::Inversion
            | IntervalId::ImbensManski => method.source(),
        }
    }
}
