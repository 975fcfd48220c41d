//! A Chromium of our own behind its driver: typing, pressing, and what its console complained about.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hotelhub_testkit::{env, free_port};
use hotelhub_tests::{Connection, Process, post};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// How long a page may take to become what it should be.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program that drives browsers.
pub(crate) struct Driver {
    process: Process,
    port: u16,
}

/// One browser with a profile of its own.
pub(crate) struct Browser {
    client: Client,
    driver: u16,
    name: &'static str,
}

impl Driver {
    pub(crate) async fn start(dir: &Path) -> Result<Self> {
        let port = free_port()?;
        let arg = format!("--port={port}");
        let mut process = Process::start(dir, "chromedriver", &env::chromedriver(), &[&arg], &[])?;
        process.until_healthy(port, "/status").await?;
        Ok(Self { process, port })
    }

    /// Opens a fresh browser; `name` is its profile's folder.
    pub(crate) async fn open(&self, dir: &Path, name: &'static str, size: (u16, u16)) -> Result<Browser> {
        let args = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-quic".to_owned(),
            "--accept-lang=id-ID".to_owned(),
            format!("--window-size={},{}", size.0, size.1),
            format!("--user-data-dir={}", dir.join(name).display()),
        ];
        let wishes = json!({
            "goog:chromeOptions": {"args": args},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(serde_json::from_value(wishes)?)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .context("no browser")?;
        Ok(Browser { client, driver: self.port, name })
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        self.process.kill().await
    }
}

impl Browser {
    pub(crate) async fn goto(&self, url: &str) -> Result<()> {
        self.client.goto(url).await.with_context(|| format!("{}: {url}", self.name))
    }

    /// The element, once it is there.
    pub(crate) async fn see(&self, css: &str) -> Result<Element> {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => Ok(element),
            Err(error) => bail!("{}: no {css} ({error}) on {}", self.name, self.looks_like().await),
        }
    }

    /// The text of an element as it is shown.
    pub(crate) async fn text(&self, css: &str) -> Result<String> {
        Ok(self.see(css).await?.text().await?)
    }

    pub(crate) async fn attr(&self, css: &str, name: &str) -> Result<String> {
        self.see(css).await?.attr(name).await?.with_context(|| format!("{css} has no {name}"))
    }

    /// Types into a field key by key, after what stood there is gone.
    pub(crate) async fn fill(&self, css: &str, text: &str) -> Result<()> {
        let field = self.see(css).await?;
        field.clear().await?;
        field.send_keys(text).await.with_context(|| format!("{}: {css}", self.name))
    }

    /// Gives a date field a date: its keys depend on the machine's language, its value does not.
    pub(crate) async fn set_date(&self, css: &str, day: jiff::civil::Date) -> Result<()> {
        let field = serde_json::to_value(self.see(css).await?)?;
        let script = "arguments[0].value = arguments[1]; \
                      arguments[0].dispatchEvent(new Event('change', {bubbles: true}))";
        self.client.execute(script, vec![field, json!(day)]).await?;
        Ok(())
    }

    pub(crate) async fn choose(&self, css: &str, value: &str) -> Result<()> {
        self.see(css).await?.select_by_value(value).await.with_context(|| format!("{css}: {value}"))
    }

    /// Presses a button and waits for the next page to show `then`.
    pub(crate) async fn press(&self, css: &str, then: &str) -> Result<()> {
        let button = self.see(css).await?;
        self.client.execute("window.before = true", vec![]).await?;
        button.click().await.with_context(|| format!("{}: {css}", self.name))?;
        self.arrive(then).await.with_context(|| format!("after {css}"))
    }

