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
    assert_eq!(faults.unwrap_err(), expected);
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
        "conf.d/b.toml:2:1: http.proxy: given otherwise in crawld.toml:4:1; keep one of them",
        "conf.d/b.toml:4:22: http.headers.B: given otherwise in crawld.toml:6:22; keep one of them",
        "conf.d/b.toml:7:7: jobs.docs: also in conf.d/a.toml:1:7; a job stands in one file",
        "conf.d/c.toml:1:16: politeness.delay: given otherwise in crawld.toml:2:1; keep one of them",
    ];
    assert_eq!(faults, expected);
}

fn variables(pairs: &[(&str, &str)]) -> Surroundings {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Surroundings { variables: Some(pairs.collect()), ..Surroundings::default() }
}

#[test]
fn a_list_in_the_environment_is_an_array_or_has_commas() {
    let all = [("crawld.toml", ""), ("conf.d/b.toml", &*format!("[jobs.b]\n{JOB}"))];
    for (text, count) in [
        ("http://a.example/", 1),
        ("http://a.example/, http://b.example/", 2),
        ("[\"http://a.example/\", 'http://b.example/?a,b']", 2),
    ] {
        let around = variables(&[
            ("CRAWLD__JOBS__A__KIND", "crawl"),
            ("CRAWLD__JOBS__A__ROOTS", text),
            ("CRAWLD__JOBS__A__INCLUDE", "[\"x{1,2}\"]"),
            ("CRAWLD__JOBS__A__EXCLUDE", "[a-z]+x,y"),
        ]);
        let settings = files(&around, &all).unwrap();
        let job = settings.jobs.iter().find(|job| job.name == "a").unwrap();
        assert_eq!(job.spec.roots.len(), count, "{:?}", job.spec.roots);
        assert_eq!(job.spec.include, ["x{1,2}"]);
        assert_eq!(job.spec.exclude, ["[a-z]+x", "y"]);
    }
    let around = variables(&[
        ("CRAWLD__JOBS__L__KIND", "fetch"),
        ("CRAWLD__JOBS__L__URLS", "http://a.example/,b.example"),
        ("CRAWLD__HTTP__NO_PROXY", "[\"a.example\", \"b.example\"]"),
        ("CRAWLD__JOBS__L__INSECURE", "a.example"),
    ]);
    let settings = files(&around, &all).unwrap();
    let urls = settings.jobs.iter().filter_map(|job| Some(job.spec.fetch.as_ref()?.urls.len()));
    assert_eq!(urls.collect::<Vec<_>>(), [2]);
    let around = variables(&[
        ("CRAWLD__JOBS__A__KIND", "crawl"),
        ("CRAWLD__JOBS__A__ROOTS", "[\"http://hunter2"),
    ]);
    let faults = files(&around, &all).unwrap_err();
    let told = "in the environment: jobs.a.roots: not a list; write [\"a\", \"b\"], or a,b";
    assert!(faults.iter().any(|fault| fault == told), "{faults:?}");
    assert!(!faults.concat().contains("hunter2"), "{faults:?}");
}

#[test]
fn what_the_environment_lacks_or_has_wrong_is_blamed_on_no_file() {
    let good = format!("[http]\nheaders = {{ A = \"1\" }}\n[jobs.b]\n{JOB}");
    let all = [("crawld.toml", &*good)];
    let lacking = variables(&[("CRAWLD__JOBS__A__KIND", "crawl")]);
    let expected = "in the environment: jobs.a.roots: missing; give at least one URL";
    assert_eq!(files(&lacking, &all).unwrap_err(), [expected]);
    let number = variables(&[("CRAWLD__HTTP__HEADERS__X_A", "1")]);
    let headers = files(&number, &all).unwrap().job.headers;
    assert!(headers.contains(&("x_a".to_owned(), "1".to_owned())), "{headers:?}");
    let wrong = variables(&[("CRAWLD__HTTP__HEADERS__X_A", "a\nb")]);
    let expected = "in the environment: http.headers.x_a: 'x_a' and its value are no header";
    assert!(files(&wrong, &all).unwrap_err().iter().any(|fault| fault == expected));
}

#[test]
fn faults_are_told_in_the_order_of_files_and_lines_and_the_environment_last() {
    let around = variables(&[("CRAWLD__DAEMON__GRASE", "1s")]);
    let all = [
        ("crawld.toml", "[politeness]\nper_host = true\n[http]\nmax_body = \"huge\"\n"),
        ("conf.d/a.toml", &*format!("[jobs.a]\n{JOB}depht = 1\n\nmax_depth = true\n")),
        ("conf.d/b.toml", "[jobs.b\n"),
        ("conf.d/c.toml", "\n\n[jobs.c]\nkind = \"crawl\"\n"),
    ];
    let faults = files(&around, &all).unwrap_err();
    let starts = [
        "crawld.toml:2:",
        "crawld.toml:4:",
        "conf.d/a.toml:4:",
        "conf.d/a.toml:6:",
        "conf.d/b.toml:1:",
        "conf.d/c.toml:3:",
        "in the environment: ",
    ];
    assert_eq!(faults.len(), starts.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(starts) {
        assert!(fault.starts_with(start), "{start}: {faults:#?}");
    }
}

#[test]
fn the_environment_goes_before_the_files_and_its_faults_are_its_own() {
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
