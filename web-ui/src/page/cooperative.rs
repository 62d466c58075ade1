// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who hosts here: what is published as `librehost.json`.

mod books;
mod decisions;
mod hub;
mod people;
mod promises;
mod texts;

pub use books::{BooksPage, EntryForm, EntryRow, ReportPage};
pub use decisions::{
    ActWords, ChoiceLabel, ChoiceRow, DecisionsPage, Method, ProposalForm, ProposalPage, ProposalRow,
    Standing,
};
pub use hub::{ComingText, HubPage};
pub use people::{ApplicationRow, ElsewherePage, HosterRow, JoinPage, JoinState, RegisterPage, RegisterRow};
pub use promises::{
    EndForm, EndPage, NewsForm, NewsPage, NewsRow, Phase, PromiseRow, PromiseState, PromisesPage,
};
pub use texts::{
    ChangesPage, EditTextPage, Piece, PieceChange, QuestionsForm, QuestionsPage, TextRow, TextsPage,
    VersionRow,
};

use super::TextKind;
use crate::{
    field::TextField,
    i18n::T,
    layout::{Layout, page},
};

/// `GET /cooperative/profile`: the cooperative's profile and whether it is published.
///
/// Form: `POST /cooperative/profile` with the fields of [`CooperativeForm`], each under its own name; `is_service_provider`
/// is `true` when ticked. Saved even when incomplete; refused (422) only when a value has a wrong form.
/// The preview is at `GET /cooperative/preview`: the document as it would be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CooperativePage {
    /// What every page knows.
    pub layout: Layout,
    /// The values.
    pub form: CooperativeForm,
    /// What is missing before it can be published; published when empty.
    pub missing: Vec<ProfileField>,
    /// Where it is published.
    pub published_url: String,
}

/// The values of the profile. The keys that are fixed or kept by the board (`@context`, `version`, `@type`,
/// `dateCreated`, `dateModified`) are not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CooperativeForm {
    /// `name`
    pub name: TextField,
    /// `tag_line`
    pub tag_line: TextField,
    /// `description`
    pub description: TextField,
    /// `organization_type`: free text
    pub organization_type: TextField,
    /// `founding_date`: a year
    pub founding_date: TextField,
    /// `communication_languages`: ISO 639-1 codes, separated by commas or spaces
    pub communication_languages: TextField,
    /// `is_service_provider`
    pub is_service_provider: bool,
    /// `home_url`
    pub home_url: TextField,
    /// `logo`: address of an image
    pub logo: TextField,
    /// `contact_url`
    pub contact_url: TextField,
    /// `contact_email`: for `security.txt`
    pub contact_email: TextField,
    /// `terms_of_service_url`: empty for the board's own `/terms`
    pub terms_of_service_url: TextField,
    /// `privacy_policy_url`: empty for the board's own `/privacy`
    pub privacy_policy_url: TextField,
    /// `country`: ISO 3166-1, two letters
    pub country: TextField,
    /// `contact`: a mail address or an https address that is published
    pub contact: TextField,
    /// `availability`: what people can expect; blank lines separate paragraphs
    pub availability: TextField,
    /// `publish_directory`
    pub publish_directory: bool,
}

/// A value of the profile that can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileField {
    /// `name`
    Name,
    /// `tagLine`
    TagLine,
    /// `description`
    Description,
    /// `organizationType`
    OrganizationType,
    /// `foundingDate`
    FoundingDate,
    /// `communicationLanguages`
    CommunicationLanguages,
    /// `homeUrl`
    HomeUrl,
    /// `logo`
    Logo,
    /// `contactUrl`
    ContactUrl,
    /// `termsOfServiceUrl`, or the text
    Terms,
    /// `privacyPolicyUrl`, or the text
    Privacy,
}

impl ProfileField {
    pub(crate) fn label(self, t: T) -> &'static str {
        match self {
            Self::Name => t.cooperative_name(),
            Self::TagLine => t.cooperative_tag_line(),
            Self::Description => t.cooperative_description(),
            Self::OrganizationType => t.cooperative_organization_type(),
            Self::FoundingDate => t.cooperative_founding_date(),
            Self::CommunicationLanguages => t.cooperative_languages(),
            Self::HomeUrl => t.cooperative_home_url(),
            Self::Logo => t.cooperative_logo(),
            Self::ContactUrl => t.cooperative_contact_url(),
            Self::Terms => t.cooperative_terms_url(),
            Self::Privacy => t.cooperative_privacy_url(),
        }
    }

    /// Id of the field that fills it.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::TagLine => "tag_line",
            Self::Description => "description",
            Self::OrganizationType => "organization_type",
            Self::FoundingDate => "founding_date",
            Self::CommunicationLanguages => "communication_languages",
            Self::HomeUrl => "home_url",
            Self::Logo => "logo",
            Self::ContactUrl => "contact_url",
            Self::Terms => "terms_of_service_url",
            Self::Privacy => "privacy_policy_url",
        }
    }
}

mod profile {
    use super::CooperativePage;
    super::page!(CooperativePage, "cooperative.html");
}
