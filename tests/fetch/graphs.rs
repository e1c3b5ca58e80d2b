//! The graph of links as networkx reads it: `CRAWLD_TEST_NETWORKX` names the folder of its Python
//! (`scripts/test` installs it).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::common::run::Crawld;
use crate::common::site::Pages;
use crate::ground::fetch;

/// An edge with what is told of it.
type Edge = (String, String, BTreeMap<String, String>);

#[derive(Debug, Deserialize)]
struct Graph {
    nodes: BTreeSet<String>,
    edges: Vec<Edge>,
}

/// What networkx finds in these files of the folder.
fn read(folder: &Path, names: &[&str]) -> BTreeMap<String, Graph> {
    let programs = std::env::var_os("CRAWLD_TEST_NETWORKX");
    let programs =
        programs.expect("CRAWLD_TEST_NETWORKX: run scripts/test, which installs networkx");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/graph_edges.py");
    let done = Command::new(Path::new(&programs).join("python"))
        .arg(script)
        .args(names)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn edge(source: &str, target: &str, told: [(&str, &str); 3]) -> Edge {
    let known = told.into_iter().filter(|(_, text)| !text.is_empty());
    let told = known.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    (source.to_owned(), target.to_owned(), told)
}

#[test]
fn networkx_reads_the_same_graph_from_every_form() {
    let words = r#"say "yes" \ <b>&amp;]]&gt; 火 {a;b} -> c, 'd'"#;
    let html = format!(
        "<a href='/b?x=1&amp;y=2,3;z'>{words}</a><a rel=nofollow href='/c'></a>\
         <iframe src='http://elsewhere.example/%22q%22'></iframe>"
    );
    let site = Pages::new().page("/a", &html).links("/c", &["/a", "/c"]).open();
    let (at, crawld) = (|path: &str| site.at(path), Crawld::new());
    fetch(&crawld, 0, format!("{}\n{}\n", at("/a"), at("/c")), &[]);
    let files = ["links.graphml", "links.dot", "links.csv", "pairs.tsv"];
    for file in files {
        let (what, format) = file.split_once('.').unwrap();
        crawld.expect(0, &["export", "--what", what, "--format", format, "--output", file]);
    }
    let graphs = read(crawld.path(), &files);

    let words = r#"say "yes" \ <b>&]]> 火 {a;b} -> c, 'd'"#.replace("<b>", "");
    let (a, c, b) = (at("/a"), at("/c"), at("/b?x=1&y=2,3;z"));
    let elsewhere = "http://elsewhere.example/%22q%22";
    let told = |kind, text, nofollow| [("kind", kind), ("text", text), ("nofollow", nofollow)];
    let mut expected = vec![
        edge(&a, &b, told("a", &words, "false")),
        edge(&a, &c, told("a", "", "true")),
        edge(&a, elsewhere, told("iframe", "", "false")),
        edge(&c, &a, told("a", "to /a", "false")),
        edge(&c, &c, told("a", "to /c", "false")),
    ];
    let text_of = |edge: &Edge| edge.2.get("text").cloned().unwrap_or_default();
    expected.sort();
    let nodes: BTreeSet<String> =
        [&a, &b, &c].map(Clone::clone).into_iter().chain([elsewhere.to_owned()]).collect();
    for file in files {
        let graph = &graphs[file];
        assert_eq!(graph.nodes, nodes, "{file}");
        let mut edges = graph.edges.clone();
        edges.sort();
        if file == "pairs.tsv" {
            let bare = |edges: &[Edge]| -> Vec<_> {
                edges.iter().map(|(source, target, _)| (source.clone(), target.clone())).collect()
            };
            assert_eq!(bare(&edges), bare(&expected), "{file}");
        } else {
            let texts = |edges: &[Edge]| edges.iter().map(text_of).collect::<Vec<_>>();
            assert_eq!(texts(&edges), texts(&expected), "{file}");
            assert_eq!(edges, expected, "{file}");
        }
    }
}
