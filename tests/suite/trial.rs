//! One trial through the library: seal, draw, ledger, audit.

use std::collections::HashMap;
use std::time::Duration;

use klero::audit::{Audit, Rule, audit};
use klero::draw::Seed;
use klero::ledger::{
    Answer, DrawError, Event, Ledger, LedgerError, Referral, Torn, Writer, repair,
};
use klero::protocol::Protocol;
use klero::sample::Flow;

use crate::workshop::{COMPLETE, Folder, list, noon, open, people, plan_with, sealed, seed, stamp};

fn arms(answers: &[Answer]) -> HashMap<String, String> {
    answers
        .iter()
        .map(|answer| match answer {
            Answer::Drawn(drawn) => (drawn.referral.clone(), drawn.arm.clone()),
            Answer::Refused(refused) => (refused.referral.clone(), "refused".to_owned()),
        })
        .collect()
}

fn draw(folder: &Folder, referrals: &[Referral]) -> Vec<Answer> {
    open(folder)
        .draw(referrals, Some(&seed()), &noon())
        .unwrap()
        .0
}

fn bytes(folder: &Folder) -> Vec<u8> {
    std::fs::read(folder.join("ledger.jsonl")).unwrap()
}

fn audited(folder: &Folder) -> Audit {
    audit(&bytes(folder), Some(&seed()), None)
}

#[test]
fn the_order_of_rows_in_a_list_changes_nothing() {
    let plan = plan_with(COMPLETE);
    let ledgers: Vec<Vec<u8>> = [false, true]
        .into_iter()
        .map(|reversed| {
            let folder = Folder::new();
            let protocol = sealed(&folder, &plan);
            let mut coming = list(&people(60), &protocol);
            if reversed {
                coming.reverse();
            }
            draw(&folder, &coming);
            bytes(&folder)
        })
        .collect();
    assert_eq!(ledgers[0], ledgers[1]);
}

#[test]
fn a_list_is_drawn_in_the_ratio_within_each_stratum() {
    let folder = Folder::new();
    let plan = plan_with(COMPLETE).replace("id = \"effort\"", "id = \"effort\"\nratio = 2");
    let protocol = sealed(&folder, &plan);
    draw(&folder, &list(&people(200), &protocol));
    let ledger = Ledger::read(&folder.join("ledger.jsonl")).unwrap();
    let mut counts: HashMap<Vec<String>, [f64; 2]> = HashMap::new();
    for (_, draw) in ledger.draws() {
        let arm = protocol.arm(&draw.arm).unwrap();
        counts.entry(draw.stratum.clone()).or_default()[arm] += 1.0;
    }
    assert_eq!(counts.len(), 4);
    for [effort, control] in counts.into_values() {
        let n = effort + control;
        assert!((effort - n * 2.0 / 3.0).abs() < 1.0, "{effort} of {n}");
    }
    let seen = audited(&folder);
    assert_eq!(seen.findings, []);
    assert_eq!((seen.draws, seen.rederived), (200, 200));
}

#[test]
fn later_lists_and_strata_do_not_change_earlier_draws() {
    let plan = plan_with(COMPLETE);
    let (one, two) = (Folder::new(), Folder::new());
    let protocol = sealed(&one, &plan);
    sealed(&two, &plan);
    let all = list(&people(40), &protocol);
    let tonder: Vec<Referral> = all.iter().step_by(2).cloned().collect();
    let alone = arms(&draw(&one, &tonder));
    let together = arms(&draw(&two, &all));
    for (referral, arm) in &alone {
        assert_eq!(together[referral], *arm);
    }
    // The rest comes later, in strata of its own, and gets what it got together.
    assert_eq!(arms(&draw(&one, &all)), together);
    assert_eq!(audited(&one).findings, []);
}

#[test]
fn a_second_list_goes_on_where_the_first_ended() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    let all = list(&people(50), &protocol);
    draw(&folder, &all[..20]);
    draw(&folder, &all[20..]);
    let seen = audited(&folder);
    assert_eq!(seen.findings, []);
    assert_eq!(seen.rederived, 50);
}

