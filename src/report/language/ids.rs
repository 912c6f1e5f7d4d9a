//! The words of the catalogue for public ids: methods, intervals, states, roles, procedures.

use super::Message;

impl Message<'static> {
    /// Returns the words for a method by its public id, as in `docs/results.md`.
    pub fn of_method(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "difference-in-means" => Message::DifferenceInMeansMethod,
            "stratified-difference" => Message::StratifiedDifferenceMethod,
            "ols" => Message::OlsMethod,
            "lin" => Message::LinMethod,
            "ratio-of-means" => Message::RatioOfMeansMethod,
            "risk-difference" => Message::RiskDifferenceMethod,
            "risk-ratio" => Message::RiskRatioMethod,
            "odds-ratio" => Message::OddsRatioMethod,
            "mantel-haenszel" => Message::MantelHaenszelMethod,
            "fisher-exact" => Message::FisherExactMethod,
            "share" => Message::ShareMethod,
            "change" => Message::ChangeMethod,
            "ancova" => Message::AncovaMethod,
            "late" => Message::LateMethod,
            "randomisation-test" => Message::RandomisationTestMethod,
            "kaplan-meier" => Message::KaplanMeierMethod,
            "rmst" => Message::RmstMethod,
            "log-rank" => Message::LogRankMethod,
            "cox" => Message::CoxMethod,
            "aalen-johansen" => Message::AalenJohansenMethod,
            "interaction-test" => Message::InteractionTestMethod,
            "lee-bounds" => Message::LeeBoundsMethod,
            "worst-case-bounds" => Message::WorstCaseBoundsMethod,
            _ => return None,
        })
    }

    /// Returns the words for an interval by its public id.
    pub fn of_interval(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "miettinen-nurminen" => Message::MiettinenNurminenInterval,
            "newcombe" => Message::NewcombeInterval,
            "wald" => Message::WaldInterval,
            "log" => Message::LogInterval,
            "clopper-pearson" => Message::ClopperPearsonInterval,
            "wilson" => Message::WilsonInterval,
            "welch-satterthwaite" => Message::WelchInterval,
            "t" => Message::TInterval,
            "normal" => Message::NormalInterval,
            "log-log" => Message::LogLogInterval,
            "exact" => Message::ExactInterval,
            "anderson-rubin" => Message::AndersonRubinInterval,
            "inversion" => Message::InversionInterval,
            "imbens-manski" => Message::ImbensManskiInterval,
            "bootstrap-t" => Message::BootstrapInterval,
            _ => return None,
        })
    }

    /// Returns the words for a standard error by its public id.
    pub fn of_errors(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "classical" => Message::ClassicalErrors,
            "hc0" => Message::Hc0Errors,
            "hc1" => Message::Hc1Errors,
            "hc2" => Message::Hc2Errors,
            "hc3" => Message::Hc3Errors,
            "cr0" => Message::Cr0Errors,
            "cr1" => Message::Cr1Errors,
            "cr2" => Message::Cr2Errors,
            _ => return None,
        })
    }

    /// Returns the words for the state of a week by its name in a plan.
    pub fn of_state(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "ordinary" => Message::OrdinaryState,
            "supported" => Message::SupportedState,
            "praktik" => Message::PraktikState,
            "education" => Message::EducationState,
            "self_support" => Message::SelfSupportState,
            "benefit" => Message::BenefitState,
            "pension" => Message::PensionState,
            "abroad" => Message::AbroadState,
            "dead" => Message::DeadState,
            "unknown" => Message::UnknownState,
            _ => return None,
        })
    }

    /// Returns the one word for the state of a week that heads a column; in English its name in a
    /// plan.
    pub fn of_state_short(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "ordinary" => Message::OrdinaryShort,
            "supported" => Message::SupportedShort,
            "praktik" => Message::PraktikShort,
            "education" => Message::EducationShort,
            "self_support" => Message::SelfSupportShort,
            "benefit" => Message::BenefitShort,
            "pension" => Message::PensionShort,
            "abroad" => Message::AbroadShort,
            "dead" => Message::DeadShort,
            "unknown" => Message::UnknownShort,
            _ => return None,
        })
    }

    /// Returns the words for a role of an outcome by its name in a plan.
    pub fn of_role(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "primary" => Message::Primary,
            "secondary" => Message::Secondary,
            "exploratory" => Message::Exploratory,
            _ => return None,
        })
    }

    /// Returns the words for an adjustment for many tests by its public id.
    pub fn of_adjustment(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "none" => Message::NoAdjustment,
            "holm" => Message::HolmAdjustment,
            "hochberg" => Message::HochbergAdjustment,
            "bh" => Message::BenjaminiHochbergAdjustment,
            "romano-wolf" => Message::RomanoWolfAdjustment,
            _ => return None,
        })
    }

    /// Returns the words for a procedure of the draw by its public id.
    pub fn of_procedure(id: &str) -> Option<Message<'static>> {
        Some(match id {
            "simple" => Message::SimpleDraw,
            "complete" => Message::CompleteDraw,
            "permuted-blocks" => Message::BlockDraw,
            "block-urn" => Message::BlockUrnDraw,
            "biased-coin" => Message::BiasedCoinDraw,
            "big-stick" => Message::BigStickDraw,
            "minimisation" => Message::MinimisationDraw,
            _ => return None,
        })
    }
}
