//! Statements that are prepared once for a connection.
//!
//! diesel caches selections, deletions and plain inserts, but never an `UPDATE` or an upsert: it
//! parses each anew (about 10 µs on SQLite, a round trip more on PostgreSQL). The statements of
//! every commit are therefore diesel query fragments of our own, which it does cache.

/// Defines a statement as a struct whose fields are its values:
/// `Name<'a> { "SQL up to the first value" field: RustType as SqlType, ... } "the rest"`, and
/// `-> (SqlType, ...)` after it where rows come back.
macro_rules! prepared {
    (
        $(#[$about:meta])*
        $name:ident<$life:lifetime> { $($fields:tt)* } $rest:literal -> $row:ty
    ) => {
        $crate::store::prepared::prepared! {
            $(#[$about])*
            $name<$life> { $($fields)* } $rest
        }

        impl diesel::query_builder::Query for $name<'_> {
            type SqlType = $row;
        }
    };
    (
        $(#[$about:meta])*
        $name:ident<$life:lifetime> {
            $($text:literal $field:ident: $rust:ty as $sql:ty,)*
        } $rest:literal
    ) => {
        $(#[$about])*
        struct $name<$life> {
            $($field: $rust,)*
            life: std::marker::PhantomData<&$life ()>,
        }

        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        $crate::store::prepared::prepared!(@fragment diesel::sqlite::Sqlite, $name, $rest, $($text $field $sql,)*);
        $crate::store::prepared::prepared!(@fragment diesel::pg::Pg, $name, $rest, $($text $field $sql,)*);

        impl<C> diesel::RunQueryDsl<C> for $name<'_> {}
    };
    (@fragment $backend:ty, $name:ident, $rest:literal, $($text:literal $field:ident $sql:ty,)*) => {
        impl diesel::query_builder::QueryFragment<$backend> for $name<'_> {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, $backend>,
            ) -> diesel::QueryResult<()> {
                $(
                    out.push_sql($text);
                    out.push_bind_param::<$sql, _>(&self.$field)?;
                )*
                out.push_sql($rest);
                Ok(())
            }
        }
    };
}
pub(super) use prepared;
