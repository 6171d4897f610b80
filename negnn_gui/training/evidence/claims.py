"""The paper's claims, each beside what was measured here, and whether it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from negnn_gui.training.evidence.representations import JOINED_LEVELS, LEVELS, SINGLE_LEVELS
from negnn_gui.training.evidence.summary import Mean, Row, gain, means, of_shared_draws, paired
from negnn_gui.training.evidence.tasks import PROTOCOL, TASKS

Verdict = Literal["holds", "partly", "does not hold", "not measured"]
Tables = Mapping[str, Sequence[Row]]

LAPLACIAN = "krr-laplacian"
_TO_REACH = 0.42  # μB
_PUBLISHED = 0.493  # μB
_FAMILIES = 5


@dataclass(frozen=True)
class Claim:
    """What is claimed, what was found, and whether that agrees."""

    claim: str
    found: str
    verdict: Verdict


def claims(tables: Tables, encoder: str, compared: int, published: Sequence[str] = ()) -> list[Claim]:
    """All claims; those whose cells are missing are "not measured". ``published``: ids of the paper's encoders."""
    return [
        protocol_claim(tables["krr_protocol"], encoder, published),
        descriptor_claim(tables["regression"], tables["krr_protocol"], encoder),
        range_claim(tables["regression"], encoder),
        map_claim(tables["maps"], encoder),
        periodic_claim(tables["maps"], encoder),
        family_claim(tables["learning_curves"], encoder, compared),
        few_labels_claim(tables["learning_curves"], encoder),
    ]


def best_level(found: Mapping[str, Mean], levels: Sequence[str] = LEVELS) -> tuple[str, Mean] | None:
    """The level (or concatenation) of least error among those measured."""
    known = [(level, found[level]) for level in levels if level in found]
    return min(known, key=lambda item: item[1].value) if known else None


def of_levels(found: Mapping[tuple[str, ...], Mean], encoder: str) -> dict[str, Mean]:
    """Means by level of the representations "ENCODER:LEVEL"; keys end in the representation."""
    prefix = f"{encoder}:"
    return {key[-1].removeprefix(prefix): mean for key, mean in found.items() if key[-1].startswith(prefix)}


def level_rows(rows: Sequence[Row], task: str, encoder: str) -> list[Row]:
    """Kernel ridge of a task on our levels, at the seeds that all of its measured levels have."""
    names = {f"{encoder}:{level}" for level in LEVELS}
    own = [
        row
        for row in rows
        if row["task"] == task and row["method"] == LAPLACIAN and row["representation"] in names
    ]
    return of_shared_draws(own, "representation")


def protocol_claim(rows: Sequence[Row], encoder: str, published: Sequence[str] = ()) -> Claim:
    """Our own figure to reach, on the protocol of docs/science.md."""
    text = (
        f"Kernel ridge on DFT abs(m), five parts by structure: the best level reaches {_TO_REACH} μB and beats the "
        f"orbital field matrix, SOAP and the published “01” ({_PUBLISHED} μB on another draw of the rows)"
    )
    found = means([row for row in rows if row["method"] == LAPLACIAN], ("representation",), "mae")
    best = best_level(of_levels(found, encoder))
    if best is None:
        return Claim(text, "", "not measured")
    others = {name: found[name,] for name in ("ofm", "soap", "one-hot") if (name,) in found}
    said = [f"best level {best[0]}: {best[1]} μB"] + [f"{name}: {mean} μB" for name, mean in others.items()]
    theirs = [(f"{own}:01", found[f"{own}:01",]) for own in published if (f"{own}:01",) in found]
    said += [f"{name}: {mean} μB" for name, mean in theirs]
    # the published encoder on the very same rows where it was imported, else the figure of docs/science.md
    at_01 = [mean.value for _, mean in theirs] or [_PUBLISHED]
    rivals = [mean.value for name, mean in others.items() if name != "one-hot"] + at_01
    beaten = [best[1].value < value for value in rivals]
    if all(beaten) and best[1].value <= _TO_REACH:
        verdict: Verdict = "holds"
    else:
        verdict = "partly" if any(beaten) else "does not hold"
    return Claim(text, "; ".join(said), verdict)


