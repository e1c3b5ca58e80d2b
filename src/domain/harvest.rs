//! The harvest of an endpoint that suggests: which queries to ask it, and the tips in its answers.
//!
//! [`Harvest`] decides from facts that the store holds, one for each query answered, and from a
//! [`Record`] of bounded size. The queries themselves are the tree: nothing of it is in memory.

mod alphabet;
mod cleaning;
mod combinations;
mod coverage;
mod echo;
mod evidence;
mod failed;
mod frequency;
mod luck;
mod machine;
mod markup;
mod plan;
mod proof;
mod query;
mod record;
mod refill;
mod request;
mod rule;
mod shape;
mod spec;
mod suspicion;
mod template;
mod tips;

pub use alphabet::{Alphabet, AlphabetError, MOST_LETTERS};
pub use cleaning::Cleaning;
pub use combinations::{Batch, Combinations, CombinationsError, Cursor, LONGEST};
pub use coverage::Sightings;
pub use evidence::{Cap, Caps, Order, Places};
pub use machine::Harvest;
pub use plan::{Plan, Strategy};
pub use query::{Answer, Fact, Facts, Failed, Next, Offer, Purpose, Refill, Settled, Shown};
pub use record::{Record, Warning};
pub use request::RequestSpec;
pub use rule::{End, Matcher, Rule};
pub(in crate::domain) use shape::check as check_shape;
pub use shape::{DEEPEST, MOST_VALUES, ShapeError};
pub use spec::{CleaningSpec, FieldSpec, ResultSpec, RuleError, RuleErrors};
pub use template::{Filled, RequestTemplate, RowUrl};
pub use tips::{AnswerError, MOST_TEXT, Reading, Tip, TipReader};
