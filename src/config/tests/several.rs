//! A configuration of several files.

use super::*;

const JOB: &str = "kind = \"crawl\"\nroots = [\"https://a.example/\"]\n";

#[test]
fn further_files_add_to_the_first_in_the_order_of_their_names() {
    let job = |name: &str| format!("[jobs.{name}]\n{JOB}");
    let settings = files(
        &nothing(),
        &[
            ("crawld.toml", &format!("[politeness]\ndelay = \"2s\"\n{}", job("first"))),
            ("conf.d/b.toml", &job("third")),
            ("conf.d/a.toml", &format!("[http]\nmax_body = \"1MiB\"\n{}", job("second"))),
            ("conf.d/c.toml~", "no = = toml"),
            ("conf.d/.c.toml", "no = = toml"),
        ],
    )
    .unwrap();
    let names: Vec<&str> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "third"]);
    for job in &settings.jobs {
        assert_eq!((job.spec.delay_ms, job.spec.max_body), (2000, 1 << 20), "{}", job.name);
    }
}

#[test]
fn a_fault_is_told_with_the_file_that_it_is_in() {
    let faults = files(
        &nothing(),
        &[
            ("crawld.toml", "[http]\nmax_body = \"huge\"\n"),
            ("conf.d/a.toml", "\n[jobs.a]\nkind = \"crawl\"\n"),
            ("conf.d/b.toml", "[jobs.b]\nkind = \"crawl\"\nroots = [\"https://b/\"]\n depht = 1\n"),
        ],
    );
    let expected = [
        "crawld.toml:2:1: http.max_body: 'huge' is no size; write 512KiB or 10MiB",
        "conf.d/a.toml:2:7: jobs.a.roots: missing; give at least one URL",
        "conf.d/b.toml:4:2: jobs.b.depht: unknown key",
    ];
    let mut faults = faults.unwrap_err();
    faults.sort_by_key(|fault| !fault.starts_with("crawld.toml"));
    assert_eq!(faults, expected);
}

#[test]
fn a_name_that_cannot_be_seen_is_told_in_one_line_with_the_file_and_line_that_it_is_in() {
    let job = |name: &str| format!("# one more\n[jobs.{name}]\n{JOB}");
    let faults = files(
        &nothing(),
        &[
            ("crawld.toml", &job("first")),
            ("conf.d/a.toml", &job("second")),
            ("conf.d/b.toml", &job("\"two\\nlines\"")),
            ("conf.d/c.toml", &job("\" \"")),
            ("conf.d/d.toml", &format!("[jobs.\"\"]\n{JOB}depth = 1\n")),
            ("conf.d/e.toml", &format!("{}depht = 1\n", job("\"\\u001b[2J\""))),
        ],
    );
    let expected = [
        r#"conf.d/b.toml:2:7: jobs.two\nlines: "two\nlines" is no name; give visible characters"#,
        r#"conf.d/c.toml:2:7: jobs. : " " is no name; give visible characters"#,
        r#"conf.d/d.toml:1:7: jobs.: "" is no name; give visible characters"#,
        "conf.d/d.toml:4:1: jobs..depth: unknown key",
        r#"conf.d/e.toml:2:7: jobs.\u{1b}[2J: "\u{1b}[2J" is no name; give visible characters"#,
        r"conf.d/e.toml:5:1: jobs.\u{1b}[2J.depht: unknown key",
    ];
    assert_eq!(faults.unwrap_err(), expected);
}

#[test]
fn two_files_give_no_job_twice_and_no_key_two_values() {
    let faults = files(
        &nothing(),
        &[
            (
                "crawld.toml",
                "[politeness]\ndelay = \"1s\"\n[http]\nproxy = \"http://me:hunter2@p:1\"\n\
                 max_redirects = 5\nheaders = { A = \"1\", B = \"2\" }\n[hosts.\"a.example\"]\n\
                 delay = \"3s\"\n",
            ),
            ("conf.d/a.toml", &format!("[jobs.docs]\n{JOB}[politeness]\nper_host = 2\n")),
            (
                "conf.d/b.toml",
                &format!(
                    "[http]\nproxy = \"http://me:hunter3@p:1\"\nmax_redirects = 5\n\
                     headers = {{ A = \"1\", B = \"3\" }}\n[hosts.\"a.example\"]\nper_host = 3\n\
                     [jobs.docs]\n{JOB}"
                ),
            ),
            ("conf.d/c.toml", "politeness = { delay = \"2s\" }\n"),
        ],
    )
    .unwrap_err();
    let expected = [
        "conf.d/b.toml:4:22: http.headers.B: given otherwise in crawld.toml:6:22; keep one of them",
        "conf.d/b.toml:2:1: http.proxy: given otherwise in crawld.toml:4:1; keep one of them",
        "conf.d/b.toml:7:7: jobs.docs: also in conf.d/a.toml:1:7; a job stands in one file",
        "conf.d/c.toml:1:16: politeness.delay: given otherwise in crawld.toml:2:1; keep one of them",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn the_environment_goes_before_the_files_and_its_faults_are_its_own() {
    let variables = |pairs: &[(&str, &str)]| Surroundings {
        variables: Some(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()),
        ..Surroundings::default()
    };
    let all = [("crawld.toml", ""), ("conf.d/a.toml", "[politeness]\ndelay = \"2s\"\n")];
    let around =
        variables(&[("CRAWLD__POLITENESS__DELAY", "3s"), ("CRAWLD__DAEMON__THREADS", "2")]);
    let settings = files(&around, &all).unwrap();
    assert_eq!((settings.job.delay_ms, settings.threads), (3000, 2));
    let faults = files(&variables(&[("CRAWLD__POLITENESS__DELAY", "soon")]), &all).unwrap_err();
    assert!(faults[0].starts_with("in the environment: politeness.delay: 'soon'"), "{faults:?}");
    let faults = files(&variables(&[("CRAWLD__POLITENESS__DELAI", "1s")]), &all).unwrap_err();
    assert!(faults[0].contains("in the environment: politeness.delai: unknown"), "{faults:?}");
}

#[test]
fn every_file_that_cannot_be_read_is_told() {
    let faults = files(
        &nothing(),
        &[("crawld.toml", "[http\n"), ("conf.d/a.toml", "x = 1 2\n"), ("conf.d/b.toml/c", "")],
    )
    .unwrap_err();
    let starts = ["crawld.toml:1:", "conf.d/a.toml:1:5: ", "conf.d/b.toml: "];
    assert_eq!(faults.len(), starts.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(starts) {
        assert!(fault.starts_with(start), "{start}: {fault}");
    }
}

#[test]
fn jobs_have_no_section_of_the_command_line() {
    let faults = file("[job]\nmax_pages = 1\n").unwrap_err();
    assert!(faults[0].contains("[jobs.NAME]"), "{faults:?}");
}
