//! The report on figures made here.

use super::*;
use crate::store::{Harvested, HostSum, JobState, KindSum, Origin, SitemapSums};

fn report() -> Report {
    let sum = |authority: &str, urls, figure| HostSum { authority: authority.into(), urls, figure };
    let job = JobRow {
        id: JobId(1),
        name: "docs".into(),
        kind: "crawl".into(),
        origin: Origin::Cli,
        spec: "{}".into(),
        state: JobState::Done,
        pass: 1,
        pass_started_at: 1000,
        cursor: None,
        exhausted: true,
        asked: 1500,
        running_ms: 72_000,
        waiting_ms: 60_000,
        peak_in_flight: 64,
        phases_us: [1_200_000, 40_000_000, 12_000_000, 450_000],
        bytes: 123_456,
        limit_hit: Some("max_pages".into()),
        started_at: 1000,
        finished_at: Some(73_000),
        not_modified: 0,
    };
    let sums = JobReport {
        out_of_scope: 0,
        links_cut: 0,
        states: vec![
            (UrlState::Queued, 20),
            (UrlState::Done, 1480),
            (UrlState::Failed, 8),
            (UrlState::Redirected, 12),
            (UrlState::Excluded, 33),
        ],
        statuses: vec![(200, 1480), (301, 12), (404, 5)],
        failures: vec![("http_404".into(), 5), ("dns".into(), 3)],
        exclusions: vec![("robots".into(), 33)],
        bytes: 12_897_485,
        links: 44_400,
        hosts: 3,
        fetched: Some((1100, 72_900)),
        slowest: vec![sum("slow.example", 40, 1250), sum("h", 1, 8)],
        failing: vec![sum("gone.example", 8, 8)],
        given_up: vec![("gone.example".into(), "dns".into())],
        sitemaps: SitemapSums {
            read: 3,
            failed: 1,
            urls: 1204,
            new_urls: 900,
            ..SitemapSums::default()
        },
        ..JobReport::default()
    };
    Report { job, sums }
}

