"""Run every row and print the table; `python -m tests.speed open flood` runs those whose names begin so."""

import json
import statistics
import sys
from pathlib import Path

from tests.speed.rows import ROWS


def main() -> None:
    """Print medians beside the budgets and keep them in latest.json."""
    wanted = sys.argv[1:]
    results: dict[str, dict[str, float | str]] = {}
    print(f"{'what':<58}{'median':>12}{'worst':>12}  budget")
    for row in ROWS:
        if wanted and not any(row.name.startswith(word) for word in wanted):
            continue
        for figure, values in row.run().items():
            median, worst = statistics.median(values), max(values)
            budget = row.budgets.get(figure, "")
            print(f"{row.name + ': ' + figure:<58}{median:>12.3f}{worst:>12.3f}  {budget}", flush=True)
            results[f"{row.name}: {figure}"] = {"median": median, "worst": worst, "budget": budget}
    Path(__file__).with_name("latest.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
