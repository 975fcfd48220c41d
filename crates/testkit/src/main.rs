//! Outside services as servers with the real wire, for the demo and for tests of whole processes.
use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use hotelhub_testkit::mail::{Inbox, MailStandIn};

/// Stand-ins of outside services: real protocols, no outside.
#[derive(Parser)]
#[command(name = "hotelhub-standins", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    service: Service,
}

const EXAMPLES: &str = "\
Examples:
  A mailbox to look at in a browser, for a house told HOTELHUB_SMTP_URL=smtp://127.0.0.1:2525:
    hotelhub-standins mail --smtp 127.0.0.1:2525 --http 127.0.0.1:8025
  What reached one address, as JSON:
    curl 'http://127.0.0.1:8025/api/mails?to=sari@melati.example'
  The next three letters are not taken:
    curl -d '{\"kind\":\"refuse\",\"times\":3}' -H 'content-type: application/json' http://127.0.0.1:8025/api/faults";

#[derive(Subcommand)]
enum Service {
    /// A mail server whose mails can be read: SMTP in, an inbox over HTTP out.
    ///
    /// Prints one JSON line with both addresses. GET /api/mails?to= lists, DELETE /api/mails empties,
    /// POST /api/faults {"kind":"refuse"|"reject"|"slow"|"drop-after-data","times":n} lets it misbehave.
    Mail {
        /// Where to speak SMTP; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:2525")]
        smtp: String,
        /// Where to show the inbox; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:8025")]
        http: String,
        /// A file that keeps the mails over a restart; without it they are gone with the process.
        #[arg(long)]
        keep: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match Arguments::parse().service {
        Service::Mail { smtp, http, keep } => {
            let inbox = keep.as_deref().map(Inbox::kept).transpose()?.unwrap_or_default();
            let running = MailStandIn::with(inbox, &smtp, &http).await?;
            let line = serde_json::json!({ "smtp": running.smtp, "http": running.http });
            writeln!(std::io::stdout(), "{line}")?;
            hotelhub_web::server::stop_signal().await;
        }
    }
    Ok(())
}
