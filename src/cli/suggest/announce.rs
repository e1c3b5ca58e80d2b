//! How much there is to ask, told before the start.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::cli::error::CommandError;
use crate::domain::JobId;
use crate::domain::job::Job;
use crate::order::Order;

/// More queries than this are not begun on a terminal without a question.
const MANY: i64 = 100_000;

/// Tells how many queries there are and how long they take at least. On a terminal, before a job of
/// very many begins, asks whether it is meant.
///
/// # Errors
/// 2 when the order makes no job, 1 when it is not to begin.
pub(super) fn announce(order: &Order, question: bool) -> Result<(), CommandError> {
    let job = Job::new(JobId(0), &order.name, &order.spec)
        .map_err(|error| CommandError::usage(error.to_string()))?;
    let Some(amount) = job.amount() else { return Ok(()) };
    log::info!("{amount}");
    let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if question && terminal && amount.queries() > MANY && !agreed(&mut io::stdin().lock())? {
        let message = "not begun; --max-length, --budget or --strategy adaptive make it less, \
                       --yes begins without asking";
        return Err(CommandError { exit: 1, message: message.to_owned() });
    }
    Ok(())
}

fn agreed(answers: &mut impl BufRead) -> io::Result<bool> {
    write!(io::stderr(), "Begin? [y/N] ")?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in [("y\n", true), (" YES \n", true), ("n\n", false), ("", false)] {
            assert_eq!(agreed(&mut answer.as_bytes()).unwrap(), yes, "{answer:?}");
        }
    }
}
