//! What a command says when it cannot do what was asked.

use std::io;

use crate::store::StoreError;

/// A failure with its exit code.
#[derive(Debug)]
pub struct CommandError {
    /// The exit code of the contract; 0 when the reader of the output had enough.
    pub exit: u8,
    /// One clear line (or one for each fault).
    pub message: String,
}

impl CommandError {
    /// The command was given something that it cannot use.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: 2, message: message.into() }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self { exit: 69, message: error.to_string() }
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        let exit = u8::from(error.kind() != io::ErrorKind::BrokenPipe);
        Self { exit, message: error.to_string() }
    }
}

/// A reader that closes its pipe (`crawld export | head`) has had what it wanted: success.
///
/// # Errors
/// Every other failure, as it was.
pub fn closed_pipe_is_success(result: Result<u8, CommandError>) -> Result<u8, CommandError> {
    match result {
        Err(error) if error.exit == 0 => Ok(0),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreErrorKind;

    #[test]
    fn every_failure_has_the_exit_code_of_the_contract() {
        let store = StoreError { kind: StoreErrorKind::Gone, message: "away".to_owned() };
        assert_eq!(CommandError::from(store).exit, 69);
        assert_eq!(CommandError::from(io::Error::other("disk")).exit, 1);
        assert_eq!(CommandError::usage("what?").exit, 2);
    }

    #[test]
    fn a_closed_pipe_is_success_and_nothing_else_is() {
        let closed = CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(closed_pipe_is_success(Err(closed)), Ok(0)));
        let full = CommandError::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(closed_pipe_is_success(Err(full)).unwrap_err().exit, 1);
    }
}
