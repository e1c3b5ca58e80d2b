//! Exports, byte for byte.

use crawld::cli::export::run;
use crawld::domain::link::LinkKind;

use crate::world::{World, ask, new_url};

const PAGES: &str = "\
job,url,state,status,redirect_to,reason,content_type,charset,bytes,depth,referrer,tries,links,new_links,title,digest,fetched_at,elapsed_ms,duplicate_of
docs,http://h.example/,done,200,,,text/html,UTF-8,1234,0,,1,5,4,\"=Grüße, \"\"Welt\"\"\",sha256:abababababababababababababababababababababababababababababababab,2026-11-21T08:00:00.123Z,45,
docs,\"http://h.example/gone?a=1,2\",failed,404,,http_404,,,,1,http://h.example/,1,,,,,2026-11-21T08:00:01.000Z,7,
docs,http://h.example/moved,redirected,301,http://h.example/,,,,,1,http://h.example/,1,,,,,2026-11-21T08:00:01.000Z,7,
docs,http://h.example/private/a,excluded,,,robots,,,,1,http://h.example/,0,,,,,,,
docs,http://h.example/later,queued,,,,,,,1,http://h.example/,0,,,,,,,
";

/// The lines after the header in an order of their own: the store numbers URLs found together by
/// their keys.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].sort_unstable();
    lines
}

fn export(world: &World, options: &[&str]) -> (u8, String) {
    ask(run, &world.store, options)
}

#[test]
fn pages_have_the_columns_of_the_contract_byte_for_byte() {
    let world = World::crawled(false);
    let (exit, text) = export(&world, &["--what", "pages", "--format", "csv"]);
    assert_eq!((exit, sorted(&text)), (0, sorted(PAGES)));
    assert!(text.ends_with('\n') && !text.contains('\r'));
    assert_eq!(export(&world, &[]).1, text, "pages as CSV are what is meant without options");
}

#[test]
fn failures_are_the_failed_pages() {
    let world = World::crawled(false);
    let (exit, text) = export(&world, &["--what", "failures", "--format", "csv"]);
    let header_and_gone: Vec<&str> =
        PAGES.lines().filter(|line| line.starts_with("job") || line.contains("http_404")).collect();
    assert_eq!((exit, text.lines().collect::<Vec<_>>()), (0, header_and_gone));
}

#[test]
fn a_url_due_again_is_queued() {
    let world = World::crawled(false);
    ask(crawld::cli::retry::run, &world.store, &["docs", "--status", "404"]);
    let (_, text) = export(&world, &["--what", "failures"]);
    assert_eq!(text.lines().count(), 1);
    let (_, text) = export(&world, &["--what", "pages"]);
    assert_eq!(text.matches(",queued,").count(), 2, "{text}");
}

#[test]
fn first_links_are_those_that_found_a_url() {
    let world = World::crawled(false);
    let (exit, text) = export(&world, &["--what", "links", "--format", "tsv"]);
    let expected = "job\tsource\ttarget\tkind\ttext\tnofollow\n\
        docs\thttp://h.example/\thttp://h.example/gone?a=1,2\ta\t\"say \"\"go\"\"\"\tfalse\n\
        docs\thttp://h.example/\thttp://h.example/moved\ta\t\tfalse\n\
        docs\thttp://h.example/\thttp://h.example/private/a\ta\t\ttrue\n\
        docs\thttp://h.example/\thttp://h.example/later\ta\t\tfalse\n";
    assert_eq!((exit, sorted(&text)), (0, sorted(expected)));
}

