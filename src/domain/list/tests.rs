use super::*;

/// What a list gives, read in pieces of this length: `line url`, or `line! why`.
fn read(column: Option<&str>, bytes: &[u8], piece: usize) -> Vec<String> {
    let column: Option<Column> = column.map(|text| text.parse().unwrap());
    let mut reader = ListReader::new(column.as_ref());
    let mut found = Vec::new();
    let mut each = |entry: Entry| {
        found.push(match entry.url {
            Ok(root) if root.guessed => format!("{} ?{}", entry.line, root.url),
            Ok(root) => format!("{} {}", entry.line, root.url),
            Err(why) => format!("{}! {why}", entry.line),
        });
    };
    bytes.chunks(piece.max(1)).for_each(|chunk| reader.feed(chunk, &mut each));
    reader.finish(&mut each);
    found
}

/// The same however it is cut.
fn whole(column: Option<&str>, bytes: &[u8]) -> Vec<String> {
    let found = read(column, bytes, bytes.len());
    for piece in [1, 2, 3, 7, 64] {
        assert_eq!(read(column, bytes, piece), found, "in pieces of {piece}");
    }
    found
}

#[test]
fn a_list_has_one_url_a_line_and_comments_blank_lines_and_any_line_end() {
    let text = "# ours\r\nhttp://a.example/x\r\n\r\n   https://b.example  \n\t# not this\n\
                c.example/path?q=1#part\nlocalhost:8080/y\nhttp://a.example/x";
    assert_eq!(
        whole(None, text.as_bytes()),
        [
            "2 http://a.example/x",
            "4 https://b.example/",
            "6 ?https://c.example/path?q=1",
            "7 ?https://localhost:8080/y",
            "8 http://a.example/x",
        ]
    );
    assert!(whole(None, b"").is_empty() && whole(None, b"\n\n#\n \n").is_empty());
}

#[test]
fn a_bad_line_is_told_with_its_number_and_the_rest_goes_on() {
    let long = format!("http://a.example/{}", "x".repeat(MAX_LINE));
    let text = format!(
        "mailto:me@a.example\nftp://a.example/x\nnonsense\nhttp://\n{long}\njavascript:void(0)\n\
         just some words.\nhttp://ok.example/\nhttp://me:hunter2@a.example/\n"
    );
    let found = whole(None, text.as_bytes());
    let lines: Vec<&str> = found.iter().map(|f| f.split(' ').next().unwrap()).collect();
    assert_eq!(lines, ["1!", "2!", "3!", "4!", "5!", "6!", "7!", "8", "9!"], "{found:#?}");
    assert!(found[0].contains("mailto") && found[2].contains("https://nonsense/"), "{found:#?}");
    assert!(!found.concat().contains("hunter2"));
}

#[test]
fn a_mark_says_which_unicode_it_is_and_what_is_no_unicode_is_told() {
    let text = "http://a.example/é\nhttp://b.example/\n";
    let expected = ["1 http://a.example/%C3%A9", "2 http://b.example/"];
    assert_eq!(whole(None, &[b"\xef\xbb\xbf", text.as_bytes()].concat()), expected);
    let wide = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        [mark.to_vec(), text.encode_utf16().flat_map(bytes).collect()].concat()
    };
    assert_eq!(whole(None, &wide([0xff, 0xfe], u16::to_le_bytes)), expected);
    assert_eq!(whole(None, &wide([0xfe, 0xff], u16::to_be_bytes)), expected);
    let latin = whole(None, b"http://a.example/\xe9\nhttp://b.example/\n");
    assert!(latin[0].starts_with("1! ") && latin[0].contains("UTF-8"), "{latin:?}");
    assert_eq!(latin[1], "2 http://b.example/");
}

#[test]
fn a_column_is_found_by_name_whatever_stands_between_cells() {
    for between in [",", "\t", ";"] {
        let text = "id| URL |note\n1|http://a.example/|\"two\nlines\"\n2||x\n\
                    3|\"http://b.example/?a,b;c\"|\n4|oops|\n5|http://c.example/|y";
        let text = text.replace('|', between);
        let found = whole(Some("url"), text.as_bytes());
        assert_eq!(found[0], "2 http://a.example/", "between {between:?}");
        assert_eq!(found[1], "5 http://b.example/?a,b;c");
        assert!(found[2].starts_with("6! 'oops'"), "{found:?}");
        assert_eq!(found[3], "7 http://c.example/");
    }
}

#[test]
fn a_column_by_number_needs_no_heading_but_may_have_one() {
    let expected = ["2 http://a.example/", "3 ?https://b.example/"];
    let rows = "1,http://a.example/\r\n2,b.example\r\n3,\r\n";
    assert_eq!(whole(Some("2"), format!("n,link\r\n{rows}").as_bytes()), expected);
    let bare = whole(Some("2"), rows.as_bytes());
    assert_eq!(bare, ["1 http://a.example/", "2 ?https://b.example/"]);
}

#[test]
fn a_missing_column_is_told_with_those_that_there_are() {
    let found = whole(Some("link"), b"id,url\n1,http://a.example/\n");
    assert_eq!(found, ["1! there is no column 'link'; there are id, url"]);
    assert!("".parse::<Column>().is_err() && "0".parse::<Column>().is_err());
}

