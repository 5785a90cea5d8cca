"""What evidence says of dirty registers, small and made up."""

from __future__ import annotations

from sandbox.model.dirt import DirtManifest, FaultCount, RegisterDirt
from sandbox.model.matches import Encounter, GroupCount, Linking, MatchReport, RegistersReport


def sample_registers() -> RegistersReport:
    """One register with two faults, three people met, two groups."""
    faults = (
        FaultCount(table="persons", kind="spelling", per_mille=50, able=1000, planted=48),
        FaultCount(table="persons", kind="missing", per_mille=20, able=1000, planted=21),
    )
    linking = Linking(
        rule="id-and-details",
        sentence="the number, the whole name and the date of birth are the same",
        right=930,
        false=2,
        missed=49,
        absent=21,
        excluded=13,
        included=3,
        twice=1,
        dead=2,
    )
    groups = [("sex", "female", 9), ("sex", "male", 4), ("district", "Kigali", 13)]
    return RegistersReport(
        planted=DirtManifest(
            level="field",
            recipe_digest="ab" * 32,
            registers=(RegisterDirt(block="identity", rows={}, digests={}, faults=faults),),
        ),
        matches=MatchReport(
            first="identity",
            second="digital-registries",
            people=1000,
            entitled=100,
            eligibility="everybody of 65 years or more",
            linkings=(
                linking,
                linking.model_copy(update={"rule": "id", "sentence": "the number is the same"}),
            ),
            rule="id-and-details",
            groups=tuple(
                GroupCount(
                    group=group,
                    value=value,
                    people=500,
                    false=1,
                    missed=20,
                    absent=10,
                    entitled=50,
                    excluded=excluded,
                    included=1,
                )
                for group, value, excluded in groups
            ),
        ),
        met=(
            Encounter(
                individual_id="9199870000000123",
                block="identity",
                kind="spelling",
                column="given_name",
                true_value="Aline",
                registered_value="<b>Alline</b>",
            ),
            Encounter(
                individual_id="9199870000000123",
                block="digital-registries",
                kind="missing",
                column="",
                true_value="",
                registered_value="",
            ),
        ),
    )