#[test]
fn all_links_are_there_when_the_job_stores_them() {
    let world = World::crawled(true);
    let (exit, text) = export(&world, &["--what", "links", "--format", "jsonl"]);
    let expected = "\
{\"job\":\"docs\",\"source\":\"http://h.example/\",\"target\":\"http://h.example/moved\",\"kind\":\"a\",\"text\":null,\"nofollow\":false}
{\"job\":\"docs\",\"source\":\"http://h.example/\",\"target\":\"https://x.example/\",\"kind\":\"a\",\"text\":\"X\",\"nofollow\":false}
";
    assert_eq!((exit, text.as_str()), (0, expected));
}

#[test]
fn graphs_show_links_and_nothing_else() {
    let world = World::crawled(false);
    let (exit, text) = export(&world, &["--what", "links", "--format", "graphml"]);
    assert_eq!((exit, text.matches("<node ").count(), text.matches("<edge ").count()), (0, 5, 4));
    let (exit, text) = export(&world, &["--what", "links", "--format", "dot"]);
    assert_eq!((exit, text.matches(" -> ").count()), (0, 4));
    assert_eq!(export(&world, &["--what", "pages", "--format", "dot"]).0, 2);
}

#[test]
fn spreadsheets_are_guarded_only_when_asked() {
    let world = World::crawled(false);
    let guarded = export(&world, &["--spreadsheet"]).1;
    assert!(guarded.contains("\"'=Grüße, \"\"Welt\"\"\""), "{guarded}");
    assert_eq!(export(&world, &["--spreadsheet", "--format", "jsonl"]).0, 2);
}

#[test]
fn a_file_holds_what_standard_output_would_and_appears_alone() {
    let world = World::crawled(false);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.csv");
    let (exit, text) = export(&world, &["--output", path.to_str().unwrap()]);
    assert_eq!((exit, text.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), export(&world, &[]).1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let (exit, message) = export(&world, &["--output", "/nowhere/at/all.csv"]);
    assert_eq!(exit, 1);
    assert!(message.contains("/nowhere/at/all.csv"), "{message}");
}

#[test]
fn a_job_must_be_named_when_there_are_several() {
    let world = World::crawled(false);
    world.job("news", "{}");
    let (exit, message) = export(&world, &[]);
    assert_eq!(exit, 2);
    assert!(message.contains("docs, news"), "{message}");
    assert_eq!(export(&world, &["--job", "docs"]).0, 0);
    let (exit, message) = export(&world, &["--job", "nope"]);
    assert_eq!(exit, 2);
    assert!(message.contains("'nope'") && message.contains("docs, news"), "{message}");
    assert_eq!(export(&World::empty(), &[]).0, 2);
}

#[test]
fn every_row_is_there_once_over_many_batches() {
    let world = World::empty();
    let job = world.job("many", "{}").id;
    let urls: Vec<_> = (0..2500)
        .map(|n| new_url(&format!("http://h.example/{n}"), 0, LinkKind::Root, None))
        .collect();
    world.offer(job, &urls);
    let (_, text) = export(&world, &[]);
    let distinct: std::collections::HashSet<&str> = text.lines().collect();
    assert_eq!((text.lines().count(), distinct.len()), (2501, 2501));
}

#[test]
fn a_reader_that_closes_its_pipe_is_no_failure() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    let world = World::crawled(false);
    let closed = |args: &_, store: &_, _: &mut dyn std::io::Write| run(args, store, &mut Closed);
    assert_eq!(ask(closed, &world.store, &[]).0, 0);
}

#[test]
fn sorted_rows_do_not_tell_in_which_order_they_were_found() {
    let urls: Vec<_> = (0..300)
        .map(|n| new_url(&format!("http://h.example/{n:03}"), 0, LinkKind::Root, None))
        .collect();
    let found_in = |order: Vec<&crawld::frontier::record::NewUrl>| {
        let world = World::empty();
        let job = world.job("many", "{}").id;
        for url in order {
            world.offer(job, std::slice::from_ref(url));
        }
        ["csv", "tsv", "jsonl"].map(|format| export(&world, &["--sorted", "--format", format]).1)
    };
    let forth = found_in(urls.iter().collect());
    assert_eq!(forth, found_in(urls.iter().rev().collect()));
    let cells: Vec<&str> = forth[0].lines().skip(1).map(|l| l.split(',').nth(1).unwrap()).collect();
    assert!(cells.is_sorted() && cells.len() == 300, "{cells:?}");
}

#[test]
fn graphs_are_sorted_too() {
    let world = World::crawled(false);
    let dot = ["--what", "links", "--sorted", "--format", "dot"];
    let text = export(&world, &dot).1;
    let places: Vec<_> = ["gone", "later", "moved", "private"].map(|t| text.find(t)).into();
    assert!(places.is_sorted() && places[0].is_some(), "{text}");
}

#[test]
fn a_full_disk_is_told_with_the_name_of_the_file() {
    let world = World::crawled(false);
    let (exit, message) = export(&world, &["--output", "/dev/full"]);
    assert_eq!(exit, 1);
    assert!(message.contains("/dev/full"), "{message}");
}