def descriptor_claim(rows: Sequence[Row], protocol: Sequence[Row], encoder: str) -> Claim:
    """SSL representations against the orbital field matrix and the sine matrix, task by task and on the protocol."""
    text = "Self-supervised representations (“01”) beat the orbital field matrix and the sine matrix in kernel ridge"
    measured = {task.title: [row for row in rows if row["task"] == name] for name, task in TASKS.items()}
    measured[PROTOCOL.title] = list(protocol)
    said, gains = [], []
    for title, own in measured.items():
        of_task = {}
        for rival in ("ofm", "sine"):
            pairs = paired(
                [row for row in own if row["method"] == LAPLACIAN],
                lambda row: row["representation"] == f"{encoder}:01",
                lambda row, rival=rival: row["representation"] == rival,  # type: ignore[misc]
                ("part",) if title == PROTOCOL.title else ("seed", "rows"),
                "mae",
            )
            if (mean := gain(pairs)) is not None:
                of_task[rival] = mean
        if of_task:
            against = [f"{m.percent(0)} against {rival}" for rival, m in of_task.items()]
            said.append(f"{title}: {', '.join(against)}")
            gains += list(of_task.values())
    return _judged(text, said, gains, 2 * len(measured), "comparisons")


def range_claim(rows: Sequence[Row], encoder: str) -> Claim:
    """The best single level of local and of global properties."""
    text = "The best range is short for local (site) and longer for global (structure) properties"
    best: dict[str, list[int]] = {"site": [], "structure": []}
    beyond: dict[str, bool] = {}
    said = []
    for name, task in TASKS.items():
        own = level_rows(rows, name, encoder)
        found = of_levels(means(own, ("representation",), "mae"), encoder)
        single, joined = best_level(found, SINGLE_LEVELS), best_level(found, ("0", *JOINED_LEVELS))
        if single is None or joined is None or not all(level in found for level in SINGLE_LEVELS):
            continue
        best[task.of].append(int(single[0]))
        said.append(f"{task.title}: level {single[0]} ({single[1]}), joined {joined[0]} ({joined[1]})")
        beyond[name] = _beyond_spread(own, f"{encoder}:{single[0]}", f"{encoder}:0")
    if not best["site"] or not best["structure"]:
        return Claim(text, "; ".join(said), "not measured")
    close = [
        TASKS[name].title for name, clear in beyond.items() if not clear and TASKS[name].of == "structure"
    ]
    if close:
        said.append(f"no clear gain over level 0 in: {', '.join(close)}")
    measured = sum(len(levels) for levels in best.values())
    if measured < len(TASKS):
        said.append(f"{measured} of {len(TASKS)} properties were measured")
    site, structure = (sum(v) / len(v) for v in best.values())
    said.insert(0, f"mean best single level {site:.1f} for sites, {structure:.1f} for structures")
    complete = measured == len(TASKS) and not close
    if complete and min(best["structure"]) > max(best["site"]):
        return Claim(text, "; ".join(said), "holds")
    return Claim(text, "; ".join(said), "partly" if structure > site else "does not hold")


def map_claim(rows: Sequence[Row], encoder: str) -> Claim:
    """Whether the t-SNE map tells elements and coordinations apart."""
    text = "t-SNE maps of magnetic atoms separate elements and local environments"
    own = [row for row in rows if row["representation"].startswith(f"{encoder}:")]
    if not own:
        return Claim(text, "", "not measured")
    said = [
        f"level {row['representation'].rpartition(':')[2]}: own element around "
        f"{100 * float(row['element_right']):.0f} % of the sites (commonest element "
        f"{100 * float(row['element_chance']):.0f} %), own coordination around "
        f"{100 * float(row['environment_right']):.0f} % of those of an element (commonest "
        f"{100 * float(row['environment_chance']):.0f} %)"
        for row in own
    ]
    apart = [float(row["element_right"]) > 0.8 for row in own]
    around = [float(row["environment_right"]) - float(row["environment_chance"]) > 0.1 for row in own]
    both = [a and b for a, b in zip(apart, around, strict=True)]
    if any(both):
        return Claim(text, "; ".join(said), "holds")
    return Claim(text, "; ".join(said), "partly" if any(apart) or any(around) else "does not hold")


def periodic_claim(rows: Sequence[Row], encoder: str) -> Claim:
    """Whether alike elements lie near each other in the periodic table."""
    text = "The likeness of elements (cosine of their mean vectors) follows the periodic table"
    own = [row for row in rows if row["representation"].startswith(f"{encoder}:")]
    if not own:
        return Claim(text, "", "not measured")
    said = [
        f"level {row['representation'].rpartition(':')[2]}: mean cosine {float(row['same_group_cosine']):.2f} within a "
        f"group, {float(row['other_cosine']):.2f} otherwise, rank correlation with nearness in the table "
        f"{float(row['periodic_rank_correlation']):.2f}"
        for row in own
    ]
    nearer = [float(r["same_group_cosine"]) > float(r["other_cosine"]) for r in own]
    ranked = [float(r["periodic_rank_correlation"]) > 0.3 for r in own]
    if all(nearer) and all(ranked):
        return Claim(text, "; ".join(said), "holds")
    return Claim(text, "; ".join(said), "partly" if any(nearer) or any(ranked) else "does not hold")


