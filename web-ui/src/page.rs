// SPDX-License-Identifier: AGPL-3.0-or-later
//! One module per page: its view model, and its forms in words.

mod account;
mod acts;
mod archives;
mod audit;
mod backups;
mod catalog;
mod certificates;
mod checks;
mod claim;
mod clients;
mod consent;
mod cooperative;
mod domains;
mod error;
mod forgotten;
mod held;
mod help;
mod home;
mod invitations;
mod job;
mod join;
mod members;
mod passkeys;
mod peer;
mod peers;
mod proof;
mod public;
mod reach;
mod reset;
mod restore;
mod second_step;
mod service;
mod sign_in;
mod sign_in_code;
mod system;
mod trust;
mod welcome;

pub use account::{AccountPage, ConsentRow, DeviceRow, SessionRow, TokenRow};
pub use acts::{ActKind, ActRow, ActsPage};
pub use archives::{ArchiveRow, ArchivesPage};
pub use audit::{AuditPage, AuditRow};
pub(crate) use backups::disk_choices;
pub use backups::*;
pub use catalog::{CatalogCard, CatalogFacts, CatalogPage, EnablePage, Refusal};
pub use certificates::{
    AcmeAccount, AuthorityForm, CertificateProblem, CertificateRow, CertificateSource, CertificateState,
    CertificatesPage, LocalCa,
};
pub use checks::{CheckRow, CheckState, ChecksPage, DigestView, FindingRow};
pub use claim::{ClaimPage, ClaimState};
pub use clients::{ClientRow, ClientsPage, NewOpenIdClient};
pub use consent::ConsentPage;
pub use cooperative::*;
pub use domains::{DomainCard, NameRow, NameStanding, RecordRow};
pub use error::{ErrorKind, ErrorPage};
pub use forgotten::{ForgottenPage, ForgottenState};
pub use held::HeldPage;
pub use help::{HelpPage, HelpRow};
pub use home::{BoardHealth, Filled, HomePage, RootNews, ServiceRow};
pub use invitations::{InvitationRow, InvitationsPage, NewInvitation};
pub use job::JobPage;
pub use join::{AcceptPage, Invited};
pub use members::{MemberRow, MembersPage, Role};
pub use passkeys::{PasskeyRow, PasskeysPage};
pub use peer::{
    AgreementKind, AgreementProblem, AgreementRow, AgreementStage, HoldForm, KeptFacts, PeerHealth, PeerPage,
    PeerState,
};
pub use peers::{PairingPage, PairingProblem, PairingRow, PairingStage, PeerAlarm, PeerRow, PeersPage};
pub use proof::{ProofForm, ProofPage};
pub use public::{DayLook, PublicEnd, PublicPage, PublicProfile, PublicService, TextKind, TextPage};
pub(crate) use reach::ALGORITHMS;
pub use reach::{DynamicForm, DynamicStatus, PortRow, ReachPage, Way4};
pub use reset::{ResetPage, ResetState};
pub use restore::{RestorePage, RestoreState};
pub(crate) use second_step::spaced;
pub use second_step::{SecondStepPage, Step};
pub use service::{Address, AppPasswordRow, AppPasswords, Connect, Sandbox, ServicePage, Usage};
pub use sign_in::{SignInPage, SignInProblem};
pub use sign_in_code::{CodeProblem, SignInCodePage};
pub use system::{
    BlockedRelease, LastUpdate, OfferedRelease, SlotRow, SlotTrust, SystemPage, SystemProgress,
    SystemUpdates, UpdateFailure, UpdatesForm,
};
pub use trust::{OtherRoot, TrustPage};
pub use welcome::WelcomePage;
