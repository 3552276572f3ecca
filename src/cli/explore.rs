//! `zerosweep explore`: the explorer's page, served to this machine alone or written as files.

use super::backend::cancel_on_interrupt;
use super::{Failure, print, refuse_many_weights, say};
use clap::Args;
use serde_json::json;
use std::borrow::Cow;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zerosweep::output::{page, put};
use zerosweep::spec::Spec;

#[derive(Args)]
pub struct ExploreArgs {
    /// The spec that the page opens: a TOML or JSON file, or - for standard input [default: an example]
    spec: Option<PathBuf>,
    /// Replace a value of the spec, for example --set penalty.k=1.5
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "spec")]
    sets: Vec<String>,
    /// Port of 127.0.0.1 that answers; 0 for any that is free [default: 8317, or any that is free]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Write the page into DIR, a new or empty folder, for any web server, and end
    #[arg(long, value_name = "DIR", conflicts_with = "port")]
    export: Option<PathBuf>,
}

/// The port where nobody names one, so that links keep their address.
const PORT: u16 = 8317;

/// Time between two looks at whether the program was interrupted.
const LOOK: Duration = Duration::from_millis(10);

/// Time that a request, and whoever takes its answer, may rest.
const PATIENCE: Duration = Duration::from_secs(5);

/// Time in which a body that nobody asked for is taken off.
const FAREWELL: Duration = Duration::from_secs(1);

/// Connections at a time: a browser opens six.
const MOST_GUESTS: usize = 256;

/// Bytes of a request at the most.
const MOST_HEAD: u64 = 1 << 14;

const PLAIN: &str = "text/plain; charset=utf-8";

/// The page without a spec says so in these words.
const NOTHING_OPENED: &str = r#"<script type="application/json" id="opened">null</script>"#;

const INDEX: &str = "index.html";

/// A file of the page.
struct File {
    name: &'static str,
    /// Its type, as HTTP has it.
    kind: &'static str,
    contents: Cow<'static, [u8]>,
}

/// The page's files, with the spec that it is to open.
fn files(index: String) -> Vec<File> {
    let script = |name, text: &'static str| File {
        name,
        kind: "text/javascript; charset=utf-8",
        contents: Cow::Borrowed(text.as_bytes()),
    };
    vec![
        File { name: INDEX, kind: "text/html; charset=utf-8", contents: Cow::Owned(index.into_bytes()) },
        File { name: "explorer.css", kind: "text/css; charset=utf-8", contents: Cow::Borrowed(page::CSS.as_bytes()) },
        File { name: "zerosweep_bg.wasm", kind: "application/wasm", contents: Cow::Owned(page::library()) },
    ]
    .into_iter()
    .chain(page::SCRIPTS.iter().map(|(name, text)| script(name, text)))
    .collect()
}

/// What every answer carries: the page loads nothing from elsewhere, is no part of another, and is asked for anew each time.
const HEADERS: [(&str, &str); 7] = [
    ("Connection", "close"),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-cache"),
];

/// `zerosweep explore`.
pub fn explore(args: &ExploreArgs) -> Result<(), Failure> {
    let files = files(index(args)?);
    match &args.export {
        Some(folder) => export(folder, &files),
        None => serve(args.port, files),
    }
}

/// The page, with the spec that it is to open.
fn index(args: &ExploreArgs) -> Result<String, Failure> {
    let Some(path) = &args.spec else { return Ok(page::EXPLORER.to_owned()) };
    let loaded = Spec::load(path, &args.sets)?;
    refuse_many_weights(&loaded.spec, "explore")?;
    let name = path.file_name().map_or_else(|| "spec".into(), |name| name.to_string_lossy());
    // As run, and so TOML, whatever the file was.
    let opened = json!({ "name": format!("{name} as TOML"), "text": loaded.text }).to_string().replace('<', "\\u003c");
    Ok(page::EXPLORER.replace(NOTHING_OPENED, &NOTHING_OPENED.replace("null", &opened)))
}

fn export(folder: &Path, files: &[File]) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Other(format!("cannot write to {}: {error}", folder.display()));
    if folder.exists() && fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(Failure::Other(format!("{} is not empty; give --export a new folder", folder.display())));
    }
    fs::create_dir_all(folder).map_err(failed)?;
    let written = files.iter().try_for_each(|File { name, contents, .. }| put(&folder.join(name), contents));
    if let Err(error) = written {
        // Half a page would be in the way of the next try.
        files.iter().for_each(|file| _ = fs::remove_file(folder.join(file.name)));
        return Err(failed(error));
    }
    say("the page needs a web server: browsers do not run its parts from plain files");
    print(&format!("{}\n", folder.join(INDEX).display()))
}

