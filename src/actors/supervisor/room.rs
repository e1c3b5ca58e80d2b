//! Room on the disks: nothing new is asked before they are full.
//!
//! Invariant: one look at a time, away from everybody (a network file system may let it hang);
//! the Scheduler, also a new one, knows what the last look said.

use std::path::PathBuf;
use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::{End, Supervisor};
use crate::actors::messages::NoRoom;
use crate::disk::{Room, words};
use crate::domain::Millis;
use crate::store::StoreError;

/// What is known of the room.
#[derive(Debug, Default)]
pub(super) struct Disks {
    looking: bool,
    /// It is too little, since then and for these words.
    short: Option<(Millis, Arc<str>)>,
}

impl Supervisor {
    /// The first look, before anything is asked. A run that does not stay does not begin without
    /// room: it ends, and this is false.
    pub(super) fn finds_room(&mut self, ctx: &mut Context<Self>) -> bool {
        let rule = self.settings.disk.clone();
        ctx.run_later(rule.period, Self::look);
        let found = (rule.min_free > 0).then(|| rule.tightest(&self.folders())).flatten();
        let short = found.as_ref().filter(|room| rule.is_short(room.free, false));
        if let Some(room) = short.filter(|_| !self.settings.stays) {
            let lost = StoreError::full(self.store.name(), &self.words(room));
            self.finish(End::StoreLost(lost));
            return false;
        }
        self.looked(found);
        true
    }

    /// That there is too little room.
    fn words(&self, room: &Room) -> String {
        let (free, least) = (words(room.free), words(self.settings.disk.min_free));
        let place = room.folder.display();
        format!("{free} free at {place}, and {least} are to stay free (database.min_free)")
    }

    /// What the Scheduler is told of it.
    pub(super) fn no_room(&self) -> NoRoom {
        NoRoom(self.disks.short.as_ref().map(|(_, words)| Arc::clone(words)))
    }

    /// Everything that is written to on disks of ours.
    fn folders(&self) -> Vec<PathBuf> {
        let archives = self.jobs.values().filter_map(|start| start.job.archive.as_ref());
        let archives = archives.map(|archive| PathBuf::from(&archive.folder));
        self.store.folder().into_iter().chain(archives).collect()
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        let rule = self.settings.disk.clone();
        ctx.run_later(rule.period, Self::look);
        if self.disks.looking {
            return;
        }
        if rule.min_free == 0 {
            self.looked(None);
            return;
        }
        self.disks.looking = true;
        let folders = self.folders();
        let look = actix_rt::task::spawn_blocking(move || rule.tightest(&folders));
        ctx.spawn(look.into_actor(self).map(|found, act, _| {
            act.disks.looking = false;
            act.looked(found.ok().flatten());
        }));
    }

    /// Takes in what a look said, and passes it on when it is news.
    fn looked(&mut self, found: Option<Room>) {
        let rule = &self.settings.disk;
        let before = self.disks.short.is_some();
        if let (Some(metrics), Some(room)) = (&self.settings.metrics, &found) {
            metrics.service.disk(room.free, rule.is_short(room.free, before));
        }
        let now = self.clock.now();
        match found.filter(|room| rule.is_short(room.free, before)) {
            Some(room) if !before => {
                let why = self.words(&room);
                log::error!(
                    "disk=low the disk is nearly full, nothing is asked until there is room: {why}"
                );
                self.disks.short = Some((now, why.into()));
            }
            None if before => {
                log::info!("disk=ok there is room on the disk again");
                self.disks.short = None;
            }
            _ => {
                self.wait_for_room(now);
                return;
            }
        }
        if let Some(scheduler) = &self.scheduler {
            scheduler.do_send(self.no_room());
        }
    }

    /// Ends a run that does not stay when it has waited long enough.
    fn wait_for_room(&mut self, now: Millis) {
        let Some((since, words)) = &self.disks.short else { return };
        let patience = i64::try_from(self.settings.disk.patience.as_millis()).unwrap_or(i64::MAX);
        if !self.settings.stays && now - since >= patience {
            let lost = StoreError::full(self.store.name(), words);
            self.drain(End::StoreLost(lost));
        }
    }
}
