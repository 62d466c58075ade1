// SPDX-License-Identifier: AGPL-3.0-or-later
//! `commonhost <noun> <verb>`.

use super::{
    cooperative::Cooperative, forgotten::Forgotten, openid::OpenId, passkeys::Passkey,
    second_step::SecondStep, two_person::Act,
};
use clap::{Args, Parser, Subcommand};

/// Look after a Commonhost board.
#[derive(Debug, Parser)]
#[command(name = "commonhost", version, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) target: Target,
    #[command(subcommand)]
    pub(super) noun: Noun,
}

/// Which board, and how to answer.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// Answer in JSON, as the API does.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Another board's address, like <https://oak.local>; on the board itself its own socket is used.
    #[arg(long, global = true, env = "COMMONHOST_URL")]
    pub(super) url: Option<String>,
    /// A token for that board (made on your account page).
    #[arg(long, global = true, env = "COMMONHOST_TOKEN", hide_env_values = true)]
    pub(super) token: Option<String>,
    /// The board's local authority (PEM), to check an https address against.
    #[arg(long, global = true, env = "COMMONHOST_CA_FILE")]
    pub(super) ca_file: Option<std::path::PathBuf>,
    /// Do not wait until the work is done.
    #[arg(long, global = true)]
    pub(super) no_wait: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Noun {
    /// How the board is, at a glance.
    Status,
    /// Become the first steward of a new board.
    Claim {
        /// The code that the board shows.
        code: String,
        /// What the board shall be called.
        #[arg(long)]
        board_name: String,
        /// Your sign-in name.
        #[arg(long)]
        name: String,
        /// What you are called.
        #[arg(long, default_value = "")]
        display_name: String,
        /// Your password; asked on standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
    /// Get a lost board back from its backups onto this new one.
    Restore {
        /// The code that the board shows.
        code: String,
        /// The twelve words of the recovery sheet, in quotes.
        words: String,
        #[command(flatten)]
        place: super::backup::Place,
    },
    /// Set a steward's password, with the code from a start with RESET-STEWARD on the card.
    Reset {
        /// The code that the board shows.
        code: String,
        /// The steward's sign-in name.
        #[arg(long)]
        name: String,
        /// The new password; asked on standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
    /// What can be enabled.
    #[command(subcommand)]
    Catalog(Catalog),
    /// Services.
    #[command(subcommand)]
    Service(Service),
    /// Members.
    #[command(subcommand)]
    Member(Member),
    /// Domains and where they lead.
    #[command(subcommand)]
    Domain(Domain),
    /// Certificates.
    #[command(subcommand)]
    Certificate(Certificate),
    /// How the board is reached from outside.
    #[command(subcommand)]
    Reach(Reach),
    /// What needs attention.
    #[command(subcommand)]
    Check(Check),
    /// The cooperative: profile, texts, promises, decisions, books, register, news.
    #[command(subcommand)]
    Cooperative(Cooperative),
    /// Links by which people join.
    #[command(subcommand)]
    Invitation(Invitation),
    /// Your app passwords.
    #[command(subcommand)]
    AppPassword(AppPassword),
    /// Your tokens.
    #[command(subcommand)]
    Token(Token),
    /// Where you are signed in.
    #[command(subcommand)]
    Session(Session),
    /// The code from your phone that is asked for after the password.
    #[command(subcommand)]
    SecondStep(SecondStep),
    /// Forgotten passwords, and who helps.
    #[command(subcommand)]
    Forgotten(Forgotten),
    /// What waits for another steward, and what has to.
    #[command(subcommand)]
    Act(Act),
    /// Your passkeys; one is made in a browser.
    #[command(subcommand)]
    Passkey(Passkey),
    /// Software elsewhere that signs members in by this board.
    #[command(subcommand, name = "openid")]
    OpenId(OpenId),
    /// Data of removed services.
    #[command(subcommand)]
    Archive(Archive),
    /// Copies of services' data on the board.
    #[command(subcommand)]
    Snapshot(Snapshot),
    /// Services' data to take along.
    #[command(subcommand)]
    Export(super::backup::Export),
    /// Backups elsewhere.
    #[command(subcommand)]
    Backup(super::backup::Backup),
    /// Progress of requests.
    #[command(subcommand)]
    Job(Job),
    /// Who did what.
    #[command(subcommand)]
    Audit(Audit),
    /// The board itself.
    #[command(subcommand)]
    Board(Board),
    /// The board's own system: releases and the card's two slots.
    #[command(subcommand)]
    System(System),
    /// Boards of other owners.
    #[command(subcommand)]
    Peer(Peer),
    /// What boards do for each other because both owners agreed.
    #[command(subcommand)]
    Agreement(Agreement),
}

#[derive(Debug, Subcommand)]
pub(super) enum Peer {
    /// List paired boards.
    List,
    /// Show a code, to be typed at the other board.
    Code,
    /// Type the code that the other board shows.
    Pair {
        /// Nine digits, or the whole ticket.
        code: String,
        /// Where the other board is; absent: it is looked for on the local network.
        #[arg(long)]
        address: Option<String>,
    },
    /// Pairings that are under way.
    Pairings,
    /// Say that both boards show the same three words.
    Confirm {
        /// The pairing's id.
        id: String,
        /// The three words, as this board shows them.
        #[arg(required = true, num_args = 1..=3)]
        words: Vec<String>,
    },
    /// Call a pairing off.
    Cancel {
        /// The pairing's id.
        id: String,
    },
    /// Show a paired board, and how it is.
    Show {
        /// Its key, or its name.
        peer: String,
    },
    /// Say where a paired board is now.
    Move {
        /// Its key, or its name.
        peer: String,
        /// Host or host:port; absent: it is looked for, or comes by itself.
        #[arg(default_value = "")]
        address: String,
    },
    /// Unpair: forget a board's key; all agreements with it end.
    Remove {
        /// Its key, or its name.
        peer: String,
    },
    /// What this board keeps of other boards' backups.
    Held,
    /// Make a code by which a board that was lost gets its backups from here; or take it back.
    FetchCode {
        /// The lost board's key, or its name.
        peer: String,
        /// Take an earlier code back, and make none.
        #[arg(long)]
        take_back: bool,
    },
    /// Bring back what another board deleted of its backups here, while it is still kept.
    BringBack {
        /// That board's key, or its name.
        peer: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Agreement {
    /// List agreements with paired boards.
    List,
    /// Show one.
    Show {
        /// Its id.
        id: String,
    },
    /// Propose that one board watches the other, and tells when it is silent.
    Watch {
        /// The other board, by its key or its name.
        peer: String,
        /// This board is watched by the other one; absent: it watches the other one.
        #[arg(long)]
        me: bool,
        /// Minutes of silence before it is told.
        #[arg(long, default_value_t = 10)]
        silence: u16,
    },
    /// Propose that one board keeps the other's backups.
    Hold {
        /// The other board, by its key or its name.
        peer: String,
        /// This board keeps those of the other one; absent: the other one keeps those of this board. For both, propose
        /// it twice.
        #[arg(long)]
        us: bool,
        /// Room, in GiB.
        #[arg(long, default_value_t = 20)]
        gib: u32,
        /// Days that backups are kept after the end, and after somebody deleted them.
        #[arg(long, default_value_t = 30)]
        notice: u16,
    },
    /// Accept what the other board proposed.
    Accept {
        /// Its id.
        id: String,
    },
    /// End an agreement, decline a proposal, or take one back.
    End {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Catalog {
    /// List it.
    List,
    /// Read and verify it again.
    Refresh,
}

#[derive(Debug, Subcommand)]
pub(super) enum Service {
    /// List enabled services.
    List,
    /// Show one.
    Show {
        /// Its name.
        name: String,
    },
    /// Enable one.
    Enable {
        /// Its name.
        name: String,
        /// A setting, as key=value; may be repeated.
        #[arg(long = "set", value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Change settings.
    Set {
        /// Its name.
        name: String,
        /// Settings, as key=value.
        #[arg(required = true, value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Start it.
    Start {
        /// Its name.
        name: String,
    },
    /// Stop it; everything stays in place.
    Stop {
        /// Its name.
        name: String,
    },
    /// Restart it.
    Restart {
        /// Its name.
        name: String,
    },
    /// Go to the version in the catalog.
    Update {
        /// Its name.
        name: String,
    },
    /// Go back to the version before.
    Rollback {
        /// Its name.
        name: String,
    },
    /// Remove it; its data goes to the archive.
    Remove {
        /// Its name.
        name: String,
    },
    /// Show its log.
    Logs {
        /// Its name.
        name: String,
        /// How many lines.
        #[arg(long, default_value_t = 100)]
        lines: u16,
    },
    /// Show what it uses.
    Metrics {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Member {
    /// List all.
    List,
    /// Add one.
    Add {
        /// Sign-in name.
        name: String,
        /// What the member is called.
        #[arg(long, default_value = "")]
        display_name: String,
        /// Make a steward of the member.
        #[arg(long)]
        steward: bool,
        /// First password; asked on standard input when absent.
        #[arg(long)]
        password: Option<String>,
    },
    /// Change one.
    Change {
        /// Sign-in name.
        name: String,
        /// guest, member or steward.
        #[arg(long)]
        role: Option<String>,
        /// The member's groups, separated by commas; empty for none.
        #[arg(long, value_delimiter = ',')]
        groups: Option<Vec<String>>,
    },
    /// Remove one.
    Remove {
        /// Sign-in name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Invitation {
    /// List those that can still be used.
    List,
    /// Make one; its link is shown once.
    Add {
        /// Whom it is for.
        #[arg(long, default_value = "")]
        note: String,
        /// Let guests join instead of members.
        #[arg(long)]
        guest: bool,
        /// Groups they join, separated by commas.
        #[arg(long, value_delimiter = ',')]
        groups: Vec<String>,
        /// How many people may join by it.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Days it works.
        #[arg(long, default_value_t = 7)]
        days: u32,
    },
    /// Take one back.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Domain {
    /// List all.
    List,
    /// Add one.
    Add {
        /// The name, like calendar.example.org.
        name: String,
        /// The service it leads to; absent: the board itself.
        #[arg(long)]
        service: Option<String>,
        /// Give every service a name under it.
        #[arg(long)]
        every_service: bool,
        /// Cover those names by one wildcard record in DNS.
        #[arg(long, requires = "every_service")]
        wildcard: bool,
    },
    /// Show one: the records to make, and where each name stands.
    Show {
        /// The name.
        name: String,
    },
    /// Look for its records now.
    Look {
        /// The name.
        name: String,
    },
    /// Prove it by a record in DNS, which needs no open port and allows a wildcard: way=rfc2136 with server, zone,
    /// `key_name`, key, algorithm; way=hook with url, user, password; way=none.
    Prove {
        /// The name.
        name: String,
        /// KEY=VALUE, several; a secret that is left out stays.
        #[arg(required = true, value_name = "KEY=VALUE")]
        fields: Vec<String>,
    },
    /// Take one away.
    Remove {
        /// The name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Certificate {
    /// List all.
    List,
    /// Ask the authority again now.
    Retry {
        /// The domain.
        name: String,
    },
    /// The board's own root certificate, the next one and the one before.
    Root,
    /// Make another root certificate, or set when the board changes over to it.
    RenewRoot {
        /// In so many days, for members to install it; 0: at once.
        #[arg(long, default_value_t = 30)]
        days: u16,
    },
    /// Forget the next root certificate.
    KeepRoot,
    /// Choose the authority and accept its terms.
    Authority {
        /// Address of its ACME directory; absent: Let's Encrypt.
        #[arg(long, default_value = "")]
        directory: String,
        /// PEM file with a root for that address.
        #[arg(long)]
        root_file: Option<std::path::PathBuf>,
        /// Mail address it may write to.
        #[arg(long, default_value = "")]
        contact: String,
        /// ACME directory where a name is tried first; `none`: nowhere; absent: the one that belongs to the authority.
        #[arg(long, default_value = "")]
        staging: String,
        /// Name of the key of a contract with the authority (external account binding).
        #[arg(long, default_value = "")]
        account_key_name: String,
        /// File with that key, in base64url; absent: the one before is kept.
        #[arg(long)]
        account_key_file: Option<std::path::PathBuf>,
        /// You accept its terms of service.
        #[arg(long)]
        accept_terms: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Reach {
    /// Show address, ports and the name that follows the address.
    Show,
    /// Ask for all of it now.
    Look,
    /// Choose; what is left out stays.
    Set {
        /// Whether the board may open ports 80 and 443 in the router.
        #[arg(long)]
        open_ports: Option<bool>,
        /// A web address that answers with the address it sees; may be repeated.
        #[arg(long)]
        echo: Vec<String>,
        /// The name that follows the address: way=dyndns2|rfc2136|none, name=…, server=…, user=…, password=…, zone=…,
        /// `key_name`=…, key=…, algorithm=…
        #[arg(long, value_name = "KEY=VALUE")]
        dynamic: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Check {
    /// Run all checks now.
    Run,
    /// What needs attention.
    List,
    /// Every check and everything found.
    Report,
    /// What came up and what is over, summed up twice a day.
    Digest,
    /// Do not show a finding for a while.
    Silence {
        /// Its key, as listed.
        key: String,
        /// For how many days.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=365))]
        days: u16,
    },
    /// Show a silenced finding again.
    Listen {
        /// Its key.
        key: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AppPassword {
    /// List yours.
    List,
    /// Make one; it is shown once.
    Add {
        /// Which services it opens.
        #[arg(required = true)]
        services: Vec<String>,
        /// Where it is used, like "Alice's phone".
        #[arg(long, default_value = "command line")]
        device: String,
    },
    /// Take one back.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// List yours.
    List,
    /// Make one; it is shown once.
    Add {
        /// What for.
        name: String,
    },
    /// Take one back.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Session {
    /// List yours.
    List,
    /// Sign out there.
    Revoke {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Archive {
    /// List all.
    List,
    /// Delete one for ever.
    Purge {
        /// Its whole name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Snapshot {
    /// List all.
    List,
    /// Copy the data of a service.
    Add {
        /// Its name.
        service: String,
    },
    /// Put a copy in the place of its service's data.
    Restore {
        /// Its whole name.
        name: String,
    },
    /// Delete one.
    Remove {
        /// Its whole name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Job {
    /// The newest.
    List,
    /// One.
    Show {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// The newest acts.
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum Board {
    /// Show it.
    Show,
    /// Rename it.
    Rename {
        /// The new name.
        name: String,
    },
    /// Restart it.
    Reboot,
}

#[derive(Debug, Subcommand)]
pub(super) enum System {
    /// What runs, what is on offer, and how the last update ended.
    Releases,
    /// What is in the card's two slots.
    Slots,
    /// Look for releases now.
    Look,
    /// Take the release on offer now.
    Install,
    /// Put the next update off.
    Defer {
        /// For how many days, 1 to 7.
        days: u64,
    },
    /// Go back to the version before.
    Back,
    /// Choose how the board is updated. What is not named gets its usual value.
    Set {
        /// Take updates by hand only.
        #[arg(long)]
        by_hand: bool,
        /// `stable` or `candidate`.
        #[arg(long, default_value = "stable")]
        channel: String,
        /// The hour (UTC) in which the night begins.
        #[arg(long, default_value_t = 2)]
        hour: u8,
        /// Where releases come from, if not where the image says: an address, or `disk:` and a disk's identifier.
        #[arg(long, default_value = "")]
        source: String,
    },
    /// Restart the board.
    Reboot,
}
