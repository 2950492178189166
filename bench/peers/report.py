"""What a comparison prints and keeps: the table of ratios, and the rates as JSON."""
import datetime
import json
import re
import statistics

# Share of the bound (roof.py) that each peer is known to reach on the MiniLM-L6 shape: measured on
# 2-core Zen 5, 2 threads. A peer that stays far below it here was not at its best, and a ratio to
# it says little.
KNOWN_SHARES = {
    "ONNX Runtime f32, 1 x 2 threads": {"short": 0.58, "long": 0.57},
    "ONNX Runtime f32, 2 x 1 thread": {"short": 0.67, "long": 0.71},
    "ONNX Runtime int8, 1 x 2 threads": {"short": 0.35, "long": 0.33},
    "ONNX Runtime int8, 2 x 1 thread": {"short": 0.45, "long": 0.38},
    "transformers.js f32, sorted": {"short": 0.37},
    "transformers.js f32, unsorted": {"short": 0.18},
    "llama.cpp f32": {"short": 0.24},
    "llama.cpp bf16": {"short": 0.16, "long": 0.17},
    "llama.cpp int8": {"short": 0.08, "long": 0.09},
}
NEAR_KNOWN_SHARE = 0.9
MINILM_L6 = (6, 384, 1536)

# To be ahead: as many tokens a second as every peer of the same arithmetic.
RATIO_NEEDED = 1.0

HEADER = ["workload", "colvec", "tokens/s", "peer (settings)", "tokens/s", "ratio", "needed"]


def median_share(engine):
    """Of the bound; None where the roof is not known."""
    return statistics.median(engine["shares"]) if engine["shares"] else None


def share_warning(workload, shape, engine):
    """A line if a peer is far below what it is known to reach; else None."""
    known = KNOWN_SHARES.get(engine["name"], {}).get(workload)
    share = median_share(engine)
    if known is None or share is None or shape != MINILM_L6 or share >= NEAR_KNOWN_SHARE * known:
        return None
    return (
        f"{workload}: {engine['name']} reaches {share:.0%} of the bound, known is "
        f"{known:.0%}: below its known share: read the ratio with that in mind"
    )


def settings_words(engine):
    words = [f"{key} {value}" for key, value in engine["settings"].items()]
    return engine["name"] + (f", {', '.join(words)}" if words else "")


def median_rate(engine):
    return statistics.median(engine["rates"])


def pairs(engines):
    """Who is set against whom: peers of the same arithmetic; and the fastest of all, always.

    A peer whose arithmetic no measured colvec has is set against the fastest colvec.
    """
    ours = [e for e in engines if not e["is_peer"]]
    peers = sorted((e for e in engines if e["is_peer"]), key=median_rate, reverse=True)
    if not ours or not peers:
        return []
    fastest = max(ours, key=median_rate)
    known = {mine["arithmetic"] for mine in ours}
    return [
        (mine, peer)
        for mine in ours
        for peer in peers
        if peer["arithmetic"] == mine["arithmetic"]
        or peer is peers[0]
        or (mine is fastest and peer["arithmetic"] not in known)
    ]


def table(results):
    """Markdown."""
    rows = [HEADER, ["---"] * len(HEADER)]
    for result in results:
        for mine, peer in pairs(result["engines"]):
            ratio = median_rate(mine) / median_rate(peer)
            same = mine["arithmetic"] == peer["arithmetic"]
            is_valid = mine["is_valid"] and peer["is_valid"]
            rows.append(
                [
                    f"{result['workload']} ({result['tokens_mean']:.0f} tokens)",
                    mine["arithmetic"],
                    f"{median_rate(mine):,.0f}",
                    settings_words(peer),
                    f"{median_rate(peer):,.0f}",
                    f"{ratio:.2f}" if is_valid else f"invalid ({ratio:.2f})",
                    f"{RATIO_NEEDED:.2f}" if same else "",
                ]
            )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def engine_line(engine):
    """Where one engine stands, for the reader of the run."""
    rates = engine["rates"]
    spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
    cosine = "" if engine["cosine_min"] is None else f", smallest cosine {engine['cosine_min']:.5f}"
    share = "" if median_share(engine) is None else f", {median_share(engine):.0%} of the bound"
    return (
        f"  {settings_words(engine):<46} {median_rate(engine):>9,.0f} tokens/s ({spread}){share}, "
        f"{engine['texts']:,} texts a round, peak {engine['peak_bytes'] / 1e6:,.0f} MB{cosine}"
    )


def file_name(machine, model, commit):
    return re.sub(r"[^A-Za-z0-9.]+", "-", f"{machine}-{model}-{commit}").strip("-") + ".json"


def write_json(folder, machine, commit, model, results):
    """One file of the whole run; its path."""
    for result in results:
        for engine in result["engines"]:
            engine["median"] = round(median_rate(engine), 1)
            if engine["shares"]:
                engine["share"] = round(median_share(engine), 3)
    run = {
        "machine": machine,
        "commit": commit,
        "date": datetime.date.today().isoformat(),
        "model": model,
        "workloads": results,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(machine, model, commit)
    path.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return path
