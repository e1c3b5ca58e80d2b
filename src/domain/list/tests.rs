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
    let rows = "1,http://a.example/\r\n2,b.example\r\n3\r\n";
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
