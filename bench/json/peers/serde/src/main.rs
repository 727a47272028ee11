//! serde_json as a contender of the JSON benchmark: structs that borrow from the text; serde-contender FILE decode|encode.
use std::borrow::Cow;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::{env, fs, time::Instant};

use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Address<'a> {
    #[serde(borrow)]
    street: Cow<'a, str>,
    #[serde(borrow)]
    city: Cow<'a, str>,
    #[serde(borrow)]
    zip: Cow<'a, str>,
    #[serde(borrow)]
    country: Cow<'a, str>,
}

#[derive(Deserialize, Serialize)]
struct Item<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
    qty: u32,
    price: f64,
}

#[derive(Deserialize, Serialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    customer: Cow<'a, str>,
    #[serde(borrow)]
    email: Cow<'a, str>,
    priority: bool,
    #[serde(borrow)]
    address: Address<'a>,
    #[serde(borrow)]
    items: Vec<Item<'a>>,
    #[serde(borrow)]
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
}

const START: u64 = 14695981039346656037;

fn digest(seed: u64, bytes: &[u8]) -> u64 {
    let all = bytes.iter().fold(seed, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100000001b3));
    (all ^ 0xff).wrapping_mul(0x100000001b3)
}

fn digest_order(order: &Order) -> u64 {
    let mut sum = digest(START, &order.id.to_ne_bytes());
    sum = digest(digest(sum, order.customer.as_bytes()), order.email.as_bytes());
    sum = digest(sum, &u64::from(order.priority).to_ne_bytes());
    sum = digest(digest(sum, order.address.street.as_bytes()), order.address.city.as_bytes());
    sum = digest(digest(sum, order.address.zip.as_bytes()), order.address.country.as_bytes());
    for item in &order.items {
        sum = digest(digest(sum, item.sku.as_bytes()), &u64::from(item.qty).to_ne_bytes());
        sum = digest(sum, &item.price.to_ne_bytes());
    }
    digest(sum, order.note.as_deref().unwrap_or("").as_bytes())
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let text = fs::read(&arguments[1]).expect("the text can't be read");
    let encodes = arguments[2] == "encode";
    let order: Order = serde_json::from_slice(&text).expect("the text is refused");
    let mut out = Vec::with_capacity(1 << 16);
    let sum = if encodes {
        serde_json::to_writer(&mut out, &order).expect("it can't be written");
        digest(START, &out)
    } else {
        digest_order(&order)
    };
    println!("checked {}", sum >> 1);
    io::stdout().flush().unwrap();
    for line in io::stdin().lock().lines() {
        let times: u64 = line.unwrap().trim().parse().unwrap();
        let start = Instant::now();
        for _ in 0..times {
            if encodes {
                out.clear();
                serde_json::to_writer(&mut out, black_box(&order)).unwrap();
                black_box(&out);
            } else {
                black_box(serde_json::from_slice::<Order>(black_box(&text)).unwrap());
            }
        }
        println!("{}", start.elapsed().as_nanos());
        io::stdout().flush().unwrap();
    }
}
