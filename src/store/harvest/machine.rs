//! A machine is fetched from memory or from its row, and kept again.

use std::marker::PhantomData;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use super::offered::Offered;
use super::{Machines, OF_ANOTHER_PLAN};
use crate::domain::JobId;
use crate::domain::harvest::{Harvest, Record};
use crate::domain::job::HarvestJob;
use crate::store::connection::{Connection, both};
use crate::store::error::{Fault, StoreErrorKind};
use crate::store::prepared::prepared;
use crate::store::schema::{harvest, query, suggestion};

/// Tips told to a machine at once.
const RECALLED: i64 = 10_000;
/// Warnings kept for the report.
const WARNINGS: usize = 20;

prepared! {
    /// The row of a harvest is held, and known to be another from now on.
    Hold<'a> {
        "UPDATE harvest SET seq = seq + 1 WHERE job = " job: i64 as BigInt,
    } " RETURNING seq, pass, queries" -> (BigInt, Integer, BigInt)
}

prepared! {
    /// How far a harvest is.
    Keep<'a> {
        "UPDATE harvest SET record = " record: String as Text,
        ", queries = " last: i64 as BigInt,
        " WHERE job = " job: i64 as BigInt,
    } ""
}

/// A harvest within a transaction, and in memory after it.
#[derive(Debug)]
pub(in crate::store) struct Machine {
    pub(super) job: JobId,
    pub(super) pass: i32,
    pub(super) of: Arc<HarvestJob>,
    pub(super) harvest: Harvest,
    /// No query has a greater number.
    pub(super) last: i64,
    /// What the operator should know, of this transaction.
    pub(super) warnings: Vec<String>,
    /// Queries offered of late.
    pub(super) offered: Offered,
    seq: i64,
}

impl Machine {
    /// Whose it is.
    pub(in crate::store) fn job(&self) -> JobId {
        self.job
    }

    /// The machine of a job; its row is held to the end of the transaction.
    pub(super) fn fetch(
        conn: &mut Connection,
        machines: &mut Machines,
        (job, pass): (JobId, i32),
        of: &Arc<HarvestJob>,
    ) -> Result<Self, Fault> {
        let kept = machines.remove(&job);
        let row = Hold { job: job.0, life: PhantomData };
        let held: Option<(i64, i32, i64)> = both!(conn, c => row.get_result(c).optional())?;
        let Some((seq, stored_pass, last)) = held else {
            return Self::first(conn, (job, pass), of);
        };
        if let Some(kept) = kept
            .filter(|kept| (kept.seq + 1, kept.pass) == (seq, pass) && Arc::ptr_eq(&kept.of, of))
        {
            return Ok(Self { last, seq, ..kept });
        }
        let (plan, record): (String, String) = both!(conn, c => harvest::table
            .filter(harvest::job.eq(job.0))
            .select((harvest::plan, harvest::record))
            .first(c))?;
        let mut machine = Self::afresh((job, pass), of, Record::default());
        (machine.seq, machine.last) = (seq, last);
        if stored_pass != pass {
            machine.begin_again(conn)?;
        } else if plan != of.plan.signature() {
            machine.begin_again(conn)?;
            set_aside(conn, (job, pass))?;
        } else {
            let record = serde_json::from_str(&record).map_err(|error| unreadable(job, &error))?;
            machine.harvest = Harvest::new(of.plan.clone(), record);
            machine.recall(conn)?;
        }
        Ok(machine)
    }

    fn afresh((job, pass): (JobId, i32), of: &Arc<HarvestJob>, record: Record) -> Self {
        let harvest = Harvest::new(of.plan.clone(), record);
        let of = Arc::clone(of);
        Self {
            job,
            pass,
            of,
            harvest,
            last: 0,
            warnings: Vec::new(),
            offered: Offered::default(),
            seq: 1,
        }
    }

    /// A job harvests for the first time.
    fn first(
        conn: &mut Connection,
        (job, pass): (JobId, i32),
        of: &Arc<HarvestJob>,
    ) -> Result<Self, Fault> {
        both!(conn, c => diesel::insert_into(harvest::table)
            .values((
                harvest::job.eq(job.0),
                harvest::pass.eq(pass),
                harvest::seq.eq(1),
                harvest::queries.eq(0),
                harvest::plan.eq(of.plan.signature()),
                harvest::record.eq("{}"),
            ))
            .execute(c))?;
        Ok(Self::afresh((job, pass), of, Record::default()))
    }

