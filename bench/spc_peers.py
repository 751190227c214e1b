"""What other packages say of the same series; run by `bench/spc.py` with the Python that has them, not by itself.

Reads {"days", "series", "seconds"} from standard input, charts as many series as the time allows with the package
named, and prints their limits, the points that they flag and how long a chart took, computing and drawing apart.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import io
import json
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

#: Centre, lower and upper limit, flagged points; and what a drawing needs.
Said = tuple[float, float, float, list[int], Any]


def statprocon(days: list[date], values: list[float]) -> Said:
    from statprocon import XmR

    made = XmR(values)
    rules = (
        made.rule_1_x_indices_beyond_limits(),
        made.rule_2_runs_about_central_line(),
        made.rule_3_runs_near_limits(),
    )
    flagged = [at for at in range(len(values)) if any(rule[at] for rule in rules)]
    limits = (made.x_central_line()[0], made.lower_natural_process_limit()[0], made.upper_natural_process_limit()[0])
    return (*map(float, limits), flagged, None)  # type: ignore[return-value]


def pyqicharts(days: list[date], values: list[float]) -> Said:
    import pandas as pd
    from pyqicharts import qic_table

    frame = pd.DataFrame({"day": days, "value": values})
    table = qic_table(
        data=frame, x="day", y="value", chart="i", improvement="high is good", shift_points=7, trend_points=7,
        exclude_mr_outliers=True,
    )  # fmt: skip
    flagged = [at for at, one in enumerate(table["special_cause"]) if one]
    return float(table["centre"][0]), float(table["lcl"][0]), float(table["ucl"][0]), flagged, frame


def pyqicharts_drawn(frame: Any) -> str:
    import matplotlib.pyplot as plt
    from pyqicharts import qic

    made = qic(data=frame, x="day", y="value", chart="i", improvement="high is good", exclude_mr_outliers=True)
    out = io.StringIO()
    made.figure.savefig(out, format="svg")
    plt.close("all")
    return out.getvalue()


def controlchartspy(days: list[date], values: list[float]) -> Said:
    from controlchartspy import spc

    rules = {"astronomical": True, "shift": True, "shift_n": 7, "trend": True, "trend_n": 7, "two_in_three": True}
    made = spc(data={"day": days, "value": values}, keys="day", numerators="value", outlier_settings=rules)
    rows = made.limits
    flagged = [
        at
        for at, row in enumerate(rows)
        if any(row[rule] != "none" for rule in ("astpoint", "trend", "shift", "two_in_three"))
    ]
    return rows[0]["target"], rows[0]["ll99"], rows[0]["ul99"], flagged, made


def shewhart(days: list[date], values: list[float]) -> Said:
    import shewhart as package

    made = package.imr(values, rules="western_electric")
    flagged = sorted({int(at) for signal in made.signals if signal.chart == "i" for at in signal.points})
    return made.stats["i_center"], made.stats["i_lcl"], made.stats["i_ucl"], flagged, made


def shewhart_drawn(made: Any) -> str:
    import matplotlib.pyplot as plt

    made.plot()
    out = io.StringIO()
    plt.gcf().savefig(out, format="svg")
    plt.close("all")
    return out.getvalue()


def spc_plotly(days: list[date], values: list[float]) -> Said:
    import pandas as pd
    from spc_plotly import xmr

    names = [f"{day:%Y-%m}" for day in days]
    made = xmr.XmR(data=pd.DataFrame({"day": names, "value": values}), y_ser_name="value", x_ser_name="day")
    found = {point[0] for point in made.signals["anomalies"]}
    for kind in ("long_runs", "short_runs"):
        found |= {point[0] for run in made.signals.get(kind, []) for point in run}
    limits = made.npl_limit_values
    flagged = [at for at, name in enumerate(names) if name in found]
    return limits["y_xmr_func"], limits["npl_lower_limit"], limits["npl_upper_limit"], flagged, made


def processbehavior(days: list[date], values: list[float]) -> Said:
    import pandas as pd
    import processbehavior as package

    frame = pd.DataFrame({"day": pd.to_datetime(days), "value": values})
    made = package.formulate(frame, response="value", time="day").execute()
    limits = made.get_statistics("X")
    made.detect_signals()
    flagged = sorted(int(at) - 1 for at in made.get_signals("X")["obs_id"])
    return float(limits["center"]), float(limits["lpl"]), float(limits["upl"]), flagged, made


#: Package: what computes, what draws, and whether the time of computing ("both") or of drawing ("again") is the whole.
PEERS: dict[str, tuple[Callable[[list[date], list[float]], Said], Callable[[Any], object] | None, str]] = {
    "statprocon": (statprocon, None, ""),
    "pyqicharts": (pyqicharts, pyqicharts_drawn, "again"),
    "controlchartspy": (controlchartspy, None, "both"),
    "shewhart": (shewhart, shewhart_drawn, ""),
    "spc-plotly": (spc_plotly, None, "both"),
    "processbehavior": (processbehavior, lambda made: made.plot(), ""),
}


def main() -> None:
    """Chart with one package."""
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    compute, draw, whole = PEERS[sys.argv[1]]
    try:
        version = importlib.metadata.version(sys.argv[1])
    except importlib.metadata.PackageNotFoundError:
        print(json.dumps({"missing": True}))
        return
    if draw is not None and importlib.util.find_spec("matplotlib"):
        importlib.import_module("matplotlib").use("Agg")
    days = [date.fromisoformat(day) for day in asked["days"]]
    compute(days, asked["series"][0])  # what is loaded the first time is not counted
    said, computing, drawing, drawn = [], 0.0, 0.0, 0
    for values in asked["series"]:
        started = time.perf_counter()
        centre, lower, upper, flagged, kept = compute(days, values)
        computing += time.perf_counter() - started
        said.append([centre, lower, upper, flagged])
        if draw is not None and drawing < asked["seconds"]:
            if drawn == 0:
                draw(kept)
            started = time.perf_counter()
            draw(kept)
            drawing += time.perf_counter() - started
            drawn += 1
        if computing > asked["seconds"]:
            break
    one = computing / len(said)
    each = drawing / drawn if drawn else None
    times = {"compute": None if whole == "both" else one}
    if whole == "both":
        times["whole"] = one
    elif each is not None:
        times["whole"] = each if whole == "again" else one + each
    print(json.dumps({"version": version, "said": said, "whole": None, **times}, default=float))


if __name__ == "__main__":
    main()
