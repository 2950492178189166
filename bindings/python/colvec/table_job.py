"""The table job: a text column of a DuckDB table, embedded by any model."""

from __future__ import annotations

import inspect
import json
import logging
import os
import pathlib
import time
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Union

import numpy as np

from colvec import _colvec
from colvec.encoder import Encoder

_LINE_SECONDS = 5


def process_duckdb_for_embeddings(
        config: Union[Mapping[str, Any], str, "os.PathLike[str]"], model_instance: Any = None,
        batch_size: Optional[int] = None, logger: Any = None, *,
        commit_seconds: float = 10) -> Dict[str, Any]:
    """Embeds the pending rows of a table, and returns what was done, as `colvec embed --json` does.

    `config` has the keys of config.json, or is the path of one; relative paths are relative to its
    folder, those of a dict to the current one. Killed at any moment and run again, it goes on where
    it was; rows that need a look stand in <output_table>_issues.

    `model_instance` is any object whose `encode(texts)` returns a vector for each text: a
    SentenceTransformer as it is, or an `Encoder`. Without one, the `model` of the config is opened.
    A foreign model is known in the output by the config's `model`, else by its own `model_name`,
    `name_or_path` or `name`, else by its type, and by its `version`: change one when the vectors
    change. Its vectors are written as they are.

    `batch_size` goes to `encode`. `logger` is a logging.Logger, or is called with each line;
    without it, that of the name "colvec" is used.

    PolicyError: the run came to its end, and rows met a policy "error"; its `summary` says more.
    KeyboardInterrupt: Ctrl-C; what was embedded is committed.
    """
    settings, folder = _settings_of(config)
    if batch_size is not None:
        settings["batch_size"] = int(batch_size)
    log = _log_of(logger)
    model, options = _model_of(model_instance, settings)
    text, note = _colvec.run_table_job(json.dumps(settings), folder, model, options, _Lines(log),
                                       commit_seconds)
    summary = json.loads(text)
    for line in [note, *summary["notes"]]:
        if line:
            log(line)
    log(f"{summary['rows_written']} rows written, {summary['pending_rows']} were pending of"
        f" {summary['input_rows']}, in {summary['wall_seconds']:.1f} s"
        + "".join(f"; {kind}: {rows}" for kind, rows in summary["issues"].items()))
    if summary["policy_errors"]:
        error = _colvec.PolicyError(
            f"{summary['policy_errors']} rows met a policy \"error\": see the table"
            f" {settings['output_table']}_issues")
        error.summary = summary
        raise error
    return summary


def _settings_of(config: Any) -> Tuple[Dict[str, Any], pathlib.Path]:
    if isinstance(config, Mapping):
        return dict(config), pathlib.Path()
    path = pathlib.Path(config)
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise _colvec.CorruptionError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(settings, dict):
        raise ValueError(f"{path}: must be an object")
    return settings, path.parent


def _log_of(logger: Any) -> Callable[[str], None]:
    if logger is None:
        logger = logging.getLogger("colvec")
    return logger.info if hasattr(logger, "info") else logger


class _Lines:
    """Progress as lines every few seconds."""

    def __init__(self, log: Callable[[str], None]):
        self._log = log
        self._last = 0.0

    def __call__(self, phase: str, done: int, total: int, rate: float, eta: float) -> None:
        now = time.monotonic()
        if total == 0 or done == 0 or (done < total and now - self._last < _LINE_SECONDS):
            return
        self._last = now
        left = f", ETA {_duration(eta)}" if eta > 0 else ""
        self._log(f"Processed {done} / {total} records ({rate:.0f}/s{left})")


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60}s"
    return f"{whole // 3600}h {whole % 3600 // 60}m"


def _model_of(instance: Any, settings: Dict[str, Any]) -> Tuple[Any, str]:
    """What _colvec.run_table_job takes as its model, and its options."""
    if instance is None:
        return None, ""
    if isinstance(instance, Encoder):
        changes = {"batch_size": settings.get("batch_size")}
        options, keep = instance._chosen(**changes)
        info = json.loads(instance._encoders.info(options))
        if keep == info["dimension"]:
            return instance._encoders, options
        # Cut by us: a model that was not trained for it does not do so by itself.
        return {"name": info["model"], "version": f"{info['fingerprint']} {info['precision']}",
                "dimension": keep, "encode": _encode_of(instance, settings.get("batch_size"))}, ""
    elif not callable(getattr(instance, "encode", None)):
        raise TypeError(f"model_instance: must have encode: {type(instance).__name__}")
    encode = _encode_of(instance, settings.get("batch_size"))
    return {"name": _name_of(instance, settings), "version": str(getattr(instance, "version", "")),
            "dimension": _dimension_of(instance, encode), "encode": encode}, ""


def _encode_of(instance: Any, batch_size: Optional[int]) -> Callable[[Any], Any]:
    """instance.encode with those of our arguments that it takes."""
    try:
        parameters = inspect.signature(instance.encode).parameters.values()
    except (TypeError, ValueError):
        parameters = ()
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)
    names = {p.name for p in parameters}
    wanted = {"batch_size": batch_size, "show_progress_bar": False}
    arguments = {name: value for name, value in wanted.items()
                 if value is not None and (name in names or takes_all and name == "batch_size")}
    return lambda texts: instance.encode(texts, **arguments)


def _name_of(instance: Any, settings: Mapping[str, Any]) -> str:
    names = [settings.get("model"), *(getattr(instance, name, None)
                                      for name in ("model_name", "name_or_path", "name")),
             getattr(getattr(instance, "tokenizer", None), "name_or_path", None)]
    for name in names:
        if isinstance(name, str) and name:
            return name
    return f"{type(instance).__module__}.{type(instance).__qualname__}"


def _dimension_of(instance: Any, encode: Callable[[Any], Any]) -> int:
    for name in ("get_sentence_embedding_dimension", "get_embedding_dimension"):
        method = getattr(instance, name, None)
        if callable(method):
            dimension = method()
            if isinstance(dimension, int):
                return dimension
    vectors = np.asarray(encode(["colvec"]))
    if vectors.ndim != 2 or len(vectors) != 1:
        raise ValueError(f"model_instance: encode(list of 1) gave the shape {vectors.shape},"
                         " not (1, dimension)")
    return int(vectors.shape[1])
