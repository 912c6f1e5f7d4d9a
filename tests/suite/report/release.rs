//! What the numbers of each method tell beside counts: a trial is made in which one small count
//! would follow from a row, and one like it in which none does.



use super::exports::{estimate, exported, line, plan};
use crate::workshop::{Folder, klero};

#[test]
fn an_ordinary_trial_leaves_whatever_few_are_missing() {
    let plan = plan(
        "strata = [\"sex\", \"own\"]",
        &[("job", "Job")],
        &estimate("job", "primary", "method = \"risk-difference\""),
    );
    let plan = plan.replace("column = \"job\"", "column = \"job\"\nyes_no = true");
    for missing in 1..=4 {
        let folder = exported(&plan, "job", |_, sex, own, place| {
            let gone = sex == "f" && own == "y" && place < missing;
            match gone {
                true => String::new(),
                false => u8::from(place % 3 == 0).to_string(),
            }
        });
        let flow = line(&folder, "export/tables/flow.csv", ",120,60,60,");
        assert!(!flow.contains("suppressed"), "{flow}");
    }
}

#[test]
fn an_arm_below_the_threshold_refuses_the_export_and_says_so() {
    let plan = plan(
        "strata = []",
        &[("job", "Job")],
        &estimate("job", "primary", ""),
    );
    let folder = exported(&plan, "job", |_, _, _, place| (place % 2).to_string());
    let threshold = ["export", "--force", "--threshold", "61"];
    klero(folder.path(), &threshold).fails_with(
        1,
        &[
            "arm `new` has 60 persons",
            "threshold of 61",
            "nothing was exported",
        ],
    );
}
