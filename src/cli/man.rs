//! `crawld man`: the manual pages, made of the command line and of the annotated configuration.

mod daemon_page;
mod settings_page;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

use super::error::CommandError;

/// The section of commands for administrators, and the one of file formats.
const COMMANDS: &str = "8";
const FILES: &str = "5";
/// What stands above and below each page. No date: the version says how old a page is. (An empty
/// word would be lost, and the next one taken for the date.)
const MANUAL: &str = "crawld manual";
const SOURCE: &str = concat!("crawld ", env!("CARGO_PKG_VERSION"));
const NO_DATE: &str = " ";

/// Options of `crawld man`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write every page to this folder; without it crawld(8) is printed
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// A page: the name of its file, and its text in roff.
struct Page {
    name: String,
    text: Vec<u8>,
}

/// Prints the page of the program, or writes all of them.
///
/// # Errors
/// When a file or the output cannot be written.
pub(super) fn run(args: &Args, command: Command, out: &mut dyn Write) -> Result<u8, CommandError> {
    let pages = pages(command)?;
    match &args.folder {
        Some(folder) => {
            save(&pages, folder).map_err(|error| CommandError {
                exit: 1,
                message: format!("{}: {error}", folder.display()),
            })?;
        }
        None => {
            for page in pages.iter().filter(|page| page.name == "crawld.8") {
                out.write_all(&page.text)?;
            }
        }
    }
    Ok(0)
}

fn save(pages: &[Page], folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    pages.iter().try_for_each(|page| std::fs::write(folder.join(&page.name), &page.text))
}

/// Every page: of the program, of each command, and of the configuration.
fn pages(command: Command) -> io::Result<Vec<Page>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = vec![daemon_page::page(&command)?, settings_page::page()?];
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        pages.push(of_command(sub)?);
    }
    Ok(pages)
}

fn of_command(command: &Command) -> io::Result<Page> {
    let title = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let man = manual(command, &title, COMMANDS);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    daemon_page::see_also(&["crawld(8)", "crawld.toml(5)"]).to_writer(&mut text)?;
    Ok(Page { name: format!("{title}.{COMMANDS}"), text })
}

fn manual(command: &Command, title: &str, section: &str) -> Man {
    Man::new(command.clone())
        .title(title.to_uppercase())
        .section(section)
        .date(NO_DATE)
        .source(SOURCE)
        .manual(MANUAL)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    #[test]
    fn every_command_has_a_page_with_each_of_its_options() {
        let pages = pages(Cli::command()).unwrap();
        let mut command = Cli::command();
        command.build();
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let name = format!("crawld-{}.8", sub.get_name());
            let page = pages.iter().find(|page| page.name == name).expect(&name);
            let text = String::from_utf8(page.text.clone()).unwrap().replace("\\-", "-");
            for option in sub.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(
                    text.contains(&format!("--{option}")),
                    "{name} does not tell of --{option}"
                );
            }
        }
    }

    #[test]
    fn the_page_of_the_program_names_every_command() {
        let pages = pages(Cli::command()).unwrap();
        let page = pages.iter().find(|page| page.name == "crawld.8").unwrap();
        let text = String::from_utf8(page.text.clone()).unwrap().replace("\\-", "-");
        for page in pages.iter().filter(|page| page.name.starts_with("crawld-")) {
            let name = page.name.replace(".8", "(8)");
            assert!(text.contains(&name), "crawld(8) does not name {name}");
        }
    }
}