    /// The row is of another pass or plan: what was warned of is past.
    fn begin_again(&self, conn: &mut Connection) -> QueryResult<()> {
        both!(conn, c => diesel::update(harvest::table.filter(harvest::job.eq(self.job.0)))
            .set((
                harvest::pass.eq(self.pass),
                harvest::plan.eq(self.of.plan.signature()),
                harvest::warnings.eq(None::<String>),
            ))
            .execute(c))?;
        Ok(())
    }

    /// Tells a machine that orders by promise what is stored.
    fn recall(&mut self, conn: &mut Connection) -> QueryResult<()> {
        let mut after = i64::MIN;
        while self.harvest.recalls() {
            let tips: Vec<(i64, String)> = both!(conn, c => suggestion::table
                .filter(suggestion::job.eq(self.job.0).and(suggestion::tip_key.gt(after)))
                .filter(suggestion::last_pass.eq(self.pass).and(suggestion::seen.gt(0)))
                .filter(suggestion::result.eq_any(deciding(&self.of)))
                .order(suggestion::tip_key)
                .limit(RECALLED)
                .select((suggestion::tip_key, suggestion::text))
                .load(c))?;
            let Some((last, _)) = tips.last() else { break };
            after = *last;
            for (_, text) in &tips {
                self.harvest.recall(text);
            }
        }
        Ok(())
    }

    /// Writes down how far it is, to be put back among the others when the transaction has ended.
    pub(super) fn keep(mut self, conn: &mut Connection) -> Result<Self, Fault> {
        let record = serde_json::to_string(self.harvest.record())
            .map_err(|error| unreadable(self.job, &error))?;
        let said = std::mem::take(&mut self.warnings);
        let this = harvest::table.filter(harvest::job.eq(self.job.0));
        if !said.is_empty() {
            let known: Option<String> = both!(conn, c => this.select(harvest::warnings).first(c))?;
            let known = known.unwrap_or_default();
            let lines: Vec<&str> = known.lines().chain(said.iter().map(String::as_str)).collect();
            let last = lines.get(lines.len().saturating_sub(WARNINGS)..).unwrap_or_default();
            both!(conn, c => diesel::update(this)
                .set(harvest::warnings.eq(last.join("\n")))
                .execute(c))?;
        }
        let keep = Keep { record, last: self.last, job: self.job.0, life: PhantomData };
        both!(conn, c => keep.execute(c))?;
        Ok(self)
    }
}

/// The kinds of result that decide what is asked.
pub(super) fn deciding(of: &HarvestJob) -> Vec<&str> {
    of.results.iter().filter(|kind| !kind.aside).map(|kind| kind.name.as_str()).collect()
}

/// The plan is another: what was answered in this pass counts when it is offered again, and is not
/// asked again; what failed has not been looked at.
fn set_aside(conn: &mut Connection, (job, pass): (JobId, i32)) -> QueryResult<()> {
    both!(conn, c => diesel::update(query::table
            .filter(query::job.eq(job.0).and(query::pass.eq(pass)))
            .filter(query::tips.is_not_null()))
        .set((query::generation.eq(OF_ANOTHER_PLAN), query::letters.eq(None::<i32>)))
        .execute(c))?;
    both!(conn, c => diesel::update(query::table
            .filter(query::job.eq(job.0).and(query::pass.eq(pass)))
            .filter(query::tips.is_null()))
        .set(query::generation.eq(0))
        .execute(c))?;
    both!(conn, c => diesel::update(suggestion::table
            .filter(suggestion::job.eq(job.0).and(suggestion::last_pass.eq(pass))))
        .set(suggestion::seen.eq(0))
        .execute(c))?;
    Ok(())
}

fn unreadable(job: JobId, error: &serde_json::Error) -> Fault {
    let what = format!("how far the harvest of job {} is cannot be read ({error})", job.0);
    Fault::Own(StoreErrorKind::Corrupt, what)
}
