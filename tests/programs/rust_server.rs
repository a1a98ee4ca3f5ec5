// A static Rust server, standard library only: rust_server [PORT [VERSION_FILE]]. Given LISTEN_FDS
// (or AETERNA_FDS) it serves on descriptor 3, otherwise on 127.0.0.1:PORT, a thread a connection.
// SIGTERM: no new connection is taken, answers in flight are finished, idle connections are closed
// after the next answer or half a second. See program_mode.py for the version and the faults.
use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::io::{AsRawFd, FromRawFd};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

#[repr(C)]
struct PollFd {
    fd: i32,
    events: i16,
    revents: i16,
}

const POLLIN: i16 = 1;
const SIGSEGV: i32 = 11;
const SIGTERM: i32 = 15;

extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
    fn raise(number: i32) -> i32;
    fn poll(fds: *mut PollFd, count: u64, timeout_ms: i32) -> i32;
}

static STOPPING: AtomicBool = AtomicBool::new(false);
static IN_FLIGHT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn on_term(_number: i32) {
    STOPPING.store(true, Ordering::SeqCst);
}

struct Program {
    version: String,
    mode: String,
}

fn argument(index: usize, variable: &str, otherwise: &str) -> String {
    env::args()
        .nth(index)
        .or_else(|| env::var(variable).ok())
        .unwrap_or_else(|| otherwise.to_string())
}

fn read_word(path: &Path, otherwise: &str) -> String {
    match fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => text.trim().to_string(),
        _ => otherwise.to_string(),
    }
}

fn show_fault(mode: &str) {
    match mode {
        "exit1" => process::exit(1),
        "crash" => unsafe {
            // The standard library has a handler of its own for this signal.
            signal(SIGSEGV, 0);
            raise(SIGSEGV);
        },
        "hang" => loop {
            thread::sleep(Duration::from_secs(3600));
        },
        "metrics_first" => {
            let port = env::var("METRICS_PORT").unwrap_or_else(|_| "0".to_string());
            let metrics = TcpListener::bind(format!("127.0.0.1:{}", port)).expect("bind");
            for stream in metrics.incoming() {
                drop(stream);
            }
        }
        _ => {
            if let Some(seconds) = mode.strip_prefix("slow_start:") {
                thread::sleep(Duration::from_secs_f64(seconds.parse().unwrap_or(0.0)));
            }
        }
    }
}

fn listener() -> TcpListener {
    if env::var_os("LISTEN_FDS").is_some() || env::var_os("AETERNA_FDS").is_some() {
        return unsafe { TcpListener::from_raw_fd(3) };
    }
    let port = argument(1, "PORT", "8080");
    TcpListener::bind(format!("127.0.0.1:{}", port)).expect("bind")
}

// True when there is something to read or to accept within the time.
fn wait_readable(fd: i32, timeout_ms: i32) -> bool {
    let mut wait = PollFd { fd, events: POLLIN, revents: 0 };
    unsafe { poll(&mut wait, 1, timeout_ms) > 0 }
}

fn answer(stream: &mut TcpStream, program: &Program) -> bool {
    let mut request = [0u8; 4096];
    let n = match stream.read(&mut request) {
        Ok(n) if n > 0 => n,
        _ => return false,
    };
    if program.mode == "die_on_first_request" {
        process::exit(1);
    }
    let text = String::from_utf8_lossy(&request[..n]);
    let last = text.contains("Connection: close") || STOPPING.load(Ordering::SeqCst);
    let body = format!("{} {}\n", program.version, process::id());
    let connection = if last { "close" } else { "keep-alive" };
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: {}\r\n\r\n{}",
        body.len(), connection, body);
    stream.write_all(reply.as_bytes()).is_ok() && !last
}

fn serve(mut stream: TcpStream, program: &Program) {
    let mut idle_until: Option<Instant> = None;
    loop {
        if wait_readable(stream.as_raw_fd(), 100) {
            if !answer(&mut stream, program) {
                return;
            }
        } else if STOPPING.load(Ordering::SeqCst) {
            let until = *idle_until.get_or_insert(Instant::now() + Duration::from_millis(500));
            if Instant::now() >= until {
                return;
            }
        }
    }
}

fn main() {
    let file = argument(2, "VERSION_FILE", "version");
    let path = Path::new(&file);
    let mode = read_word(&path.with_file_name("mode"), "ok");
    show_fault(&mode);
    let program = Arc::new(Program { version: read_word(path, "v0"), mode });
    let listener = listener();
    listener.set_nonblocking(true).expect("set_nonblocking");
    unsafe { signal(SIGTERM, on_term as extern "C" fn(i32) as usize) };
    while !STOPPING.load(Ordering::SeqCst) {
        if !wait_readable(listener.as_raw_fd(), 100) {
            continue;
        }
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).expect("set_nonblocking");
            IN_FLIGHT.fetch_add(1, Ordering::SeqCst);
            let program = Arc::clone(&program);
            thread::spawn(move || {
                serve(stream, &program);
                IN_FLIGHT.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }
    drop(listener);
    while IN_FLIGHT.load(Ordering::SeqCst) > 0 {
        thread::sleep(Duration::from_millis(10));
    }
}
