//! A column of CSV or TSV (RFC 4180): its cells are URLs.
//!
//! Of a record only the wanted cell is kept. Comma, tab or semicolon: what the first line has most
//! of stands between cells. The first record is a heading where the column is given by name; then
//! nothing is read before the column is found in it. A record without the column is told, and so is a
//! quote that is not closed: the lines that it swallowed are read again as lines of their own.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::quote::Quote;
use super::{Column, Each, Entry, MAX_LINE, entry};

/// Columns looked through for a name.
const MOST_NAMES: usize = 1_000;
/// Names shown when the one that is wanted is missing.
const NAMES_SHOWN: usize = 10;

pub(super) struct Table {
    column: Column,
    stage: Stage,
    reader: Reader,
    separator: u8,
    /// The present line, from 1, and the one that the present record began at.
    line: u64,
    began: u64,
    /// Number of the present cell in its record, from 0.
    at: usize,
    /// The present cell, if it is wanted.
    cell: Vec<u8>,
    too_long: bool,
    /// Something of the present record, and of its present cell, has been read.
    in_record: bool,
    in_cell: bool,
    /// The first byte that the present record says.
    says: Option<u8>,
    /// The quote that the present cell began with.
    quote: Option<Quote>,
    /// Most cells of a record so far.
    widest: usize,
}

enum Stage {
    /// The first line is not complete: what is between cells is not known.
    Separator(String),
    /// In the first record, with the names so far.
    Heading(Vec<String>),
    /// In the rows: the number of the wanted cell, from 0; is this the first record?
    Rows(usize, bool),
    /// The column is not there, which is why nothing is read.
    Nothing(String),
}

impl Table {
    pub(super) fn new(column: Column) -> Self {
        Self {
            column,
            stage: Stage::Separator(String::new()),
            reader: Reader::new(),
            separator: b',',
            line: 1,
            began: 1,
            at: 0,
            cell: Vec::new(),
            too_long: false,
            in_record: false,
            in_cell: false,
            says: None,
            quote: None,
            widest: 0,
        }
    }

    pub(super) fn feed(&mut self, text: &str, each: &mut Each<'_>) {
        // No text is no end.
        if text.is_empty() {
            return;
        }
        if let Stage::Separator(start) = &mut self.stage {
            start.push_str(text);
            if start.len() < MAX_LINE && !start.contains('\n') {
                return;
            }
            self.begin(each);
        } else {
            self.read(text.as_bytes(), each);
        }
    }

    pub(super) fn finish(&mut self, each: &mut Each<'_>) {
        if matches!(self.stage, Stage::Separator(_)) {
            self.begin(each);
        }
        while self.quote.as_ref().is_some_and(Quote::is_open) {
            self.read_swallowed(each);
        }
        // Once for the last cell, once more for the end.
        self.read(&[], each);
        self.read(&[], each);
    }

    /// Has the heading been read?
    pub(super) fn has_begun(&self) -> bool {
        matches!(self.stage, Stage::Rows(..) | Stage::Nothing(_))
    }

    /// Why the column is missing, if no record so far has it.
    pub(super) fn lacks(&self) -> Option<String> {
        match &self.stage {
            Stage::Nothing(why) => Some(why.clone()),
            Stage::Rows(wanted, _) if (1..=*wanted).contains(&self.widest) => {
                let (column, widest) = (&self.column, self.widest);
                Some(format!("there is no column {column}; no row has more than {widest}"))
            }
            _ => None,
        }
    }

    fn begin(&mut self, each: &mut Each<'_>) {
        let next = match self.column {
            Column::Name(_) => Stage::Heading(Vec::new()),
            Column::Number(number) => Stage::Rows(number.saturating_sub(1), true),
        };
        let Stage::Separator(start) = std::mem::replace(&mut self.stage, next) else { return };
        self.separator = separator(&start);
        self.reader = ReaderBuilder::new().delimiter(self.separator).build();
        self.read(start.as_bytes(), each);
    }

    fn read(&mut self, mut input: &[u8], each: &mut Each<'_>) {
        let mut output = [0; 1024];
        loop {
            if !self.in_record {
                input = self.skip_line_ends(input);
                self.began = self.line;
            }
            let (result, taken, given) = self.reader.read_field(input, &mut output);
            let (read, rest) = input.split_at(taken.min(input.len()));
            input = rest;
            if self.follow_quote(read) {
                self.read_swallowed(each);
                if input.is_empty() {
                    return;
                }
                continue;
            }
            self.line += line_ends(read);
            self.in_record |= taken > 0;
            self.in_cell |= taken > 0;
            self.keep(output.get(..given).unwrap_or_default());
            match result {
                ReadFieldResult::OutputFull => {}
                ReadFieldResult::InputEmpty | ReadFieldResult::End => return,
                ReadFieldResult::Field { record_end } => {
                    self.in_record = !record_end;
                    self.end_cell(record_end, each);
                    if input.is_empty() {
                        return;
                    }
                }
            }
        }
    }