#[test]
fn whoever_asks_twice_gets_the_recorded_arm_and_appends_nothing() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    let all = list(&people(30), &protocol);
    let first = arms(&draw(&folder, &all));
    let before = bytes(&folder);
    let again = draw(&folder, &all);
    assert_eq!(arms(&again), first);
    assert!(
        again
            .iter()
            .all(|answer| matches!(answer, Answer::Drawn(d) if d.already))
    );
    assert_eq!(bytes(&folder), before);
}

#[test]
fn whoever_comes_back_with_other_facts_stops_the_list() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    draw(&folder, &list("id,place,age\na,Tønder,30\n", &protocol));
    let before = bytes(&folder);
    let other = list("id,place,age\na,Brøndby,30\nb,Tønder,40\n", &protocol);
    let error = open(&folder)
        .draw(&other, Some(&seed()), &noon())
        .unwrap_err();
    assert!(
        matches!(&error, DrawError::OtherFacts { factor, .. } if factor == "place"),
        "{error}"
    );
    assert_eq!(bytes(&folder), before);
}

#[test]
fn counts_must_fit_the_list() {
    let folder = Folder::new();
    let counts = "[allocation]\nprocedure = \"complete\"\ncounts = { effort = 3, control = 4 }";
    let protocol = sealed(&folder, &plan_with(counts));
    let all = list(&people(8), &protocol);
    let error = open(&folder)
        .draw(&all, Some(&seed()), &noon())
        .unwrap_err();
    assert!(
        matches!(
            error,
            DrawError::Counts {
                found: 8,
                expected: 7,
                ..
            }
        ),
        "{error}"
    );
    let drawn = draw(&folder, &all[..7]);
    let effort = arms(&drawn).values().filter(|arm| *arm == "effort").count();
    assert_eq!(effort, 3);
    assert_eq!(audited(&folder).findings, []);
}

/// Strata with counts: the counts hold in each stratum.
#[test]
fn counts_hold_in_every_stratum() {
    let folder = Folder::new();
    let counts = "[allocation]\nprocedure = \"complete\"\ncounts = { effort = 3, control = 4 }\n\
                  strata = [\"place\"]";
    let protocol = sealed(&folder, &plan_with(counts));
    draw(&folder, &list(&people(14), &protocol));
    let seen = audited(&folder);
    assert_eq!((seen.findings.len(), seen.rederived), (0, 14));
}

#[test]
fn the_ineligible_are_refused_with_the_label_and_recorded_once() {
    let folder = Folder::new();
    let rule = "\n[[eligible]]\nlabel = \"30 or older\"\nfactor = \"age\"\nmin = 30\n";
    let protocol = sealed(&folder, &(plan_with(COMPLETE) + rule));
    let all = list("id,place,age\na,Tønder,29\nb,Tønder,30\n", &protocol);
    let answers = draw(&folder, &all);
    assert!(matches!(&answers[0], Answer::Refused(r) if r.reason == "30 or older" && !r.already));
    assert!(matches!(&answers[1], Answer::Drawn(_)));
    let before = bytes(&folder);
    let again = draw(&folder, &all);
    assert!(matches!(&again[0], Answer::Refused(r) if r.already));
    assert_eq!(bytes(&folder), before);
    let flow = Flow::of(&Ledger::read(&folder.join("ledger.jsonl")).unwrap());
    assert_eq!((flow.referred, flow.refused, flow.drawn), (2, 1, 1));
    assert_eq!(audited(&folder).findings, []);
}

#[test]
fn a_rule_with_when_is_for_those_alone_and_the_audit_knows_it() {
    let folder = Folder::new();
    let rule = "\n[[eligible]]\nlabel = \"under 30 in Tønder\"\nfactor = \"place\"\n\
                in = [\"Tønder\"]\nwhen = { factor = \"age\", max = 29 }\n";
    let protocol = sealed(&folder, &(plan_with(COMPLETE) + rule));
    let all = "id,place,age\na,Brøndby,29\nb,Tønder,29\nc,Brøndby,30\n";
    let answers = draw(&folder, &list(all, &protocol));
    assert!(matches!(&answers[0], Answer::Refused(r) if r.reason == "under 30 in Tønder"));
    assert!(matches!(
        &answers[1..],
        [Answer::Drawn(_), Answer::Drawn(_)]
    ));
    assert_eq!(audited(&folder).findings, []);
    let wrong = rule.replace("age", "agee");
    let fault = Protocol::read(&(plan_with(COMPLETE) + &wrong)).unwrap_err();
    assert!(fault.to_string().contains("agee"), "{fault}");
}

