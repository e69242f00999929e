//! What a failing test leaves in the folder that `TURNCOAT_REPORT_DIR` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use turncoat::{OralMessages, Regressions, Setting, check, hunt, strategy};

use crate::command_line::{scratch, scratch_folder};

/// The environment variable that says how this test is to fail when it runs itself.
const WAY: &str = "TURNCOAT_TEST_FAILS_BY";

fn fail(way: &str) {
    let protocol = OralMessages::new(1);
    let stored = Regressions::in_dir(PathBuf::from(scratch("artifacts/attacks")).join(way));
    match way {
        "check" => check(protocol).generals(3).traitors(1).assert_holds(),
        "hunt" => hunt(protocol).generals(3).traitors(1).assert_finds_nothing(),
        "survives" => hunt(protocol).generals(3).traitors(1).assert_survives(&stored),
        "stored" => stored.assert_survived_by(&protocol, Setting::new(3, 1)),
        _ => {
            let attack = check(&protocol).generals(3).traitors(1).assert_broken().attack;
            panic!("{}", strategy::judged(&protocol, &attack).unwrap_err());
        }
    }
}

/// What this test prints when it fails in this way and leaves its report in that folder.
fn told(way: &str, folder: Option<&Path>) -> String {
    let name = "artifacts::a_failing_test_leaves_pictures";
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", name, "--nocapture"]).env(WAY, way).env_remove("TURNCOAT_REPORT_DIR");
    if let Some(folder) = folder {
        test.env("TURNCOAT_REPORT_DIR", folder);
    }
    let output = test.output().expect("this test can be run");
    assert!(!output.status.success(), "{way} does not fail");
    String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap()
}

/// What the workflow for GitHub Actions puts into the summary of a job whose tests left this folder.
fn job_summary(folder: &Path) -> String {
    let workflow = include_str!("../deploy/github.yml");
    let step = workflow.lines().find(|line| line.contains("GITHUB_STEP_SUMMARY"));
    let command = step.and_then(|line| line.split_once("run: ")).unwrap().1;
    let (work, summary) = (scratch_folder("artifacts/job"), scratch("artifacts/summary.md"));
    let _ = fs::remove_file(&summary);
    fs::create_dir_all(&work).unwrap();
    std::os::unix::fs::symlink(folder, work.join("turncoat-reports")).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-ec", command]).current_dir(work).env("GITHUB_STEP_SUMMARY", &summary);
    assert!(shell.status().unwrap().success());
    fs::read_to_string(&summary).unwrap()
}

#[test]
fn a_failing_test_leaves_pictures() {
    if let Ok(way) = std::env::var(WAY) {
        return fail(&way);
    }
    let artifacts = scratch_folder("artifacts");
    for (way, attack) in [
        ("check", "txt"),
        ("hunt", "txt"),
        ("judged", "txt"),
        ("survives", "json"),
        ("stored", "json"),
        // The same attack, now stored: it has a file already.
        ("stored", "txt"),
    ] {
        let folder = artifacts.join("left").join(way).join(attack);
        let told = told(way, Some(&folder));
        assert!(told.contains("Violated: ") && told.contains("LIE"), "{told}");
        let named = told.lines().filter_map(|line| line.strip_prefix("Report written to "));
        let mut named: Vec<PathBuf> = named.map(PathBuf::from).collect();
        named.sort();
        let mut there: Vec<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        there.sort();
        assert_eq!(named, there, "{told}");
        let [file, .., svg] = &named[..] else { panic!("{told}") };
        assert!(job_summary(&folder).contains("```mermaid\nsequenceDiagram\n"), "{told}");
        assert!(file.to_string_lossy().ends_with(&format!(".attack.{attack}")), "{file:?}");
        assert!(fs::read_to_string(svg).unwrap().contains("OM(1) among 3 generals"));
    }
    let without = told("check", None);
    assert!(without.contains("Violated: ") && !without.contains("Report written to"), "{without}");
    let refused = told("check", Some(Path::new("/proc/nowhere")));
    let line = "Cannot write a report to ";
    assert!(refused.contains("Violated: ") && refused.contains(line), "{refused}");
}