    /// Looks after the quote of the present cell. True: it is not closed.
    fn follow_quote(&mut self, read: &[u8]) -> bool {
        let within = match read.split_first() {
            Some((b'"', within)) if !self.in_cell => {
                self.quote = Some(Quote::opened(self.line));
                within
            }
            _ => read,
        };
        self.quote.as_mut().is_some_and(|quote| quote.follow(within, self.separator))
    }

    /// Tells of the quote, gives its record up, and reads on in the line after it.
    fn read_swallowed(&mut self, each: &mut Each<'_>) {
        let Some((line, swallowed)) = self.quote.take().map(Quote::into_parts) else { return };
        each(Entry { line, url: Err("a quote is not closed".to_owned()) });
        if let Stage::Rows(_, first) = &mut self.stage {
            *first = false;
        }
        self.reader.reset();
        self.line = line + 1;
        (self.at, self.in_record, self.in_cell, self.says) = (0, false, false, None);
        (self.cell, self.too_long) = (Vec::new(), false);
        if !swallowed.is_empty() {
            self.read(&swallowed, each);
        }
    }

    /// Blank lines are no records; nor is the second half of a line end.
    fn skip_line_ends<'i>(&mut self, input: &'i [u8]) -> &'i [u8] {
        let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (blank, rest) = input.split_at(blank);
        self.line += line_ends(blank);
        rest
    }

    fn wanted(&self) -> bool {
        match &self.stage {
            Stage::Heading(_) => true,
            Stage::Rows(wanted, _) => self.at == *wanted,
            Stage::Separator(_) | Stage::Nothing(_) => false,
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.says = self.says.or_else(|| bytes.iter().copied().find(|b| !b.is_ascii_whitespace()));
        if !self.wanted() || self.too_long {
            return;
        }
        if self.cell.len() + bytes.len() > MAX_LINE {
            self.too_long = true;
        } else {
            self.cell.extend_from_slice(bytes);
        }
    }

    fn end_cell(&mut self, record_end: bool, each: &mut Each<'_>) {
        if self.wanted() {
            let text = String::from_utf8_lossy(&std::mem::take(&mut self.cell)).into_owned();
            let too_long = std::mem::take(&mut self.too_long);
            match &mut self.stage {
                Stage::Heading(names) if names.len() < MOST_NAMES => names.push(text),
                Stage::Rows(_, first) => {
                    let url = entry::read_unless(too_long, &text);
                    // A heading, where the column is known by its number.
                    let heading = std::mem::take(first) && matches!(url, Some(Err(_)));
                    if let Some(url) = url.filter(|_| !heading) {
                        each(Entry { line: self.began, url });
                    }
                }
                _ => {}
            }
        }
        (self.in_cell, self.quote) = (false, None);
        self.at += 1;
        if record_end {
            self.end_record(each);
            (self.at, self.says) = (0, None);
        }
    }

    fn end_record(&mut self, each: &mut Each<'_>) {
        let is_comment = self.says.is_none_or(|byte| byte == b'#');
        match (&mut self.stage, &self.column) {
            (Stage::Rows(wanted, first), column) => {
                *first = false;
                if !is_comment {
                    self.widest = self.widest.max(self.at);
                }
                if self.at <= *wanted && !is_comment {
                    each(Entry { line: self.began, url: Err(format!("has no column {column}")) });
                }
            }
            (Stage::Heading(names), Column::Name(wanted)) => {
                let found = names.iter().position(|name| is_named(name, wanted));
                self.stage = if let Some(at) = found {
                    Stage::Rows(at, false)
                } else {
                    let why = missing(wanted, names);
                    each(Entry { line: self.began, url: Err(why.clone()) });
                    Stage::Nothing(why)
                };
            }
            _ => {}
        }
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(0)
}

/// Comma, tab or semicolon, by the first line.
fn separator(start: &str) -> u8 {
    let line = start.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: u8| line.bytes().filter(|b| *b == separator).count();
    let mut best = b',';
    for other in [b'\t', b';'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

fn is_named(name: &str, wanted: &str) -> bool {
    name.trim().to_lowercase() == wanted.trim().to_lowercase()
}

fn missing(wanted: &str, names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).map(|name| name.trim()).collect();
    let more = if names.len() > NAMES_SHOWN { ", ..." } else { "" };
    format!("there is no column '{wanted}'; there are {}{more}", shown.join(", "))
}
