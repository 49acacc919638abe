"""The facts about customers."""

from customers.models.alarm import (
    AccessAlarm,
    AlarmHow,
    AlarmKind,
    LimitsChange,
    RevealLimits,
)
from customers.models.care import (
    CareContact,
    CareKind,
    CareOutcome,
    CarePlan,
    CareState,
)
from customers.models.consent import (
    Consent,
    ConsentPurpose,
    ConsentWay,
    LawfulBasis,
)
from customers.models.contact_code import ContactCode
from customers.models.contact_point import ContactPoint
from customers.models.correction import Correction, CorrectionState
from customers.models.customer import (
    Customer,
    CustomerGroupObjectPermission,
    CustomerKind,
    CustomerUserObjectPermission,
)
from customers.models.documents import (
    DocumentKind,
    PrivacyDocument,
    PrivacyDocumentVersion,
)
from customers.models.double import PossibleDouble
from customers.models.erasure import ErasureBasis, ErasureLedger, LegalHold
from customers.models.event import CustomerEvent, CustomerEventKind
from customers.models.exporting import (
    ExportFormat,
    ExportPart,
    ExportRequest,
    ExportState,
)
from customers.models.grant import AccessGrant, GrantScope, GrantState
from customers.models.honey import HoneyRecord
from customers.models.importing import (
    ImportBatch,
    ImportKey,
    ImportPart,
    ImportProblem,
    ImportState,
    KnownPolicy,
)
from customers.models.kinds import ContactKind
from customers.models.mask_rule import Field, MaskChange, MaskRule, Mode
from customers.models.merge import CustomerMerge
from customers.models.profile import ProfileFacts
from customers.models.purchase import (
    PaymentMethod,
    PaymentRecord,
    Purchase,
    PurchaseStatus,
)
from customers.models.relation import ContactPerson
from customers.models.retention import HeldBecause, RetentionHeld, RetentionRule
from customers.models.reveal import Reveal, RevealPurpose
from customers.models.rights import (
    OPEN_RIGHTS,
    IdentityFact,
    RightsKind,
    RightsRequest,
    RightsSettings,
    RightsState,
    RightsWay,
)
from customers.models.rights_post import (
    PackageState,
    RightsLetter,
    RightsLetterKind,
    RightsLetterState,
    RightsLink,
    RightsLinkPurpose,
    RightsPackage,
    RightsWish,
)
from customers.models.search_setting import (
    CustomerSearch,
    NamePairs,
    SearchSetting,
)
from customers.models.tag import Tag
from customers.models.ways_in import Reason, granted, register_way_in, seen_by
from servicedesk.staff.models import WAITS, ChangeByTwo, ChangeState

__all__ = [
    "OPEN_RIGHTS",
    "WAITS",
    "AccessAlarm",
    "AccessGrant",
    "AlarmHow",
    "AlarmKind",
    "CareContact",
    "CareKind",
    "CareOutcome",
    "CarePlan",
    "CareState",
    "ChangeByTwo",
    "ChangeState",
    "Consent",
    "ConsentPurpose",
    "ConsentWay",
    "ContactCode",
    "ContactKind",
    "ContactPerson",
    "ContactPoint",
    "Correction",
    "CorrectionState",
    "Customer",
    "CustomerEvent",
    "CustomerEventKind",
    "CustomerGroupObjectPermission",
    "CustomerKind",
    "CustomerMerge",
    "CustomerSearch",
    "CustomerUserObjectPermission",
    "DocumentKind",
    "ErasureBasis",
    "ErasureLedger",
    "ExportFormat",
    "ExportPart",
    "ExportRequest",
    "ExportState",
    "Field",
    "GrantScope",
    "GrantState",
    "HeldBecause",
    "HoneyRecord",
    "IdentityFact",
    "ImportBatch",
    "ImportKey",
    "ImportPart",
    "ImportProblem",
    "ImportState",
    "KnownPolicy",
    "LawfulBasis",
    "LegalHold",
    "LimitsChange",
    "MaskChange",
    "MaskRule",
    "Mode",
    "NamePairs",
    "PackageState",
    "PaymentMethod",
    "PaymentRecord",
    "PossibleDouble",
    "PrivacyDocument",
    "PrivacyDocumentVersion",
    "ProfileFacts",
    "Purchase",
    "PurchaseStatus",
    "Reason",
    "RetentionHeld",
    "RetentionRule",
    "Reveal",
    "RevealLimits",
    "RevealPurpose",
    "RightsKind",
    "RightsLetter",
    "RightsLetterKind",
    "RightsLetterState",
    "RightsLink",
    "RightsLinkPurpose",
    "RightsPackage",
    "RightsRequest",
    "RightsSettings",
    "RightsState",
    "RightsWay",
    "RightsWish",
    "SearchSetting",
    "Tag",
    "granted",
    "register_way_in",
    "seen_by",
]
