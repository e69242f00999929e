//! Graphs on the command line: golden text, and one line for each piece of bad input.

use std::path::PathBuf;

use expect_test::expect_file;

use crate::command_line::{turncoat, turncoat_with};

/// A graph in a file of this name.
fn edges(name: &str, text: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn what_a_person_sees_of_graphs() {
    for (arguments, code, golden) in [
        ("check signed -m 1 -n 4 -f 1 --graph path --suspects 0 --exactly", 1, "check_path.txt"),
        ("check routed -f 1 --graph prism", 0, "check_prism.txt"),
        ("check routed -f 1 -p 2 --graph ring -n 4", 1, "check_ring.txt"),
        ("check routed -f 1 -p 2 --graph ring -n 4 --format json", 1, "check_ring.json"),
        ("sweep signed -n 3..=6 -f 1 -m 2 --graph ring --suspects 0", 1, "sweep_ring.txt"),
        ("hunt signed -m 2 -f 2 --graph grid:3x2 --format json", 1, "hunt_grid.json"),
    ] {
        let answer = turncoat(arguments);
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "turncoat {arguments}");
        expect_file![format!("golden/{golden}")].assert_eq(&answer.out);
    }
}

#[test]
fn an_attack_on_a_graph_from_a_file_is_saved_and_replayed() {
    let graph = edges("five.txt", "0 4\n4 1\n0 1 # beside\n\n1 2\n2 3\n");
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("five.json");
    let (graph, file) = (graph.display(), file.display());
    let check = format!("check signed -m 2 -f 2 --graph {graph} --suspects 0,4 --exactly");
    let checked = turncoat(&check);
    let again = format!(" --graph {graph} -f 2 --exactly --suspects 0,4 --save attack.json");
    assert!(checked.out.contains(&format!("turncoat check signed{again}")), "{}", checked.out);
    assert_eq!(turncoat(&format!("{check} --save {file}")).code, 1);
    let text = std::fs::read_to_string(file.to_string()).unwrap();
    expect_file!["golden/attack_on_graph.json"].assert_eq(&text);
    let replayed = turncoat(&format!("replay {file}"));
    assert_eq!((replayed.code, replayed.err.as_str()), (1, ""));
    expect_file!["golden/replay_on_graph.txt"].assert_eq(&replayed.out);
    let mistakes = [
        ("[1,2]", "[1,1]"),
        ("[1,2]", "[1,7]"),
        ("[1,2],", ""),
        ("\"n\":5", "\"n\":6"),
        ("\"n\":5", "\"n\":65"),
        ("\"from\":0,\"to\":1", "\"from\":0,\"to\":3"),
        ("\"traitors\"", "\"n\": 5, \"traitors\""),
    ];
    let mut lines = String::new();
    for (right, wrong) in mistakes {
        assert!(text.contains(right), "{right}");
        let answer = turncoat_with("replay -", &text.replace(right, wrong));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{wrong}");
        assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
        lines += &format!("{right} -> {wrong}\n{}\n", answer.err);
    }
    expect_file!["golden/bad_graph_files.txt"].assert_eq(&lines);
}

/// What is saved of a protocol that is laid out for a graph is run on that graph and on no other.
#[test]
fn what_is_laid_out_for_a_graph_keeps_to_it() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ring.json");
    let saved = format!("check routed -f 1 -p 2 --graph ring -n 4 --save {}", file.display());
    assert_eq!(turncoat(&saved).code, 1);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(turncoat_with("replay - --expect broken", &text).code, 0);
    let graph = "  \"graph\": {\"n\":4,\"edges\":[[0,1],[0,3],[1,2],[2,3]]},\n";
    assert!(text.contains(graph), "{text}");
    let answer = turncoat_with("replay -", &text.replace(graph, "  \"n\": 4,\n"));
    assert_eq!(answer.code, 2);
    let line = "OM(1,2) is laid out for the ring of 4, and not for the complete graph of 4\n";
    assert_eq!(answer.err, format!("turncoat: standard input: {line}"));
}

#[test]
fn bad_graphs_get_one_line() {
    for (name, text) in [
        ("loop.txt", "0 1\n1 1\n"),
        ("unknown.txt", "0 1\n1 9\n"),
        ("apart.txt", "0 1\n2 3\n"),
        ("twice.txt", "0 1\n1 2\n1 0\n"),
        ("nonsense.txt", "0 1\n1 x\n"),
        ("many.txt", "0 64\n"),
    ] {
        edges(name, text);
    }
    let mut lines = String::new();
    for arguments in [
        "check oral -f 1 --graph TMP/loop.txt",
        "check oral -n 5 -f 1 --graph TMP/unknown.txt",
        "check oral -f 1 --graph TMP/apart.txt",
        "check oral -f 1 --graph TMP/twice.txt",
        "check oral -f 1 --graph TMP/nonsense.txt",
        "check oral -f 1 --graph TMP/many.txt",
        "check oral -f 1 --graph TMP/missing.txt",
        "check oral -f 1 --graph TMP",
        "check oral -n 4 -f 1 --graph prism",
        "check oral -f 1",
        "check oral -f 1 --graph ring",
        "check oral -n 65 -f 1 --graph ring",
        "check oral -n 0 -f 1 --graph path",
        "check oral -f 1 --graph grid:3",
        "check oral -f 1 --graph grid:0x3",
        "check oral -f 1 --graph bipartite:0,3",
        "check oral -f 1 --graph regular:5,3",
        "check oral -f 1 --graph regular:8",
        "check oral -n 4 -f 1 --suspects 7",
        "check oral -n 4 -f 1 --suspects 99",
        "check oral -n 4 -f 1 --suspects me",
        "check oral -n 4 -f 2 --suspects 3",
        "check routed -f 1 --graph ring -n 5",
        "check routed -f 0 -n 4",
        "check routed -f 3 -p 2 -n 4",
        "check routed -f 4 -p 30 -n 40",
        "hunt oral -n 4 -f 1 --graph cube",
        "sweep oral -n 3..=4 -f 1 --graph prism",
    ] {
        let answer = turncoat(&arguments.replace("TMP", env!("CARGO_TARGET_TMPDIR")));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "turncoat {arguments}");
        assert_eq!(answer.err.lines().count(), 1, "turncoat {arguments}\n{}", answer.err);
        let line = answer.err.replace(env!("CARGO_TARGET_TMPDIR"), "TMP");
        lines += &format!("$ turncoat {arguments}\n{line}\n");
    }
    expect_file!["golden/bad_graphs.txt"].assert_eq(&lines);
}
