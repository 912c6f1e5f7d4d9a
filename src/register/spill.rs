//! Files for what does not fit in memory on the way.
//!
//! Promises: only their owner can read them, and they have no name as soon as they are open, so
//! that nothing is left however the program ends; where a system keeps the name of an open file,
//! it is taken away at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) struct Spill {
    file: File,
    /// Where the name could not be taken away yet.
    path: Option<PathBuf>,
}

impl Spill {
    pub fn create(folder: &Path) -> io::Result<Spill> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut options = OpenOptions::new();
        // Never a file that was there before: in a folder of everybody it may be somebody's.
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".klero-{}-{number}", std::process::id()));
            match options.open(&path) {
                Ok(file) => {
                    let path = fs::remove_file(&path).is_err().then_some(path);
                    return Ok(Spill { file, path });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub fn writer(&self) -> &File {
        &self.file
    }

    /// Returns the file to be read from its beginning.
    pub fn reader(&self) -> io::Result<&File> {
        let mut file = &self.file;
        file.rewind()?;
        Ok(file)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}
