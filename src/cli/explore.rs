//! `zerosweep explore`: the explorer's page, served to this machine alone or written as files.

use super::backend::cancel_on_interrupt;
use super::{Failure, print, say};
use clap::Args;
use serde_json::json;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tiny_http::{Header, Method, Request, Response, Server};
use zerosweep::output::put;
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
const LOOK: Duration = Duration::from_millis(50);

/// The page without a spec says so in these words.
const NOTHING_OPENED: &str = r#"<script type="application/json" id="opened">null</script>"#;

const INDEX: &str = "index.html";

/// The page's files, each with its type.
const FILES: [(&str, &str, &[u8]); 12] = [
    (INDEX, "text/html; charset=utf-8", include_bytes!("../../explorer/page/index.html")),
    ("explorer.css", "text/css; charset=utf-8", include_bytes!("../../explorer/page/explorer.css")),
    script("explorer.js", include_bytes!("../../explorer/page/explorer.js")),
    script("examples.js", include_bytes!("../../explorer/page/examples.js")),
    script("knobs.js", include_bytes!("../../explorer/page/knobs.js")),
    script("map.js", include_bytes!("../../explorer/page/map.js")),
    script("plots.js", include_bytes!("../../explorer/page/plots.js")),
    script("pool.js", include_bytes!("../../explorer/page/pool.js")),
    script("state.js", include_bytes!("../../explorer/page/state.js")),
    script("worker.js", include_bytes!("../../explorer/page/worker.js")),
    script("zerosweep.js", include_bytes!("../../explorer/page/zerosweep.js")),
    ("zerosweep_bg.wasm", "application/wasm", include_bytes!("../../explorer/page/zerosweep_bg.wasm")),
];

/// What every answer carries: the page loads nothing from elsewhere, is no part of another, and is asked for anew each time.
const HEADERS: [(&str, &str); 6] = [
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

const fn script(name: &'static str, text: &'static [u8]) -> (&'static str, &'static str, &'static [u8]) {
    (name, "text/javascript; charset=utf-8", text)
}

/// `zerosweep explore`.
pub fn explore(args: &ExploreArgs) -> Result<(), Failure> {
    let index = index(args)?;
    match &args.export {
        Some(folder) => export(folder, &index),
        None => serve(args.port, &index),
    }
}

/// The page, with the spec that it is to open.
fn index(args: &ExploreArgs) -> Result<String, Failure> {
    let plain = std::str::from_utf8(FILES[0].2).expect("the page should be UTF-8");
    let Some(path) = &args.spec else { return Ok(plain.to_owned()) };
    let loaded = Spec::load(path, &args.sets)?;
    let name = path.file_name().map_or_else(|| "spec".into(), |name| name.to_string_lossy());
    // As run, and so TOML, whatever the file was.
    let opened = json!({ "name": format!("{name} as TOML"), "text": loaded.text }).to_string().replace('<', "\\u003c");
    Ok(plain.replace(NOTHING_OPENED, &NOTHING_OPENED.replace("null", &opened)))
}

fn export(folder: &Path, index: &str) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Other(format!("cannot write to {}: {error}", folder.display()));
    if folder.exists() && fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(Failure::Other(format!("{} is not empty; give --export a new folder", folder.display())));
    }
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, _, contents) in FILES {
        put(&folder.join(name), if name == INDEX { index.as_bytes() } else { contents }).map_err(failed)?;
    }
    say("the page needs a web server: browsers do not run its parts from plain files");
    print(&format!("{}\n", folder.join(INDEX).display()))
}

fn serve(port: Option<u16>, index: &str) -> Result<(), Failure> {
    let at = |port| Server::http(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let server = match port {
        None => at(PORT).or_else(|_| at(0)),
        Some(port) => at(port),
    };
    let server = server.map_err(|error| {
        let port = port.unwrap_or(0);
        Failure::Other(format!(
            "cannot listen on 127.0.0.1:{port}: {error}; give another --port, or 0 for any that is free"
        ))
    })?;
    let port = server.server_addr().to_ip().map_or(PORT, |address| address.port());
    let cancel = cancel_on_interrupt();
    print(&format!("http://127.0.0.1:{port}/\n"))?;
    say("open it in a browser on this machine; Ctrl-C ends it");
    while !cancel.is_raised() {
        match server.recv_timeout(LOOK) {
            Ok(Some(request)) => answer(request, port, index),
            Ok(None) => {}
            Err(error) => say(&format!("note: a connection failed ({error})")),
        }
    }
    Ok(())
}

/// Answers one request; whoever hangs up before the end has seen enough.
fn answer(request: Request, port: u16, index: &str) {
    let refuse = |code: u16, why: &str| Response::from_string(format!("{why}\n")).with_status_code(code);
    let path = request.url().split(['?', '#']).next().unwrap_or_default().trim_start_matches('/').to_owned();
    let name = if path.is_empty() { INDEX } else { &path };
    let found = FILES.iter().find(|(own, ..)| *own == name);
    let response = match found {
        _ if !is_ours(&request, port) => refuse(403, "this page is for the machine that it runs on"),
        _ if !matches!(request.method(), Method::Get | Method::Head) => {
            refuse(405, "this page is only read").with_header(header("Allow", "GET, HEAD"))
        }
        None => refuse(404, "there is no such page"),
        Some((name, kind, contents)) => {
            let contents = if *name == INDEX { index.as_bytes() } else { contents };
            Response::from_data(contents).with_header(header("Content-Type", kind))
        }
    };
    let response = HEADERS.iter().fold(response, |response, (name, value)| response.with_header(header(name, value)));
    _ = request.respond(response);
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("the headers should be plain text")
}

/// Whether the request names this server and comes from its own page: a page of another site may send its visitors here, by a name of
/// its own or from a script.
fn is_ours(request: &Request, port: u16) -> bool {
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let values = |field: &'static str| {
        request.headers().iter().filter(move |header| header.field.equiv(field)).map(|header| header.value.as_str())
    };
    let is_host = |text: &str| hosts.iter().any(|host| host.eq_ignore_ascii_case(text));
    let is_origin = |text: &str| text.strip_prefix("http://").is_some_and(is_host);
    values("Host").count() == 1 && values("Host").all(is_host) && values("Origin").all(is_origin)
}