def family_gain(
    rows: Sequence[Row], family: str, structures: str, nodes: Sequence[str]
) -> tuple[str, Mean] | None:
    """Gain of the better of ``nodes`` over the better of one-hot and features, by the means over seeds."""
    own = [row for row in rows if row["family"] == family and row["structures"] == structures]
    found = means(own, ("nodes",), "mae")
    plain = [name for name in ("one-hot", "features") if (name,) in found]
    ours = [name for name in nodes if (name,) in found]
    if len(plain) < 2 or not ours:
        return None
    rival, best = (min(names, key=lambda n: found[n,].value) for names in (plain, ours))
    pairs = paired(
        own, lambda row: row["nodes"] == best, lambda row: row["nodes"] == rival, ("seed", "steps"), "mae"
    )
    mean = gain(pairs)
    return None if mean is None else (f"{best.rpartition(':')[2]} against {rival}", mean)


def node_embeddings(encoder: str) -> tuple[str, str]:
    """The two node inputs of a NEGNN that every family is given."""
    return f"{encoder}:01", f"{encoder}:01+one-hot"


def family_claim(rows: Sequence[Row], encoder: str, compared: int) -> Claim:
    """NEGNN against its network, family by family."""
    text = f"NEGNN beats its network in every family ({compared} training structures)"
    said, gains = [], []
    for family in sorted({row["family"] for row in rows}):
        found = family_gain(rows, family, str(compared), node_embeddings(encoder))
        if found is not None:
            said.append(f"{family}: {found[1].percent()} ({found[0]})")
            gains.append(found[1])
    return _judged(text, said, gains, _FAMILIES, "families")


def few_labels_claim(rows: Sequence[Row], encoder: str) -> Claim:
    """Whether the gain shrinks with the number of labels."""
    text = "NEGNN gains most with few labels"
    said, shrinks = [], []
    for family in sorted({row["family"] for row in rows}):
        sizes = sorted({int(row["structures"]) for row in rows if row["family"] == family})
        found = {
            size: own
            for size in sizes
            if (own := family_gain(rows, family, str(size), node_embeddings(encoder))) is not None
        }
        if len(found) > 1:
            said.append(f"{family}: " + ", ".join(f"{own[1].percent()} with {n}" for n, own in found.items()))
            values = [own[1].value for own in found.values()]
            shrinks.append(values[0] > values[-1])
    return Claim(text, "; ".join(said), _share(shrinks))


def _share(won: Sequence[bool]) -> Verdict:
    if not won:
        return "not measured"
    if all(won):
        return "holds"
    return "partly" if any(won) else "does not hold"


def _judged(text: str, said: list[str], gains: Sequence[Mean], expected: int, what: str) -> Claim:
    """A claim of gains: it holds where all that belong to it were measured and are clearly above zero."""
    if not gains:
        return Claim(text, "", "not measured")
    clear = [_clear(mean) for mean in gains]
    verdict = _share([mean.value > 0 for mean in gains])
    if verdict == "holds" and not all(clear):
        said = [*said, f"within their standard error, or of one draw: {clear.count(False)} of these gains"]
        verdict = "partly"
    if len(gains) < expected:
        said = [*said, f"{len(gains)} of {expected} {what} were measured"]
        verdict = "partly" if verdict == "holds" else verdict
    return Claim(text, "; ".join(said), verdict)


def _clear(mean: Mean) -> bool:
    """Whether a gain is above zero by more than its standard error, which one draw does not have."""
    return mean.n > 1 and mean.value > mean.spread / math.sqrt(mean.n)


def _beyond_spread(rows: Sequence[Row], best: str, other: str) -> bool:
    """Whether one representation beats another by more than the standard error, seed by seed."""
    pairs = paired(
        rows,
        lambda row: row["representation"] == best,
        lambda row: row["representation"] == other,
        ("seed", "rows"),
        "mae",
    )
    mean = gain(pairs)
    return mean is not None and _clear(mean)
