//! What `klero export` writes, and what it must not.

use crate::workshop::{Folder, klero};

#[test]
fn small_counts_and_what_tells_them_are_held_back() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    let said = klero(&study, &["export", "--threshold", "12", "--json"]).ok();
    let json = said.json();
    assert!(json["held_back_small"].as_u64().unwrap() > 0);
    assert_eq!(
        json["figures_left_out"],
        serde_json::json!(["effects", "course", "states"])
    );
    // 9, 9 and 10 persons in ordinary employment: no share, effect or p of them may stand.
    let table = folder.read("d/export/tables/primary.csv");
    for told in ["0.066", "0.053", "0.05,", "0.013", "0.61", ",9", ",10,"] {
        assert!(!table.contains(told), "{told} in {table}");
    }
    // The persons who have the outcome are many, and stay.
    assert!(table.contains("135") && table.contains("188"), "{table}");
    let page = folder.read("d/export/report.html");
    assert!(!page.contains("9/135"));
    assert!(!study.join("export/figures/course.csv").exists());
    assert!(!study.join("export/MICRODATA-not-for-release").exists());
}

#[test]
fn rows_of_persons_leave_only_when_asked_for_and_in_a_folder_that_says_so() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["export", "--microdata"]).ok();
    let rows = folder.read("d/export/MICRODATA-not-for-release/analysis.csv");
    assert_eq!(rows.lines().count(), 504);
    assert!(rows.starts_with("referral,arm,"));
    klero(&study, &["export"]).fails_with(2, &["is there already", "--force"]);
    klero(&study, &["export", "--force"]).ok();
    assert!(!study.join("export/MICRODATA-not-for-release").exists());
}

#[test]
fn an_export_that_cannot_protect_anybody_is_refused() {
    let folder = Folder::new();
    klero(folder.path(), &["demo", "d"]).ok();
    let study = folder.join("d");
    klero(&study, &["export", "--threshold", "150"]).fails_with(1, &["nothing was exported"]);
    assert!(!study.join("export").exists());
}