#[test]
fn simple_draws_follow_the_order_of_the_list() {
    let plan = plan_with("[allocation]\nprocedure = \"simple\"");
    let (list_at_once, one_by_one) = (Folder::new(), Folder::new());
    let protocol = sealed(&list_at_once, &plan);
    sealed(&one_by_one, &plan);
    let all = list(&people(25), &protocol);
    let at_once = arms(&draw(&list_at_once, &all));
    for referral in &all {
        draw(&one_by_one, std::slice::from_ref(referral));
    }
    let singly = Ledger::read(&one_by_one.join("ledger.jsonl")).unwrap();
    for (_, draw) in singly.draws() {
        assert_eq!(at_once[&draw.referral], draw.arm);
    }
    assert_eq!(audited(&list_at_once).findings, []);
    assert_eq!(bytes(&list_at_once), bytes(&one_by_one));
}

#[test]
fn nothing_is_drawn_with_a_wrong_seed_or_after_the_end() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    let all = list(&people(4), &protocol);
    let wrong = Seed::from_bytes([8; 32]);
    let error = open(&folder).draw(&all, Some(&wrong), &noon()).unwrap_err();
    assert!(matches!(error, DrawError::WrongSeed));
    open(&folder)
        .append(vec![Event::Unseal { seed: seed() }], &noon())
        .unwrap();
    let error = open(&folder)
        .draw(&all, Some(&seed()), &noon())
        .unwrap_err();
    assert!(matches!(error, DrawError::Unsealed { entry: 1 }));
}

#[test]
fn an_entry_is_written_in_one_form_and_read_in_no_other() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    draw(&folder, &list(&people(3), &protocol));
    let text = folder.read("ledger.jsonl");
    for line in text.lines() {
        let entry = klero::ledger::Entry::read(line.as_bytes()).unwrap();
        assert_eq!(entry.write(), line);
    }
    let draw = text.lines().last().unwrap();
    for (from, to) in [
        (":{\"place\"", ": {\"place\""),
        ("\"slot\":0", "\"slot\":0.0"),
        ("\"slot\":0", "\"slot\":00"),
        ("\"slot\":0", "\"slot\":+0"),
        ("\"slot\":0", "\"slot\":-0"),
        ("Brøndby", "Br\\u00f8ndby"),
        ("\"by\":\"tester\",", ""),
        ("\"clock\":\"set\"", "\"clock\":\"set\",\"more\":1"),
        ("\"arm\":", "\"size\":1,\"arm\":"),
        (
            "\"by\":\"tester\",\"type\":\"draw\"",
            "\"type\":\"draw\",\"by\":\"tester\"",
        ),
    ] {
        let changed = draw.replacen(from, to, 1);
        assert_ne!(changed, draw, "{from}");
        assert!(
            klero::ledger::Entry::read(changed.as_bytes()).is_err(),
            "{changed}"
        );
    }
}

#[test]
fn a_tail_cut_short_is_named_and_moved_aside_and_the_arms_come_back() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    let all = list(&people(12), &protocol);
    let arms_whole = arms(&draw(&folder, &all));
    let whole = bytes(&folder);
    let path = folder.join("ledger.jsonl");
    let seal_end = whole.iter().position(|&byte| byte == b'\n').unwrap() as u64 + 1;
    for cut in [whole.len() - 1, whole.len() - 40, seal_end as usize + 10] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let error = Ledger::read(&path).unwrap_err();
        assert!(matches!(error, LedgerError::Torn { .. }), "{error}");
        assert!(Writer::open(&path, "tester", Duration::ZERO).is_err());
        let seen = audit(&whole[..cut], Some(&seed()), None);
        assert!(!seen.findings.is_empty());
        // A batch cut at the end of a line is torn too, so it takes two steps at most.
        let mut aside = Vec::new();
        while let Some((torn, moved)) = repair(&path, &stamp("2017-05-02T08:00:00Z")).unwrap() {
            assert!(torn.line() >= 2);
            aside.splice(0..0, std::fs::read(&moved).unwrap());
            std::fs::remove_file(moved).unwrap();
        }
        let kept = bytes(&folder);
        assert_eq!(
            [kept.clone(), aside].concat(),
            whole[..cut],
            "nothing is lost"
        );
        assert_eq!(arms(&draw(&folder, &all)), arms_whole);
        assert_eq!(audited(&folder).findings, []);
    }
}