#[test]
fn a_row_without_the_column_is_told_but_no_line_that_says_nothing() {
    let text = "id,url\n1,http://a.example/\n2\n\n \n,\n# ours\n\"7\"\n8,b.example\n";
    let found = whole(Some("url"), text.as_bytes());
    let told = ["3! has no column 'url'", "8! has no column 'url'"];
    let urls = ["2 http://a.example/", "9 ?https://b.example/"];
    assert_eq!(found, [urls[0], told[0], told[1], urls[1]]);
    let found = whole(Some("2"), b"1\n2,http://b.example/\n3");
    assert_eq!(found, ["1! has no column 2", "2 http://b.example/", "3! has no column 2"]);
}

/// A table of so many rows; the row with this line begins with a quote.
fn forgotten(rows: u64, line: u64) -> String {
    let quote = |n| if n == line { "\"" } else { "" };
    let row = |n| format!("{}{n} inch,http://a.example/{n}\n", quote(n));
    (1..=rows).map(row).collect::<Vec<_>>().concat()
}

#[test]
fn a_quote_that_is_not_closed_costs_its_own_line_and_no_other() {
    let others = |line| {
        let rows = (1..=200).filter(move |n| *n != line);
        rows.map(|n| format!("{n} http://a.example/{n}"))
    };
    for line in [1, 21, 199, 200] {
        let mut found = whole(Some("2"), forgotten(200, line).as_bytes());
        let told = format!("{line}! a quote is not closed");
        let at = found.iter().position(|entry| *entry == told);
        assert_eq!(at.map(|at| at as u64), Some(line - 1));
        found.retain(|entry| *entry != told);
        assert_eq!(found, others(line).collect::<Vec<_>>());
    }
}

#[test]
fn a_forgotten_quote_is_told_also_where_a_later_quote_seems_to_close_it() {
    let text = "a,u\n\"12 inch,http://a.example/1\nb,http://a.example/2\n\"c\",http://a.example/3\n\
                \"say \"\"hi\"\"\nthere\",http://a.example/4\n\"15\" wide\",http://a.example/5\n\
                \"e\"\"\nf,http://a.example/6\n";
    let found = whole(Some("u"), text.as_bytes());
    assert_eq!(
        found,
        [
            "2! a quote is not closed",
            "3 http://a.example/2",
            "4 http://a.example/3",
            "5 http://a.example/4",
            "7 http://a.example/5",
            "8! a quote is not closed",
            "9 http://a.example/6",
        ]
    );
    let heading = whole(Some("u"), b"\"a,u\n1,http://a.example/1\n");
    assert_eq!(heading[0], "1! a quote is not closed");
    assert!(heading[1].starts_with("2! there is no column 'u'"), "{heading:?}");
}

#[test]
fn a_forgotten_quote_holds_no_more_than_its_share_of_a_long_list() {
    let rows = 100_000;
    let column = "2".parse().unwrap();
    let (mut reader, mut bad, mut urls) = (ListReader::new(Some(&column)), Vec::new(), 0);
    let mut most_behind = 0;
    for (at, chunk) in forgotten(rows, 7).as_bytes().chunks(4096).enumerate() {
        reader.feed(chunk, &mut |entry| match entry.url {
            Ok(_) => urls += 1,
            Err(_) => bad.push(entry.line),
        });
        most_behind = most_behind.max((at + 1) * 4096 / 30 - urls.min((at + 1) * 4096 / 30));
    }
    reader.finish(&mut |_| urls += 1);
    assert_eq!((urls as u64, bad), (rows - 1, vec![7]));
    assert!(most_behind < 60_000, "{most_behind} rows were held");
}

#[test]
fn a_number_beyond_every_row_is_a_missing_column() {
    let lacks = |text: &str| {
        let column = "9".parse().unwrap();
        let mut reader = ListReader::new(Some(&column));
        reader.feed(text.as_bytes(), &mut |_| {});
        reader.lacks_its_column()
    };
    let why = lacks("id,url\n1,http://a.example/\n").unwrap();
    assert_eq!(why, "there is no column 9; no row has more than 2");
    assert_eq!(lacks("# a table\n\n"), None);
    assert_eq!(lacks("a table\n1,2,3,4,5,6,7,8,http://a.example/\n"), None);
}

#[test]
fn a_list_of_any_size_holds_one_line() {
    let mut reader = ListReader::new(None);
    let mut count = 0;
    for _ in 0..1_000 {
        reader.feed(&[b'x'; 4096], &mut |_| count += 1);
    }
    let Layout::Lines(lines) = &reader.layout else { panic!("lines") };
    let held = format!("{lines:?}").len();
    assert!(held < 2 * MAX_LINE, "{held}");
    reader.finish(&mut |_| count += 1);
    assert_eq!(count, 1);
}

#[test]
fn a_line_with_a_blank_in_it_is_no_url_and_a_cell_may_have_one() {
    let found = whole(None, b"http://a.example/4 # note\nhttp://a.example http://b.example\n");
    let told =
        |line: &str, text: &str| format!("{line}! '{text}' has a blank in it: one URL a line");
    assert_eq!(
        found,
        [told("1", "http://a.example/4 # note"), told("2", "http://a.example http://b.example")]
    );
    let found = whole(Some("url"), b"url\nhttp://a.example/one two\n");
    assert_eq!(found, ["2 http://a.example/one%20two"]);
}
