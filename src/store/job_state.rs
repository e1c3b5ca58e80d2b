//! What a job is doing, and where it comes from.

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum JobState {
    /// Under way, or would be if a daemon ran.
    Running = 0,
    /// Held by the operator until resumed.
    Paused = 1,
    /// Ended by the operator; its queue stays.
    Stopped = 2,
    /// Finished, or cut by a limit.
    Done = 3,
    /// Could not be carried out.
    Failed = 4,
    /// Being removed with all that it stored.
    Forgotten = 5,
}

impl JobState {
    /// Every state, in the order of its number.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Paused, Self::Stopped, Self::Done, Self::Failed, Self::Forgotten];

    /// The name shown to people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Forgotten => "forgotten",
        }
    }

    /// The state with this stored number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        usize::try_from(number).ok().and_then(|at| Self::ALL.get(at)).copied()
    }

    /// Has the job ended?
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Stopped | Self::Done | Self::Failed | Self::Forgotten)
    }
}

/// Where a job comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A command line.
    Cli,
    /// The configuration file.
    File,
}

impl Origin {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::File => "file",
        }
    }
}