#[test]
fn a_batch_with_fewer_draws_than_its_size_is_torn() {
    let folder = Folder::new();
    let protocol = sealed(
        &folder,
        &plan_with("[allocation]\nprocedure = \"complete\""),
    );
    draw(&folder, &list(&people(5), &protocol));
    let text = folder.read("ledger.jsonl");
    let cut: String = text
        .lines()
        .take(4)
        .map(|line| format!("{line}\n"))
        .collect();
    folder.write("ledger.jsonl", cut);
    match Ledger::read(&folder.join("ledger.jsonl")).unwrap_err() {
        LedgerError::Torn {
            torn: Torn::Batch {
                line, found, size, ..
            },
            ..
        } => assert_eq!((line, found, size), (2, 2, 5)),
        other => panic!("{other}"),
    }
}

#[test]
fn a_clock_set_back_writes_nothing() {
    let folder = Folder::new();
    sealed(&folder, &plan_with(COMPLETE));
    let before = bytes(&folder);
    let error = open(&folder)
        .append(
            vec![Event::Unseal { seed: seed() }],
            &stamp("2017-05-01T11:59:59Z"),
        )
        .unwrap_err();
    assert!(matches!(error, LedgerError::ClockSetBack { .. }));
    assert_eq!(bytes(&folder), before);
}

#[test]
fn a_second_writer_waits_and_then_says_who_holds_the_ledger() {
    let folder = Folder::new();
    sealed(&folder, &plan_with(COMPLETE));
    let _holding = open(&folder);
    let path = folder.join("ledger.jsonl");
    match Writer::open(&path, "second", Duration::from_millis(50)).unwrap_err() {
        LedgerError::Held { holder, .. } => assert!(holder.contains("by tester"), "{holder}"),
        other => panic!("{other}"),
    }
}

#[test]
fn a_ledger_that_grew_since_it_was_read_is_read_again() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    let path = folder.join("ledger.jsonl");
    let list = list(&people(6), &protocol);
    let early = Ledger::read(&path).unwrap();
    draw(&folder, &list);
    let after = bytes(&folder);
    let mut writer = Writer::resume(early, "tester", Duration::ZERO).unwrap();
    assert!(writer.ledger.entry_of(&list[0].id).is_some());
    let (_, appended) = writer.draw(&list, Some(&seed()), &noon()).unwrap();
    assert_eq!((appended, bytes(&folder)), (None, after));
    drop(writer);
    // What was changed in place is seen too, though nothing was appended.
    let early = Ledger::read(&path).unwrap();
    let forged = String::from_utf8(bytes(&folder)).unwrap();
    std::fs::write(&path, forged.replace("r-0001", "r-9999")).unwrap();
    let error = Writer::resume(early, "tester", Duration::ZERO).unwrap_err();
    assert!(matches!(error, LedgerError::Broken { .. }), "{error}");
}

#[test]
fn an_audit_without_seed_checks_all_but_the_arms_and_says_so() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    draw(&folder, &list(&people(6), &protocol));
    let seen = audit(&bytes(&folder), None, None);
    assert_eq!((seen.findings.len(), seen.rederived), (0, 0));
    assert!(
        seen.not_excluded
            .iter()
            .any(|item| item.contains("no seed"))
    );
}

