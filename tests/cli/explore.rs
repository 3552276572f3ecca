//! The explorer's page: whom the server answers, with what, and the files of `--export`.

use super::program::{L1, Place};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What the page may take up.
const MOST_BYTES: u64 = 3_000_000;

/// The program, at a port that was free.
struct Served {
    child: Child,
    port: u16,
}

impl Served {
    fn new(place: &Place, arguments: &str) -> Served {
        let mut command = place.zerosweep(&format!("explore --port 0 {arguments}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program should start");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("an address");
        let port = line.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
        let port = port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("an address, not {line:?}"));
        Served { child, port }
    }

    /// The whole answer to these bytes.
    fn says(&self, request: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("the server should listen");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        stream.write_all(request.as_bytes()).expect("a request");
        stream.shutdown(Shutdown::Write).expect("an end");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status of the answer to a request for `path` with `method` and more `fields`.
    fn status(&self, method: &str, path: &str, fields: &str) -> u16 {
        let answer = self.says(&format!("{method} {path} HTTP/1.1\r\n{fields}\r\n"));
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
    }

    fn host(&self) -> String {
        format!("Host: 127.0.0.1:{}\r\n", self.port)
    }

    #[cfg(unix)]
    fn interrupt(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill should start").success());
        self.child.wait().expect("the program should end").code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn only_the_page_of_this_machine_is_answered() {
    let place = Place::new();
    let served = Served::new(&place, "");
    let (host, port) = (served.host(), served.port);
    for name in ["/", "/?backend=cpu", "/index.html", "/explorer.js", "/zerosweep_bg.wasm"] {
        assert_eq!(served.status("GET", name, &host), 200, "{name}");
    }
    assert_eq!(served.status("GET", "/", &format!("Host: LocalHost:{port}\r\n")), 200);
    assert_eq!(served.status("GET", "/", &format!("{host}Origin: http://127.0.0.1:{port}\r\n")), 200);
    let strangers = [
        String::new(),
        "Host: 127.0.0.1\r\n".to_owned(),
        format!("Host: 127.0.0.1:{}\r\n", port ^ 1),
        format!("Host: evil.example:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}.evil.example\r\n"),
        format!("{host}Host: evil.example\r\n"),
        format!("{host}Origin: http://evil.example\r\n"),
        format!("{host}Origin: null\r\n"),
        format!("{host}Origin: https://127.0.0.1:{port}\r\n"),
    ];
    for fields in strangers {
        assert_eq!(served.status("GET", "/", &fields), 403, "{fields}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        assert_eq!(served.status(method, "/", &format!("{host}Content-Length: 3\r\n\r\nabc")), 405, "{method}");
    }
    for path in ["/Cargo.toml", "/../Cargo.toml", "/small.toml", "/%2e%2e/small.toml", "//etc/passwd", "/index.html/"] {
        assert_eq!(served.status("GET", path, &host), 404, "{path}");
    }
    assert_eq!(served.status("GET", "/", &format!("{host}Filling: {}\r\n", "x".repeat(20_000))), 400);
    assert!(served.says("\r\n\r\n").starts_with("HTTP/1.1 400 "));
    assert_eq!(served.status("GET", "/", &host), 200, "the server should go on");
}

/// Nothing is written, and no address but that of this machine listens.
#[test]
fn no_file_is_written_and_no_other_address_answers() {
    let place = Place::new();
    let before = names(&place.path("."));
    let served = Served::new(&place, "small.toml");
    assert_eq!(served.status("GET", "/", &served.host()), 200);
    assert_eq!(names(&place.path(".")), before);
    // 127.0.0.2 is this machine, too, as is every address of it: a server of all of them would have taken this one.
    #[cfg(target_os = "linux")]
    assert!(TcpListener::bind(("127.0.0.2", served.port)).is_ok());
}

#[test]
fn a_browser_gets_what_it_needs_and_no_more() {
    let place = Place::new();
    let served = Served::new(&place, "");
    let request =
        |method: &str, name: &str| served.says(&format!("{method} /{name} HTTP/1.1\r\n{}\r\n", served.host()));
    let page = request("GET", "index.html");
    let (head, body) = page.split_once("\r\n\r\n").expect("a head and a body");
    for field in [
        "Content-Type: text/html; charset=utf-8",
        "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval';",
        "X-Content-Type-Options: nosniff",
        "Cross-Origin-Resource-Policy: same-origin",
    ] {
        assert!(head.contains(field), "{field} in {head}");
    }
    assert_eq!(body, fs::read_to_string("explorer/page/index.html").expect("the page"));
    let length = format!("Content-Length: {}", body.len());
    assert!(head.contains(&length));
    let head_alone = request("HEAD", "index.html");
    assert!(head_alone.contains(&length) && head_alone.ends_with("\r\n\r\n"));
    for (name, kind) in
        [("explorer.css", "text/css"), ("worker.js", "text/javascript"), ("zerosweep_bg.wasm", "application/wasm")]
    {
        assert!(request("HEAD", name).contains(&format!("Content-Type: {kind}")), "{name}");
    }
}

/// A connection that says nothing holds up no other, nor the end.
#[cfg(unix)]
#[test]
fn a_silent_guest_holds_up_nobody_and_an_interrupt_ends_the_server() {
    let place = Place::new();
    let served = Served::new(&place, "");
    let silent: Vec<TcpStream> =
        (0..8).map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, served.port)).expect("a connection")).collect();
    assert_eq!(served.status("GET", "/", &served.host()), 200);
    assert_eq!(served.interrupt(), Some(0));
    drop(silent);
}

#[test]
fn the_page_opens_the_spec_as_it_would_be_run() {
    let place = Place::new();
    place.write("tagged.toml", &L1.replace("name = \"l1\"", "name = \"l1\" # </script><b>"));
    let served = Served::new(&place, "tagged.toml --set steps=30");
    let page = served.says(&format!("GET / HTTP/1.1\r\n{}\r\n", served.host()));
    let opened = page.split_once(r#"<script type="application/json" id="opened">"#).expect("a spec").1;
    let (opened, _) = opened.split_once("</script>").expect("its end");
    let opened: serde_json::Value = serde_json::from_str(opened).expect("JSON");
    assert_eq!(opened["name"], "tagged.toml as TOML");
    let text = opened["text"].as_str().expect("a text");
    assert!(text.contains("steps = 30") && text.contains("</script><b>"), "{text}");
}

#[test]
fn the_page_is_exported_whole() {
    let place = Place::new();
    let said = place.zerosweep("explore l1.toml --export page").output().expect("the program should start");
    assert!(said.status.success());
    assert_eq!(String::from_utf8_lossy(&said.stdout), "page/index.html\n");
    let files = names(&place.path("page"));
    let own = names(Path::new("explorer/page")).into_iter().map(|name| name.trim_end_matches(".zlib").to_owned());
    assert_eq!(files, own.collect::<Vec<String>>(), "every file of the page should be served, and nothing else");
    let size = |name: &String| fs::metadata(place.path("page").join(name)).expect("a file").len();
    assert!(files.iter().map(size).sum::<u64>() < MOST_BYTES);
    let again = place.zerosweep("explore --export page").output().expect("the program should start");
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&again.stderr), "error: page is not empty; give --export a new folder\n");
    assert!(place.read("page/index.html").contains("\"l1.toml as TOML\""), "what is there should stay");
}

#[test]
fn a_port_that_is_taken_is_said_if_it_was_asked_for() {
    let place = Place::new();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("its number").port();
    let said = place.zerosweep(&format!("explore --port {port}")).output().expect("the program should start");
    assert_eq!(said.status.code(), Some(1));
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(text.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")), "{text}");
    assert!(text.ends_with("; give another --port, or 0 for any that is free\n"), "{text}");
    let said = place.zerosweep("explore huge.toml --set steps=0").output().expect("the program should start");
    assert_eq!(said.status.code(), Some(2), "a bad spec is told before anything is served");
}
