//! What touches the disk. Nothing is followed, opened or waited for but a plain file, and a file has its final name only when
//! it is whole and on the disk.

use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::{NamedTempFile, TempPath};

/// How the names of unfinished files begin and end.
const PART: (&str, &str) = (".zerosweep-", ".part");

/// Opens the plain file `path` as `options` say; a link, a pipe or a folder is an error, and is not waited for.
fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a plain file")) }
}

/// Opens the plain file `path` to be read.
pub fn open_read(path: &Path) -> io::Result<File> {
    open_plain(path, OpenOptions::new().read(true))
}

/// The bytes of the plain file `path`; `None` where nothing bears that name.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match open_plain(path, OpenOptions::new().read(true)) {
        Ok(mut file) => io::Read::read_to_end(&mut file, &mut bytes).map(|_| Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens the plain file `path`, which is `len` bytes long.
pub fn open(path: &Path, len: u64) -> io::Result<File> {
    let file = open_plain(path, OpenOptions::new().read(true))?;
    let held = file.metadata()?.len();
    if held == len { Ok(file) } else { Err(io::Error::other(format!("it has {held} bytes, and {len} were written"))) }
}

/// Puts the first `len` bytes of the plain file `path` into `out`; it is an error if there are fewer.
pub fn read_first(path: &Path, len: u64, out: &mut impl Write) -> io::Result<()> {
    let file = open_plain(path, OpenOptions::new().read(true))?;
    let read = io::copy(&mut io::Read::take(file, len), out)?;
    if read == len { Ok(()) } else { Err(io::Error::other(format!("it has {read} bytes, and {len} were written"))) }
}

/// A lock on a folder, by a file in it that goes with the lock.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// `None` on a file system without locks: there two runs must not be sent to one folder.
    file: Option<File>,
}

impl Lock {
    /// Takes the lock whose file is `path`; `None` where another run has it.
    pub fn take(path: &Path) -> io::Result<Option<Lock>> {
        let mut looks = 0;
        loop {
            let file = open_plain(path, OpenOptions::new().read(true).write(true).create(true).truncate(false))?;
            if file.metadata()?.len() > 0 {
                return Err(io::Error::other(format!("{} is not zerosweep's; move it away", path.display())));
            }
            let path = path.to_owned();
            match file.try_lock() {
                // Whoever had it before may have taken the file away between our opening and our locking it.
                Ok(()) if !bears(&path, &file) => {}
                Ok(()) => return Ok(Some(Lock { path, file: Some(file) })),
                // A look at it holds it for a moment.
                Err(TryLockError::WouldBlock) if looks < 10 => {
                    looks += 1;
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(_)) => return Ok(Some(Lock { path, file: None })),
            }
        }
    }
}

impl Lock {
    /// Whether somebody has the lock whose file is `path`.
    pub fn is_held(path: &Path) -> bool {
        let opened = open_plain(path, OpenOptions::new().read(true));
        opened.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still locked: whoever opens the file from here on sees that it is gone.
        _ = fs::remove_file(&self.path);
        drop(self.file.take());
    }
}

/// Whether the name `path` is that of the open `file`.
#[cfg(unix)]
fn bears(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: io::Result<fs::Metadata>| metadata.map(|it| (it.dev(), it.ino())).ok();
    identity(path.symlink_metadata()).is_some_and(|named| Some(named) == identity(file.metadata()))
}

/// An open file keeps its name here.
#[cfg(not(unix))]
fn bears(_: &Path, _: &File) -> bool {
    true
}

/// Whether a file of this name is unfinished.
pub fn is_part(name: &str) -> bool {
    name.starts_with(PART.0) && name.ends_with(PART.1)
}

