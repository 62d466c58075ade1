// SPDX-License-Identifier: AGPL-3.0-or-later
//! The folder of one owner: what is in it, what it costs, and what was put aside.

use crate::name::{File, Kind, Name};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What one file costs at least, and in steps of: a block of the file system.
const BLOCK: u64 = 4096;
/// Where what was put aside is, by the day that it was.
const ASIDE: &str = "aside";
/// Where files are that are still being written.
pub(crate) const ARRIVING: &str = "arriving";

/// How much may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes, as agreed.
    pub bytes: u64,
    /// Bytes that the disk can still take: never more, whatever was agreed.
    pub free: u64,
}

impl Room {
    /// Files that may be kept: small ones cost more than their bytes.
    fn files(self) -> u64 {
        4096 + (self.bytes >> 18)
    }
}

/// What is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes on the disk, with what was put aside.
    pub bytes: u64,
    /// Bytes of it that were put aside.
    pub aside: u64,
    /// Files, with what was put aside.
    pub files: u64,
}

/// The folder of one owner.
pub struct Shelf {
    pub(crate) folder: PathBuf,
    used: Mutex<Used>,
    /// Held while a file gets its name or loses it.
    pub(crate) naming: Mutex<()>,
}

/// What a file of this length costs on the disk.
pub(crate) fn cost(length: u64) -> u64 {
    length.div_ceil(BLOCK).max(1).saturating_mul(BLOCK)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder's change of names is on the disk.
pub(crate) fn settle(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

fn files(folder: &Path, found: &mut impl FnMut(&Path, u64)) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() {
            files(&entry.path(), found)?;
        } else {
            found(&entry.path(), about.len());
        }
    }
    Ok(())
}

impl Shelf {
    /// Opens a folder, which need not be there, and counts what is in it. What was left half written is removed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        match fs::remove_dir_all(folder.join(ARRIVING)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let shelf = Self {
            folder,
            used: Mutex::default(),
            naming: Mutex::default(),
        };
        let used = shelf.count()?;
        *lock(&shelf.used) = used;
        Ok(shelf)
    }

    fn count(&self) -> io::Result<Used> {
        let mut used = Used::default();
        files(&self.folder, &mut |_, length| {
            used.bytes = used.bytes.saturating_add(cost(length));
            used.files += 1;
        })?;
        files(&self.folder.join(ASIDE), &mut |_, length| {
            used.aside = used.aside.saturating_add(cost(length));
        })?;
        Ok(used)
    }

    /// What is kept.
    pub fn used(&self) -> Used {
        *lock(&self.used)
    }

    /// Takes room for so many bytes of a file more; `false` when there is none. `begun`: the file itself is counted.
    pub(crate) fn take(&self, bytes: u64, begun: bool, room: Room) -> bool {
        let mut used = lock(&self.used);
        let files = used.files + u64::from(!begun);
        let total = used.bytes.saturating_add(bytes);
        if total > room.bytes || bytes > room.free || files > room.files() {
            return false;
        }
        (used.bytes, used.files) = (total, files);
        true
    }

    /// Gives room back that was taken for a file.
    pub(crate) fn give_back(&self, bytes: u64) {
        let mut used = lock(&self.used);
        used.bytes = used.bytes.saturating_sub(bytes);
        used.files = used.files.saturating_sub(1);
    }

    /// Gives room back that was taken beyond what a file needed.
    pub(crate) fn trim(&self, bytes: u64) {
        let mut used = lock(&self.used);
        used.bytes = used.bytes.saturating_sub(bytes);
    }

    /// Whether another file of this kind may come.
    pub(crate) fn takes_another(&self, kind: Kind) -> bool {
        let count = || fs::read_dir(self.folder.join(kind.word())).map_or(0, Iterator::count);
        kind.most().is_none_or(|most| count() < most)
    }

    /// Its owner deletes a file: it is put aside. A lock is only for the moment, and goes at once.
    pub(crate) fn put_aside(&self, kind: Kind, name: &Name, day: u64) -> io::Result<()> {
        let _naming = lock(&self.naming);
        let place = File::Named(kind, name.clone()).below(&self.folder);
        let bytes = cost(fs::metadata(&place)?.len());
        if kind == Kind::Locks {
            fs::remove_file(&place)?;
            self.give_back(bytes);
            return Ok(());
        }
        let folder = self.folder.join(ASIDE).join(day.to_string());
        fs::create_dir_all(&folder)?;
        let aside = folder.join(format!("{}-{}", kind.word(), name.as_str()));
        // Deleted twice on one day, and written anew in between: one of two equal files is enough.
        let twice = aside.exists();
        fs::rename(&place, &aside)?;
        settle(&folder)?;
        if twice {
            self.give_back(bytes);
        } else {
            let mut used = lock(&self.used);
            used.aside = used.aside.saturating_add(bytes);
        }
        Ok(())
    }

    fn days_aside(&self) -> Vec<(u64, PathBuf)> {
        let entries = fs::read_dir(self.folder.join(ASIDE))
            .into_iter()
            .flatten()
            .flatten();
        let day = |entry: fs::DirEntry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()));
        entries.filter_map(day).collect()
    }

    /// What was put aside more than so many whole days ago goes for good.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn sweep(&self, today: u64, days: u64) -> io::Result<()> {
        let _naming = lock(&self.naming);
        let mut swept = false;
        for (day, folder) in self.days_aside() {
            if day.saturating_add(days) < today {
                fs::remove_dir_all(folder)?;
                swept = true;
            }
        }
        if swept {
            *lock(&self.used) = self.count()?;
        }
        Ok(())
    }

    /// Everything that was put aside is back: somebody deleted it who should not have. Gives the number of files.
    ///
    /// # Errors
    /// When a file cannot be moved.
    pub fn bring_back(&self) -> io::Result<u64> {
        let _naming = lock(&self.naming);
        let mut back = 0;
        for (_, folder) in self.days_aside() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let named = entry.file_name();
                let named = named.to_str().and_then(|text| text.split_once('-'));
                let named = named.and_then(|(kind, name)| Some((Kind::of(kind)?, Name::parse(name)?)));
                let Some((kind, name)) = named else { continue };
                let place = File::Named(kind, name).below(&self.folder);
                if place.exists() {
                    fs::remove_file(entry.path())?;
                    continue;
                }
                let parent = place.parent().unwrap_or(&self.folder);
                fs::create_dir_all(parent)?;
                fs::rename(entry.path(), &place)?;
                settle(parent)?;
                back += 1;
            }
            fs::remove_dir_all(folder)?;
        }
        *lock(&self.used) = self.count()?;
        Ok(back)
    }

    /// Removes everything.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self) -> io::Result<()> {
        let _naming = lock(&self.naming);
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        *lock(&self.used) = Used::default();
        Ok(())
    }
}