#[test]
fn a_kept_head_shows_a_ledger_written_anew() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    draw(&folder, &list(&people(6), &protocol));
    let ledger = Ledger::read(&folder.join("ledger.jsonl")).unwrap();
    let kept = ledger.head;
    let whole = bytes(&folder);
    let seen = audit(&whole, Some(&seed()), Some(kept));
    assert_eq!(seen.findings, []);
    assert!(!seen.not_excluded.iter().any(|item| item.contains("tail")));
    let cut = whole.len() - whole.split(|&b| b == b'\n').rev().nth(1).unwrap().len() - 1;
    let seen = audit(&whole[..cut], Some(&seed()), Some(kept));
    assert!(
        seen.findings
            .iter()
            .any(|finding| finding.rule == Rule::Head)
    );
}

#[test]
fn a_wrong_seed_and_a_changed_arm_are_found() {
    let folder = Folder::new();
    let protocol = sealed(&folder, &plan_with(COMPLETE));
    draw(&folder, &list(&people(6), &protocol));
    let wrong = audit(&bytes(&folder), Some(&Seed::from_bytes([9; 32])), None);
    assert_eq!(wrong.findings.len(), 1);
    assert_eq!(wrong.findings[0].rule, Rule::Commitment);
    // A forger who rewrites the chain from the changed line on is found by the draw itself.
    let mut ledger = Ledger::read(&folder.join("ledger.jsonl")).unwrap();
    let mut prev = klero::digest::Digest::ZERO;
    let mut text = String::new();
    for entry in &mut ledger.entries {
        if let (7, Event::Draw(draw)) = (entry.number, &mut entry.event) {
            let other = if draw.arm == "effort" {
                "control"
            } else {
                "effort"
            };
            draw.arm = other.to_owned();
        }
        entry.prev = prev;
        let line = entry.write();
        prev = klero::digest::Digest::of(line.as_bytes());
        text += &(line + "\n");
    }
    let seen = audit(text.as_bytes(), Some(&seed()), None);
    assert_eq!(seen.findings.len(), 1, "{:?}", seen.findings);
    assert_eq!(
        (seen.findings[0].entry, seen.findings[0].rule),
        (7, Rule::Arm)
    );
}

#[test]
fn an_amended_plan_counts_from_its_entry_on() {
    let folder = Folder::new();
    let plan = plan_with("[allocation]\nprocedure = \"simple\"");
    let rule = "\n[[eligible]]\nlabel = \"30 or older\"\nfactor = \"age\"\nmin = 30\n";
    let protocol = sealed(&folder, &(plan.clone() + rule));
    let young = list("id,place,age\na,Tønder,29\n", &protocol);
    assert!(matches!(&draw(&folder, &young)[0], Answer::Refused(_)));
    let amend = Event::Amend(klero::ledger::Amend {
        protocol: plan,
        reason: "too few referrals".to_owned(),
    });
    open(&folder).append(vec![amend], &noon()).unwrap();
    assert!(matches!(&draw(&folder, &young)[0], Answer::Drawn(_)));
    assert_eq!(audited(&folder).findings, []);
}

#[test]
fn clusters_are_drawn_whole_and_later_members_join_them() {
    let folder = Folder::new();
    let factor = "[[factor]]\nid = \"mentor\"\n\n[allocation]\nprocedure = \"simple\"\n\
                  cluster = \"mentor\"\nstrata = [\"place\"]";
    let plan = plan_with("[allocation]").replace("[allocation]", factor);
    let protocol = Protocol::read(&plan).unwrap_or_else(|error| panic!("{error}"));
    sealed(&folder, &plan);
    let first = "id,place,age,mentor\na,Tønder,30,M1\nb,Tønder,50,M1\nc,Brøndby,40,M2\n";
    let drawn = arms(&draw(&folder, &list(first, &protocol)));
    assert_eq!(drawn["a"], drawn["b"]);
    let later = list("id,place,age,mentor\nd,Brøndby,33,M2\n", &protocol);
    assert_eq!(arms(&draw(&folder, &later))["d"], drawn["c"]);
    let wrong = list("id,place,age,mentor\ne,Tønder,33,M2\n", &protocol);
    let error = open(&folder)
        .draw(&wrong, Some(&seed()), &noon())
        .unwrap_err();
    assert!(matches!(error, DrawError::ClusterFacts { .. }), "{error}");
    let seen = audited(&folder);
    assert_eq!((seen.findings.len(), seen.draws, seen.rederived), (0, 2, 2));
}
