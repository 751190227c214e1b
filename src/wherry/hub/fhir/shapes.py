"""The typed tables that FHIR resources become, column by column.

`text`, `real`, `count` and `flag` are one column each. `when` is two: `<name>_on`, the day as written, and
`<name>_at`, the moment in UTC, which is blank where the resource gives a day only. Every table also says where each
row came from.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TEXT, REAL, COUNT, FLAG, WHEN = "text", "real", "count", "flag", "when"
ARROW: dict[str, pa.DataType] = {TEXT: pa.string(), REAL: pa.float64(), COUNT: pa.int32(), FLAG: pa.bool_()}
MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Table:
    """A table of one resource type: its name and its columns, each with its kind."""

    name: str
    resource_type: str
    columns: tuple[tuple[str, str], ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, lineage included."""
        fields: list[tuple[str, pa.DataType]] = []
        for name, kind in self.columns:
            if kind == WHEN:
                fields += [(f"{name}_on", pa.date32()), (f"{name}_at", MOMENT)]
            else:
                fields.append((name, ARROW[kind]))
        return pa.schema([*fields, *LINEAGE])


LINEAGE: list[tuple[str, pa.DataType]] = [
    ("source", pa.string()),
    ("load_id", pa.string()),
    ("file_name", pa.string()),
    ("source_row", pa.int64()),
]


def _columns(words: str) -> tuple[tuple[str, str], ...]:
    """Columns from `name` (text) or `name:kind` words."""
    pairs = [word.partition(":") for word in words.split()]
    return tuple((name, kind or TEXT) for name, _, kind in pairs)


_CODED = "patient_key encounter_key status code code_system display"

PERSON = Table(
    "person_identity",
    "Patient",
    _columns(
        "identity_key resource_id local_patient_id nhs_number nhs_number_status nhs_number_valid:flag surname forename"
        " birth_date:when sex ethnic_category ethnic_system address_line postcode country gp_practice deceased:flag"
        " death:when active:flag profile last_updated:when"
    ),
)
CONDITION = Table(
    "condition",
    "Condition",
    _columns(f"condition_key {_CODED} verification category severity onset:when abated:when recorded:when"),
)
OBSERVATION = Table(
    "observation",
    "Observation",
    _columns(
        f"observation_key {_CODED} category taken:when issued:when value:real comparator unit unit_code value_code"
        " value_code_system value_text value_flag:flag interpretation absent_reason components:count"
    ),
)
COMPONENT = Table(
    "observation_component",
    "",
    _columns(
        "observation_key component:count code code_system display value:real comparator unit unit_code value_code"
        " value_code_system value_text value_flag:flag absent_reason"
    ),
)
MEDICATION = Table(
    "medication",
    "MedicationRequest",
    _columns(f"medication_key {_CODED} intent category authored:when requester_key reason dosage as_needed:flag"),
)
PROCEDURE = Table(
    "procedure",
    "Procedure",
    _columns(f"procedure_key {_CODED} category performed:when ended:when reason location_key"),
)
ENCOUNTER = Table(
    "encounter",
    "Encounter",
    _columns(
        f"encounter_key kind class {_CODED.replace('encounter_key ', '')} started:when ended:when provider_key"
        " admission_source admission_method discharge_destination reason part_of_key"
    ),
)
IMMUNISATION = Table(
    "immunisation", "Immunization", _columns(f"immunisation_key {_CODED} given:when lot_number primary_source:flag")
)
#: Every resource read and published, of every type. `body` keeps the whole resource where no typed table holds it.
RESOURCE = Table(
    "resource",
    "",
    _columns("resource_key resource_type resource_id table_name patient_key status code code_system display body"),
)

TYPED = {
    table.resource_type: table
    for table in (PERSON, CONDITION, OBSERVATION, MEDICATION, PROCEDURE, ENCOUNTER, IMMUNISATION)
}
TABLES = {table.name: table for table in (*TYPED.values(), COMPONENT, RESOURCE)}

_R4 = """
    Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary
    BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem
    ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest
    CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement
    DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest
    EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit
    FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization
    ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List
    Location Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge
    MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization
    MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient
    MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical
    MedicinalProductUndesirableEffect MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionOrder
    Observation ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation
    Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole
    Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchDefinition
    ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule
    SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription
    Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation
    SubstanceSourceMaterial SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport
    TestScript ValueSet VerificationResult VisionPrescription
"""
#: Resource types of FHIR R4 (4.0.1). Source: HL7 FHIR R4, the list of resource types.
RESOURCE_TYPES = frozenset(_R4.split())
