//! Every fault is told, each as what it is.

use super::*;

/// The faults of a file with this text.
fn faults(text: &str) -> Vec<String> {
    file(text).unwrap_err()
}

/// The same without their places.
fn told(text: &str) -> Vec<String> {
    let rest = |fault: &String| fault.split_once(": ").unwrap().1.to_owned();
    faults(text).iter().map(rest).collect()
}

const JOB: &str = "kind = \"crawl\"\nroots = [\"https://a.example/\"]\n";

#[test]
fn a_value_of_another_kind_is_a_fault_in_a_file_and_none_in_the_environment() {
    for (key, value, why) in [
        ("politeness.per_host", "\"2\"", "\"2\" is not a whole number; leave out the quotes"),
        ("politeness.per_host", "true", "true is not a whole number"),
        ("politeness.per_host", "2.5", "2.5 is not a whole number"),
        ("politeness.per_host", "-1", "-1 is too small; give 0 or more"),
        ("politeness.max_tries", "\"3\"", "\"3\" is not a whole number; leave out the quotes"),
        (
            "politeness.max_tries",
            "5000000000",
            "5000000000 is out of range; give a number nearer to 0",
        ),
        ("politeness.robots", "\"yes\"", "\"yes\" is not true or false"),
        ("politeness.robots", "\"true\"", "\"true\" is not true or false; leave out the quotes"),
        ("politeness.robots", "1", "1 is not true or false"),
        ("politeness.delay", "true", "true is not a text; put it in quotes"),
        ("http.cookies", "[]", "a list is not true or false"),
        ("hosts.a.password", "[\"hunter2\"]", "a list is not a text"),
    ] {
        assert_eq!(told(&format!("{key} = {value}\n")), [format!("{key}: {why}")]);
    }
    for (key, value, why) in [
        ("max_depth", "\"3\"", "\"3\" is not a whole number; leave out the quotes"),
        (
            "roots",
            "\"https://me:hunter2@a.example/\"",
            "a text is not a list; write it as [\"...\"]",
        ),
        ("include", "[\"a\", [\"b\"]]", "a list is not a text"),
    ] {
        let job = format!("jobs.a.kind = \"crawl\"\njobs.a.{key} = {value}\n");
        let found = told(&job);
        assert!(
            found.iter().any(|it| it.starts_with(&format!("jobs.a.{key}")) && it.ends_with(why))
        );
        assert!(!found.concat().contains("hunter2"), "{found:?}");
    }
    // What means the same as a text may be a number.
    let settings = file("http.max_body = 512\nhttp.tls_min = 1.3\npoliteness.delay = 0\n").unwrap();
    assert_eq!((settings.job.max_body, settings.job.delay_ms), (512, 0));
    let variables = [
        ("CRAWLD__POLITENESS__PER_HOST", "2"),
        ("CRAWLD__POLITENESS__ROBOTS", "no"),
        ("CRAWLD__HTTP__USER_AGENT", "5"),
        ("CRAWLD__HTTP__DNS_SERVERS", "9.9.9.9,1.1.1.1"),
    ];
    let variables = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let around = Surroundings { variables: Some(variables.collect()), ..Surroundings::default() };
    let job = files(&around, &[("crawld.toml", "")]).unwrap().job;
    assert_eq!((job.per_host, job.robots, job.user_agent.as_str()), (2, false, "5"));
}

#[test]
fn a_section_job_is_a_slip_that_hides_nothing() {
    let text = format!("[job.x]\n{JOB}[jobs.y]\nkind = \"crawl\"\n[http]\nmax_body = \"huge\"\n");
    let expected = [
        "crawld.toml:1:6: job.x: unknown section; is jobs.x meant?",
        "crawld.toml:4:7: jobs.y.roots: missing; give at least one URL",
        "crawld.toml:7:1: http.max_body: 'huge' is no size; write 512KiB or 10MiB",
    ];
    let mut found = faults(&text);
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(told("[jobz.a]\nkind = \"crawl\"\n"), ["jobz: unknown key; is jobs meant?"]);
    assert_eq!(told("[job]\n"), ["job: unknown section; jobs stand under [jobs.NAME]"]);
    let one = told("[job]\nmax_pages = 1\n");
    assert_eq!(one, ["job.max_pages: unknown key; jobs stand under [jobs.NAME]"]);
}

#[test]
fn a_file_that_is_no_toml_hides_no_fault_of_another() {
    let all = [
        ("crawld.toml", "[http]\nmax_body = \"huge\"\n"),
        ("conf.d/a.toml", "[jobs.a\n"),
        ("conf.d/b.toml", "[jobs.b]\nkind = \"crawl\"\n"),
        ("conf.d/c.toml", "[jobs.c]\nkind = \"crawl\"\ndelay = \"1s\"\n delay = \"2s\"\n"),
    ];
    let found = files(&nothing(), &all).unwrap_err();
    let starts = [
        "conf.d/a.toml:1:",
        "conf.d/c.toml:4:2: duplicate key delay; keep one of them",
        "crawld.toml:2:1: http.max_body: ",
        "conf.d/b.toml:1:7: jobs.b.roots: ",
    ];
    for start in starts {
        assert!(found.iter().any(|fault| fault.starts_with(start)), "{start}: {found:#?}");
    }
    assert_eq!(found.len(), starts.len(), "{found:#?}");
}

