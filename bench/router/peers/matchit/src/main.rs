//! matchit as a contender of the router benchmark: matchit-contender ROUTES REQUESTS.
//! One router a method, since matchit knows paths only. The line protocol is told in bench/README.md.
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::{env, fs, time::Instant};

use matchit::Router;

struct Request<'a> {
    method: usize,
    path: &'a str,
    route: usize,
    captures: Vec<&'a str>,
}

fn method_number(name: &str) -> usize {
    const NAMES: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"];
    NAMES.iter().position(|known| *known == name).unwrap_or_else(|| panic!("unknown method {name}"))
}

/// `/users/:id` and `/files/*rest` as matchit writes them.
fn pattern(path: &str) -> String {
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| match segment.as_bytes().first() {
            Some(b':') => format!("{{{}}}", &segment[1..]),
            Some(b'*') => format!("{{{}}}", segment),
            _ => segment.to_string(),
        })
        .collect();
    segments.join("/")
}

fn check(routers: &[Router<usize>], requests: &[Request]) {
    for request in requests {
        let found = routers[request.method]
            .at(request.path)
            .unwrap_or_else(|why| panic!("{}: {why}", request.path));
        let captures: Vec<&str> = found.params.iter().map(|(_, value)| value).collect();
        assert_eq!(*found.value, request.route, "{}", request.path);
        assert_eq!(captures, request.captures, "{}", request.path);
    }
}

fn run(routers: &[Router<usize>], requests: &[Request], times: u64) -> u128 {
    let start = Instant::now();
    for _ in 0..times {
        for request in requests {
            let found = routers[request.method].at(black_box(request.path)).unwrap();
            black_box((*found.value, &found.params));
        }
    }
    start.elapsed().as_nanos()
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let routes = fs::read_to_string(&arguments[1]).expect("the list of routes");
    let text = fs::read_to_string(&arguments[2]).expect("the list of requests");
    let mut routers: Vec<Router<usize>> = (0..6).map(|_| Router::new()).collect();

    for (number, line) in routes.lines().enumerate() {
        let (method, path) = line.split_once(' ').expect("METHOD PATH");
        routers[method_number(method)].insert(pattern(path), number).expect("a route matchit can hold");
    }
    let requests: Vec<Request> = text
        .lines()
        .map(|line| {
            let mut words = line.split('\t');
            Request {
                method: method_number(words.next().unwrap()),
                path: words.next().unwrap(),
                route: words.next().unwrap().parse().unwrap(),
                captures: words.collect(),
            }
        })
        .collect();
    check(&routers, &requests);
    println!("checked {}", requests.len());
    io::stdout().flush().unwrap();
    for line in io::stdin().lock().lines() {
        let times = line.unwrap().trim().parse().expect("how many times");
        println!("{}", run(&routers, &requests, times));
        io::stdout().flush().unwrap();
    }
}