/// Takes away what a run that was killed left unfinished in `folder`.
pub fn clear_parts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_part(&name) {
            _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Takes the file `path` away, if there is one.
pub fn remove(path: &Path) -> io::Result<()> {
    fail_point()?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file on its way. It bears a temporary name, and is gone if it is dropped.
#[derive(Debug)]
pub struct Part {
    file: BufWriter<NamedTempFile>,
    len: u64,
}

impl Part {
    /// A new file in `folder`.
    pub fn new(folder: &Path) -> io::Result<Part> {
        fail_point()?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PART.0).suffix(PART.1);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(Part::of(builder.tempfile_in(folder).map_err(plain)?, 0))
    }

    /// The file `path`, cut to `len` bytes, to go on with; unlike others it stays when it is dropped.
    pub fn resume(path: &Path, len: u64) -> io::Result<Part> {
        fail_point()?;
        // What begins anew takes the place of what bore the name, which may be a user's by another name.
        if len == 0 && path.symlink_metadata().is_ok_and(|held| held.is_file()) {
            fs::remove_file(path)?;
        }
        let mut file = open_plain(path, OpenOptions::new().write(true).create(true).truncate(false))?;
        let held = file.metadata()?.len();
        if held < len {
            return Err(io::Error::other(format!("it has {held} bytes, and {len} were written")));
        }
        file.set_len(len)?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        let mut path = TempPath::try_from_path(path)?;
        path.disable_cleanup(true);
        Ok(Part::of(NamedTempFile::from_parts(file, path), len))
    }

    fn of(file: NamedTempFile, len: u64) -> Part {
        Part { file: BufWriter::with_capacity(1 << 20, file), len }
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// What was handed to the system, to be read from its beginning.
    pub fn reopen(&self) -> io::Result<File> {
        self.file.get_ref().reopen()
    }

    /// Hands what was written to the system, so that a full disk shows.
    pub fn flush_all(&mut self) -> io::Result<()> {
        fail_point()?;
        self.file.flush().map_err(plain)
    }

    /// Puts what was written on the disk.
    pub fn sync(&mut self) -> io::Result<()> {
        self.flush_all()?;
        fail_point()?;
        self.file.get_ref().as_file().sync_data()
    }

    /// Gives the file, which is on the disk, its name; what bore it before is replaced.
    pub fn persist(self, path: &Path) -> io::Result<()> {
        fail_point()?;
        let file = self.file.into_inner().map_err(|error| plain(error.into_error()))?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes).map_err(plain)?;
        self.len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush_all()
    }
}

/// Passes bytes on and takes their SHA-256.
#[derive(Debug)]
pub struct Hashing<W> {
    pub out: W,
    pub hash: Sha256,
}

impl<W: Write> Hashing<W> {
    pub fn new(out: W) -> Hashing<W> {
        Hashing { out, hash: Sha256::new() }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the file `name` of `folder` whole, or leaves what is there.
pub fn replace(folder: &Path, name: &str, write: impl FnOnce(&mut Part) -> io::Result<()>) -> io::Result<()> {
    let mut part = Part::new(folder)?;
    write(&mut part)?;
    part.sync()?;
    part.persist(&folder.join(name))?;
    sync_folder(folder)
}

/// Writes the file `path` whole, or leaves what is there.
pub fn put(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidInput)?;
    replace(folder, name, |part| part.write_all(contents))
}

/// Puts the names in `folder` on the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    fail_point()?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// The error without the temporary name that tempfile appends: nobody knows a file by that.
fn plain(error: io::Error) -> io::Error {
    let text = error.to_string();
    io::Error::new(error.kind(), text.split(" at path \"").next().unwrap_or_default())
}

/// Lets tests end the program, or make the disk fail, before its n-th operation: `ZEROSWEEP_DISK=n,kill`, or n and the
/// number of an error. Nothing of it is in a release.
#[cfg(all(debug_assertions, unix))]
fn fail_point() -> io::Result<()> {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static PLAN: LazyLock<Option<(usize, Option<i32>)>> = LazyLock::new(|| {
        let plan = std::env::var("ZEROSWEEP_DISK").ok()?;
        let (place, what) = plan.split_once(',')?;
        Some((place.parse().ok()?, what.parse().ok()))
    });
    static OPERATIONS: AtomicUsize = AtomicUsize::new(0);
    let Some((place, error)) = *PLAN else { return Ok(()) };
    if OPERATIONS.fetch_add(1, Ordering::Relaxed) < place {
        return Ok(());
    }
    let Some(error) = error else {
        // SAFETY: both take plain numbers.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        loop {
            std::thread::park();
        }
    };
    Err(io::Error::from_raw_os_error(error))
}

#[cfg(not(all(debug_assertions, unix)))]
fn fail_point() -> io::Result<()> {
    Ok(())
}