#[test]
fn no_fault_of_a_job_hides_another() {
    let text = "[jobs.a]\nkind = \"crawl\"\nroots = [\"https://a.example/\", \"ftp://b/\", \"c d\"]\n\
                scope = \"hots\"\ninclude = [\"(\", \"ok\", \"[\"]\nexclude = [\"*\"]\nmax_depth = \"x\"\n\
                assets = 1\n";
    let found = faults(text);
    for start in [
        "crawld.toml:3:1: jobs.a.roots: 'ftp://b/'",
        "crawld.toml:3:1: jobs.a.roots: 'c d'",
        "crawld.toml:4:1: jobs.a.scope: unknown scope 'hots'",
        "crawld.toml:5:1: jobs.a.include: '('",
        "crawld.toml:5:1: jobs.a.include: '['",
        "crawld.toml:6:1: jobs.a.exclude: '*'",
        "crawld.toml:7:1: jobs.a.max_depth: ",
        "crawld.toml:8:1: jobs.a.assets: ",
    ] {
        assert!(found.iter().any(|fault| fault.starts_with(start)), "{start}: {found:#?}");
    }
    assert_eq!(found.len(), 8, "{found:#?}");
    let start = told(
        "[jobs.s]\nkind = \"scrape\"\nstart = [\"ftp://b/\"]\nitem = \"li\"\nfields.t = \"b\"\n",
    );
    assert!(start[0].starts_with("jobs.s.start: 'ftp://b/'"), "{start:?}");
}

#[test]
fn keys_of_a_job_of_no_known_kind_are_not_judged() {
    let one = told("[jobs.a]\nkind = \"crawll\"\nroots = [\"https://a.example/\"]\nstart = []\n");
    let kinds = "crawl, suggest, fetch, scrape";
    assert_eq!(one, [format!("jobs.a.kind: 'crawll' is none of {kinds}; is crawl meant?")]);
    let two = told("[jobs.a]\nkind = \"knit\"\ndelay = \"soon\"\n");
    assert_eq!(two[0], format!("jobs.a.kind: 'knit' is none of {kinds}"));
    assert!(two[1].starts_with("jobs.a.delay: 'soon'") && two.len() == 2, "{two:?}");
}

#[test]
fn a_name_that_is_none_of_those_known_is_told_with_all_of_them() {
    let job = "[jobs.s]\nkind = \"suggest\"\nrequest = { url = \"https://a.test/?q={query}\" }\n\
               results = { a = { path = \"$.a[*]\" } }\n";
    let found = told(&format!("{job}strategy = \"adaptiv\"\n"));
    assert!(found[0].starts_with("jobs.s.strategy: 'adaptiv' is none of "), "{found:?}");
    assert!(found[0].ends_with("; is adaptive meant?"), "{found:?}");
    let text = "[jobs.f]\nkind = \"scrape\"\nstart = [\"https://a.example/\"]\nitem = \"li\"\n\
                fields.title = { css = \"h2\", parsed = \"text\" }\n";
    let found = faults(text);
    let start = "crawld.toml:5:30: jobs.f.fields.title.parsed: unknown key; is parse meant?";
    assert!(found.iter().any(|fault| fault == start), "{found:#?}");
}

#[test]
fn a_limit_that_could_never_be_reached_is_a_fault_where_both_are_said() {
    let why = |key| {
        format!(
            "http.total_timeout: shorter than {key}, which is a part of it; leave one of them out"
        )
    };
    let text = "[http]\ntotal_timeout = \"5s\"\nhead_timeout = \"6s\"\nconnect_timeout = \"10s\"\n";
    assert_eq!(told(text), [why("connect_timeout"), why("head_timeout")]);
    // The defaults of other limits give way.
    file("[http]\ntotal_timeout = \"1s\"\n").unwrap();
    file("[http]\nhead_timeout = \"1h\"\n").unwrap();
    // What is said of one job goes before what is said of all.
    file(&format!("[http]\nhead_timeout = \"9s\"\n[jobs.a]\ntotal_timeout = \"5s\"\n{JOB}"))
        .unwrap();
    let given = Override { key: "http.total_timeout", value: Value::Text("1s".to_owned()) };
    let folder = folder(&[("crawld.toml", "[http]\nhead_timeout = \"9s\"\n")]);
    load_in(&nothing(), Some(&folder.path().join("crawld.toml")), &[given]).unwrap();
}

#[test]
fn a_list_that_is_not_there_is_a_doubt_and_no_fault() {
    let text = "[jobs.f]\nkind = \"fetch\"\nfiles = [\"/\", \"/nowhere/list.txt\"]\n";
    let doubts = file(text).unwrap().doubts;
    assert_eq!(doubts.len(), 1);
    let place = "crawld.toml:3:1: jobs.f.files[1]: /nowhere/list.txt: No such file";
    assert!(doubts[0].contains(place), "{doubts:?}");
}