fn text(report: &Report) -> String {
    let mut out = Vec::new();
    print(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_report_tells_everything_in_a_few_lines() {
    let expected = "\
docs: done (limit max_pages), crawl, pass 1
  finished  1,533 = done 1,480 + redirected 12 + failed 8 + excluded 33
  queued       20
  known     1,553
  speed     20.8 pages/s: 1,500 pages in 1m 12s, 1m 0s of it waiting
  peak      64 requests in flight at once
  read      12.3 MiB with 44,400 links, from 3 hosts
  time      connect 1.2 s, head 40.0 s, body 12.0 s, extract 450 ms
  per page  connect 800 µs, head 26.7 ms, body 8.0 ms, extract 300 µs
  status    200: 1,480, 301: 12, 404: 5
  sitemaps  3 read, 1 failed; 1,204 URLs, 900 new
  failed    http_404: 5, dns: 3
  excluded  robots: 33
  slowest   slow.example  1.2 s mean of 40 URLs
            h             8 ms mean of 1 URL
  failing   gone.example  8 URLs failed
  given up  gone.example (dns)
";
    assert_eq!(text(&report()), expected);
}

#[test]
fn the_counts_add_up() {
    let report = report();
    assert_eq!(report.known(), 1553);
    assert_eq!(report.finished() + report.count(UrlState::Queued), report.known());
}

#[test]
fn a_report_of_nothing_is_short_and_divides_by_nothing() {
    let mut report = report();
    report.sums = JobReport::default();
    (report.job.asked, report.job.running_ms, report.job.limit_hit) = (0, 0, None);
    let text = text(&report);
    assert!(text.starts_with("docs: done, crawl, pass 1\n"), "{text}");
    assert!(text.contains("0.0 pages/s"), "{text}");
    assert_eq!(text.lines().count(), 7, "{text}");
}

#[test]
fn a_report_stays_within_forty_lines_however_much_went_wrong() {
    let mut report = report();
    let host = |n: usize| format!("host-{n}.some-rather-long-name.example:8080");
    let sum = |n: usize| HostSum { authority: host(n), urls: 1_000_000, figure: 1_000_000 };
    report.sums.statuses = (100..600).map(|status| (status, 1_000_000)).collect();
    report.sums.failures = (0..40).map(|n| (format!("redirect_no_location{n}"), 9)).collect();
    report.sums.exclusions = report.sums.failures.clone();
    report.sums.slowest = (0..5).map(sum).collect();
    report.sums.failing = (0..5).map(sum).collect();
    report.sums.given_up = (0..100).map(|n| (host(n), "timeout_connect".into())).collect();
    let text = text(&report);
    assert!(text.lines().count() <= 40, "{text}");
    assert!(text.contains("            and 96 more\n"), "{text}");
}

#[test]
fn the_report_for_programs_has_stable_keys_on_one_line() {
    let mut out = Vec::new();
    print_json(&report(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let expected = concat!(
        r#"{"job":"docs","kind":"crawl","state":"done","limit":"max_pages","pass":1,"#,
        r#""started_at":1000,"pass_started_at":1000,"finished_at":73000,"running_ms":72000,"waiting_ms":60000,"#,
        r#""asked":1500,"pages_per_second":20.8,"urls":{"known":1553,"finished":1533,"#,
        r#""done":1480,"redirected":12,"failed":8,"excluded":33,"queued":20},"#,
        r#""not_modified":0,"duplicates":0,"duplicated_pages":0,"#,
        r#""bytes":12897485,"links":44400,"links_out_of_scope":0,"#,
        r#""pages_with_links_cut":0,"sitemaps":{"read":3,"redirected":0,"failed":1,"excluded":0,"#,
        r#""queued":0,"cut":0,"urls":1204,"new_urls":900},"hosts":3,"peak_concurrency":64,"#,
        r#""phases_us":{"connect":1200000,"head":40000000,"body":12000000,"extract":450000},"#,
        r#""statuses":{"200":1480,"301":12,"404":5},"failures":{"http_404":5,"dns":3},"#,
        r#""exclusions":{"robots":33},"first_fetched_at":1100,"last_fetched_at":72900,"#,
        r#""slowest_hosts":[{"host":"slow.example","urls":40,"mean_ms":1250},"#,
        r#"{"host":"h","urls":1,"mean_ms":8}],"#,
        r#""failing_hosts":[{"host":"gone.example","failures":8}],"#,
        r#""given_up_hosts":[{"host":"gone.example","reason":"dns"}],"#,
        r#""templates":[],"traps":[]}"#,
        "\n"
    );
    assert_eq!(text, expected);
}

fn harvest() -> Report {
    let mut report = report();
    report.job.kind = "suggest".into();
    let kind =
        |result: &str, tips, new, missing| KindSum { result: result.into(), tips, new, missing };
    let record = r#"{"rule":"both","case":[3,0],"letters":"ab","pruned":900,"samples":20,
        "suspicions":4,"failed_proofs":1,"sightings":{"tips":6089,"once":100,"twice":100},
        "caps":[{"largest":6,"at_limit":711,"almost":3}]}"#;
    report.sums.harvest = Some(Harvested {
        record: serde_json::from_str(record).unwrap(),
        shown: 1000,
        empty: 480,
        kinds: vec![kind("products", 80, 80, 0), kind("query", 6089, 12, 3)],
        warnings: (0..9).map(|n| format!("warning {n}")).collect(),
    });
    report
}

#[test]
fn a_harvest_tells_its_queries_its_tips_and_how_much_they_may_be() {
    let mut report = harvest();
    report.job.pass = 2;
    let text = text(&report);
    let expected = "\
  queries   1,488 asked = 1,000 with tips + 480 without + 8 failed
  tips      products 80 (80 new), query 6,089 (12 new, 3 not found again)
  endpoint  at most 6 tips shown,
            only what begins with and ends in full queries is asked,
            case makes no difference
  left out  what follows 900 answers; 24 proofs asked, 1 failed
  coverage  about 99 % of what such queries can find, estimated
  full      711 of the longest queries are full: incomplete behind them
  gaps      8 queries failed: incomplete behind them; ask them again: crawld retry docs
  warnings  warning 5
            warning 6
            warning 7
            warning 8
";
    assert!(text.contains(expected), "{text}");
    assert!(text.lines().count() <= 40, "{text}");
}

#[test]
fn a_harvest_for_programs_has_stable_keys() {
    let mut out = Vec::new();
    print_json(&harvest(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let expected = concat!(
        r#""harvest":{"queries":{"asked":1488,"with_tips":1000,"empty":480,"failed":8,"#,
        r#""queued":20},"results":[{"result":"products","tips":80,"new":80,"missing":0},"#,
        r#"{"result":"query","tips":6089,"new":12,"missing":3}],"rule":"both","#,
        r#""folds_case":true,"sorted":false,"caps":[6],"letters":"ab","pruned":900,"#,
        r#""proofs":24,"failed_proofs":1,"coverage":0.98"#,
    );
    assert!(text.contains(expected), "{text}");
    assert!(text.contains(r#","incomplete":711,"warnings":["warning 0","#), "{text}");
}
