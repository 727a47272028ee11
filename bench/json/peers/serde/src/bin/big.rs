//! serde_json on texts of megabytes: structs that borrow from the text; big FILE timeline|numbers.
use std::borrow::Cow;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::{env, fs, time::Instant};

use serde::Deserialize;

type Text<'a> = Cow<'a, str>;

#[derive(Deserialize)]
struct Hashtag<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    indices: [u32; 2],
}

#[derive(Deserialize)]
struct Mention<'a> {
    id: u64,
    #[serde(borrow)]
    screen_name: Text<'a>,
    indices: [u32; 2],
}

#[derive(Deserialize)]
struct Entities<'a> {
    #[serde(borrow)]
    hashtags: Vec<Hashtag<'a>>,
    #[serde(borrow)]
    user_mentions: Vec<Mention<'a>>,
}

#[derive(Deserialize)]
struct User<'a> {
    id: u64,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    screen_name: Text<'a>,
    #[serde(borrow)]
    location: Text<'a>,
    #[serde(borrow)]
    description: Text<'a>,
    followers_count: u32,
    friends_count: u32,
    verified: bool,
    #[serde(borrow)]
    created_at: Text<'a>,
    #[serde(borrow)]
    lang: Text<'a>,
    #[serde(borrow)]
    profile_image_url: Text<'a>,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    created_at: Text<'a>,
    id: u64,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    source: Text<'a>,
    truncated: bool,
    #[serde(borrow)]
    user: User<'a>,
    #[serde(borrow)]
    entities: Entities<'a>,
    retweet_count: u32,
    favorite_count: u32,
    #[serde(borrow)]
    lang: Text<'a>,
    in_reply_to_status_id: Option<u64>,
}

#[derive(Deserialize)]
struct Timeline<'a> {
    #[serde(borrow)]
    statuses: Vec<Status<'a>>,
    count: u32,
}

#[derive(Deserialize)]
struct Numbers {
    points: Vec<[f64; 2]>,
    counts: Vec<i64>,
    mixed: Vec<f64>,
}

struct Digest(u64);

impl Digest {
    fn bytes(&mut self, bytes: &[u8]) {
        let all = bytes.iter().fold(self.0, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100000001b3));
        self.0 = (all ^ 0xff).wrapping_mul(0x100000001b3);
    }
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
    fn whole(&mut self, number: u64) {
        self.bytes(&number.to_ne_bytes());
    }
    fn status(&mut self, status: &Status) {
        self.text(&status.created_at);
        self.whole(status.id);
        self.text(&status.text);
        self.text(&status.source);
        self.whole(u64::from(status.truncated));
        let user = &status.user;
        self.whole(user.id);
        for text in [&user.name, &user.screen_name, &user.location, &user.description] {
            self.text(text);
        }
        self.whole(u64::from(user.followers_count));
        self.whole(u64::from(user.friends_count));
        self.whole(u64::from(user.verified));
        for text in [&user.created_at, &user.lang, &user.profile_image_url] {
            self.text(text);
        }
        for tag in &status.entities.hashtags {
            self.text(&tag.text);
            tag.indices.iter().for_each(|index| self.whole(u64::from(*index)));
        }
        for mention in &status.entities.user_mentions {
            self.whole(mention.id);
            self.text(&mention.screen_name);
            mention.indices.iter().for_each(|index| self.whole(u64::from(*index)));
        }
        self.whole(u64::from(status.retweet_count));
        self.whole(u64::from(status.favorite_count));
        self.text(&status.lang);
        if let Some(number) = status.in_reply_to_status_id {
            self.whole(number);
        }
    }
}

fn digest(text: &[u8], numbers: bool) -> u64 {
    let mut digest = Digest(14695981039346656037);
    if numbers {
        let all: Numbers = serde_json::from_slice(text).expect("the text is refused");
        all.points.iter().flatten().for_each(|number| digest.bytes(&number.to_ne_bytes()));
        all.counts.iter().for_each(|number| digest.bytes(&number.to_ne_bytes()));
        all.mixed.iter().for_each(|number| digest.bytes(&number.to_ne_bytes()));
    } else {
        let all: Timeline = serde_json::from_slice(text).expect("the text is refused");
        all.statuses.iter().for_each(|status| digest.status(status));
        digest.whole(u64::from(all.count));
    }
    digest.0
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let text = fs::read(&arguments[1]).expect("the text can't be read");
    let numbers = arguments[2] == "numbers";
    println!("checked {}", digest(&text, numbers) >> 1);
    io::stdout().flush().unwrap();
    for line in io::stdin().lock().lines() {
        let times: u64 = line.unwrap().trim().parse().unwrap();
        let start = Instant::now();
        for _ in 0..times {
            if numbers {
                black_box(serde_json::from_slice::<Numbers>(black_box(&text)).unwrap());
            } else {
                black_box(serde_json::from_slice::<Timeline>(black_box(&text)).unwrap());
            }
        }
        println!("{}", start.elapsed().as_nanos());
        io::stdout().flush().unwrap();
    }
}