    /// Waits for a page that was not there before and shows `css`.
    async fn arrive(&self, css: &str) -> Result<()> {
        let script = "return !window.before && document.readyState === 'complete' \
                      && document.querySelector(arguments[0]) !== null";
        for _ in 0..PATIENCE.as_millis() / 25 {
            if self.client.execute(script, vec![json!(css)]).await.is_ok_and(|there| there == true) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        bail!("{}: no {css} on {}", self.name, self.looks_like().await)
    }

    /// Enters by a one-time link and chooses a password.
    pub(crate) async fn enter(&self, link: &str, password: &str) -> Result<()> {
        self.goto(link).await?;
        self.press("form[action^='/login/link/'] button", "#new").await?;
        self.fill("#new", password).await?;
        self.press("form[action='/account/password'] button", ".banner.good").await
    }

    /// Drags the middle of one thing to the middle of another.
    pub(crate) async fn drag(&self, css: &str, onto: &str) -> Result<()> {
        let (from, end) = (self.see(css).await?, self.see(onto).await?);
        let to = |element| PointerAction::MoveToElement {
            element,
            duration: Some(Duration::from_millis(100)),
            x: 0.0,
            y: 0.0,
        };
        let mouse = MouseActions::new("mouse".to_owned())
            .then(to(from))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(to(end))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(mouse).await.with_context(|| format!("{}: {css} onto {onto}", self.name))
    }

    /// Presses keys, one after the other, while this has the focus.
    pub(crate) async fn keys(&self, css: &str, keys: &str) -> Result<()> {
        self.see(css).await?.send_keys(keys).await.with_context(|| format!("{}: {keys:?} at {css}", self.name))
    }

    pub(crate) async fn click(&self, css: &str) -> Result<()> {
        self.see(css).await?.click().await.with_context(|| format!("{}: {css}", self.name))
    }

    /// Gives the pages another size.
    pub(crate) async fn resize(&self, (width, height): (u32, u32)) -> Result<()> {
        self.client.set_window_size(width, height).await?;
        let seen = self.client.execute("return innerWidth", vec![]).await?;
        ensure!(seen == json!(width), "{}: {seen} wide instead of {width}", self.name);
        Ok(())
    }

    /// What moved by itself since the page began, by the browser's own account.
    pub(crate) async fn shifts(&self) -> Result<Vec<Value>> {
        let script = "const seen = [], done = arguments[0]; \
            new PerformanceObserver((list) => seen.push(...list.getEntries())) \
                .observe({type: 'layout-shift', buffered: true}); \
            const told = ({value, sources}) => ({value, of: sources.map(({node}) => node?.outerHTML?.slice(0, 99))}); \
            setTimeout(() => done(seen.filter((shift) => !shift.hadRecentInput).map(told)), 400)";
        let seen = self.client.execute_async(script, vec![]).await?;
        Ok(serde_json::from_value(seen)?)
    }

    /// Puts a box above everything else: the page moves.
    pub(crate) async fn push_down(&self) -> Result<()> {
        let script =
            "const box = document.createElement('div'); box.style.height = '200px'; document.body.prepend(box)";
        self.client.execute(script, vec![]).await?;
        Ok(())
    }

    async fn looks_like(&self) -> String {
        let url = self.client.current_url().await.map(String::from).unwrap_or_default();
        let body = self.client.execute("return document.body.innerText", vec![]).await.unwrap_or_default();
        format!("{url}:\n{}", body.as_str().unwrap_or_default())
    }

    /// What the console complained about since it was asked last.
    pub(crate) async fn complaints(&self) -> Result<Vec<String>> {
        let id = self.client.session_id().await?.context("no session")?;
        let host = format!("localhost:{}", self.driver);
        let request = post(&host, &format!("/session/{id}/se/log"), "console", None, r#"{"type": "browser"}"#);
        let said = Connection::open(self.driver).await?.send(&request).await?.json(200)?;
        let said = said["value"].as_array().context("no console")?;
        let severe = said.iter().filter(|entry| entry["level"] == "SEVERE");
        Ok(severe.map(|entry| entry["message"].to_string()).collect())
    }

    /// Closes the browser; its console must have had nothing to complain about.
    pub(crate) async fn close(self) -> Result<()> {
        let said = self.complaints().await?;
        self.client.close().await?;
        ensure!(said.is_empty(), "{}'s console: {said:?}", self.name);
        Ok(())
    }
}