fn serve(port: Option<u16>, files: Vec<File>) -> Result<(), Failure> {
    let at = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = match port {
        None => at(PORT).or_else(|_| at(0)),
        Some(port) => at(port),
    };
    let failed = |error: io::Error| {
        let port = port.unwrap_or(0);
        Failure::Other(format!(
            "cannot listen on 127.0.0.1:{port}: {error}; give another --port, or 0 for any that is free"
        ))
    };
    let listener = listener.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    listener.set_nonblocking(true).map_err(failed)?;
    let cancel = cancel_on_interrupt();
    print(&format!("http://127.0.0.1:{port}/\n"))?;
    say("open it in a browser on this machine; Ctrl-C ends it");
    let (files, guests) = (Arc::new(files), Arc::new(()));
    while !cancel.is_raised() {
        match listener.accept() {
            Ok((stream, _)) if Arc::strong_count(&guests) <= MOST_GUESTS => {
                let (files, guest) = (Arc::clone(&files), Arc::clone(&guests));
                // Nobody waits for it: a browser keeps connections open on which it asks for nothing.
                std::thread::spawn(move || {
                    // Whoever hangs up before the end has seen enough.
                    _ = answer(stream, port, &files);
                    drop(guest);
                });
            }
            // A browser tries again.
            Ok(_) => {}
            Err(error) => {
                if error.kind() != io::ErrorKind::WouldBlock {
                    say(&format!("note: a connection failed ({error})"));
                }
                std::thread::sleep(LOOK);
            }
        }
    }
    Ok(())
}

/// Answers the one request of a connection.
fn answer(mut stream: TcpStream, port: u16, files: &[File]) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = read_head(&mut stream)?;
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let is_whole = request.parse(&head).is_ok_and(|status| status.is_complete());
    let path = request.path.unwrap_or_default();
    let name = path.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let name = if name.is_empty() { INDEX } else { name };
    let (status, kind, contents) = match files.iter().find(|file| file.name == name) {
        _ if !is_whole => ("400 Bad Request", PLAIN, b"this is no request\n" as &[u8]),
        _ if !is_ours(&request, port) => {
            ("403 Forbidden", PLAIN, b"this page is for the machine that it runs on\n" as _)
        }
        _ if !matches!(request.method, Some("GET" | "HEAD")) => {
            ("405 Method Not Allowed", PLAIN, b"this page is only read\n" as _)
        }
        None => ("404 Not Found", PLAIN, b"there is no such page\n" as _),
        Some(File { kind, contents, .. }) => ("200 OK", *kind, &**contents),
    };
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", contents.len());
    HEADERS.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
    stream.write_all((text + "\r\n").as_bytes())?;
    if request.method != Some("HEAD") {
        stream.write_all(contents)?;
    }
    stream.shutdown(Shutdown::Write)?;
    // Closing on what was sent and not read, a body, would reset the connection and lose the answer.
    let (until, mut rest) = (Instant::now() + FAREWELL, [0; 4096]);
    stream.set_read_timeout(Some(FAREWELL))?;
    while Instant::now() < until && stream.read(&mut rest)? > 0 {}
    Ok(())
}

/// What comes up to the first empty line, or as much as a request may have.
fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut part = [0; 4096];
    let until = Instant::now() + PATIENCE;
    while (head.len() as u64) < MOST_HEAD && !head.windows(4).any(|four| four == b"\r\n\r\n") && Instant::now() < until
    {
        match stream.read(&mut part)? {
            0 => break,
            read => head.extend_from_slice(&part[..read]),
        }
    }
    Ok(head)
}

/// Whether the request names this server and comes from its own page: a page of another site may send its visitors here, by a name of
/// its own or from a script.
fn is_ours(request: &httparse::Request, port: u16) -> bool {
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let values = |name: &'static str| {
        let named = request.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| std::str::from_utf8(header.value).unwrap_or_default())
    };
    let is_host = |text: &str| hosts.iter().any(|host| host.eq_ignore_ascii_case(text));
    let is_origin = |text: &str| text.strip_prefix("http://").is_some_and(is_host);
    values("Host").count() == 1 && values("Host").all(is_host) && values("Origin").all(is_origin)
}
