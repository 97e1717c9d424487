"""What `litesr protect attack` says of its report."""

from typing import Any

Row = dict[str, Any]


def line(row: Row, first: Row) -> str:
    """Gives a row for the terminal."""
    words = as_words(row, first)
    if row["answer"] == "failed":
        return f"{row['attack']:<38}failed: {row['remark']}"
    return (
        f"{row['attack']:<38}{words['bits']:>10}  p {words['p']:>8}  {words['PSNR (dB)']:>6} dB "
        f"{words['cost (dB)']:>6}  {row['remark']}"
    ).rstrip()


def as_words(row: Row, first: Row) -> dict[str, str]:
    """Gives a row for a table; what an attack costs is counted from the first row."""
    if row["answer"] == "failed":
        return {"attack": row["attack"], "bits": "failed", "remark": row["remark"]}
    return {
        "attack": row["attack"],
        "bits": f"{row['bits']} of {row['slots']}",
        "p": f"{row['p_value']:.0e}",
        "PSNR (dB)": f"{row['psnr']:.2f}",
        "cost (dB)": f"{round(first['psnr'] - row['psnr'], 2) + 0.0:.2f}",
        "remark": row["remark"],
    }


def chance_line(name: str, chance: Row) -> str:
    """Gives what chance did, for the terminal."""
    return (
        f"{chance['readings']:,} {name}: {chance['alarms']} false alarms, at most "
        f"{chance['highest']} bits, lowest p {chance['lowest_p_value']:.0e}; p-values uniform: "
        f"Kolmogorov-Smirnov p = {chance['uniformity']:.2f}"
    )


def exit_code(report: Row) -> int:
    """Gives the exit code that the help of the command explains."""
    answers = [row["answer"] for row in report["rows"]]
    alarms = sum(chance["alarms"] for chance in report["chance"].values())
    if alarms or "not shown" in answers:
        return 1
    return 2 if "failed" in answers else 0
