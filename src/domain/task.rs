//! What a job wants of a page.

/// What a page is asked for. Most jobs want one thing of all their pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(i16)]
pub enum Task {
    /// What the job's extractor takes.
    #[default]
    Main = 0,
    /// The further fields of an item.
    Detail = 1,
    /// Its status, nothing else.
    Check = 2,
    /// The same as the main one, of a URL whose https was only supposed.
    Guessed = 3,
    /// Its status, of a server whose answer to HEAD says nothing.
    CheckByGet = 4,
}

impl Task {
    /// What the target of a redirect is asked for.
    #[must_use]
    pub fn after_redirect(self) -> Self {
        match self {
            Self::Guessed => Self::Main,
            Self::CheckByGet => Self::Check,
            other => other,
        }
    }

    /// Is nothing wanted but the status?
    #[must_use]
    pub fn is_check(self) -> bool {
        matches!(self, Self::Check | Self::CheckByGet)
    }

    /// The task with this stored number; what no version ever wrote counts as the main one.
    #[must_use]
    pub fn from_number(number: i16) -> Self {
        let tasks = [Self::Main, Self::Detail, Self::Check, Self::Guessed, Self::CheckByGet];
        tasks.into_iter().find(|task| *task as i16 == number).unwrap_or_default()
    }
}
