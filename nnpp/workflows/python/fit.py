"""`nnpp.fit`: a fit from Python, with the files, the lock and the resuming of `nnpp fit`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnpp.config.inputs import Fit, read_inputs
from nnpp.errors import InputError
from nnpp.formats.model import read_model
from nnpp.runs.folder import START
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.fits.read import by_method, read_runs
from nnpp.workflows.load import Fitted, load
from nnpp.workflows.python.progress import Bar, watched
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.loop import Begun, Stepped, Stopped
from nnpp.workflows.train.run import read_run
from nnpp.workflows.train.train import Options, run_train

Callback = Callable[[int, Mapping[str, float | bool]], Any]
"""Is called with the number of a step and its line of metrics.jsonl; True stops the fit."""


def fit(
    source: Fit | str | Path,
    callback: Callback | None = None,
    *,
    out: str | Path = "results",
    method: str | None = None,
    steps: int | None = None,
    fresh: bool = False,
    plot: bool = True,
    progress: bool | None = None,
) -> Fitted:
    """Prepare, train and plot a fit, as `nnpp fit`; return the fitted potential.

    Every step is saved: after an interrupt, the same call continues.

    Args:
        source: a folder with a fit.yaml, the file itself, or a `Fit`.
        callback: called after every step with its number and its metrics, as `rms_mev`, the
            error over fitted levels; if it returns True, the fit stops after this step.
        out: folder of the results.
        method: "lm", "lbfgs", "adam", …; by default that of the fit.
        steps: largest number of steps; by default that of the fit.
        fresh: whether to start again instead of continuing.
        plot: whether to compute and plot the bands at the end.
        progress: whether to show a progress bar; by default in notebooks and terminals.

    Returns:
        The fitted potential; if it was stopped, the best one so far.
    """
    read = source if isinstance(source, Fit) else read_inputs(Path(source))
    (chosen,), folder = by_method([read], method), Path(out) / read.name
    list(run_init_fit([chosen], Path(out), fresh))
    runs = read_runs([folder], Path(out))
    stopped = _train(runs[0], Options(steps, fresh), callback, progress)
    if stopped is not None:
        return stopped
    if plot:
        list(run_bands(runs, Path(out), Choices(plot=True)))
    return load(folder)


def _train(
    run: Fit, options: Options, callback: Callback | None, progress: bool | None
) -> Fitted | None:
    """Train a run; return the best potential so far if the callback stopped it, else None."""
    shown, bar, asked, last = watched() if progress is None else progress, None, False, None
    events: Any = run_train([run], options, stop=lambda: asked)
    try:
        for event in events:
            match event:
                case Begun():
                    bar, last = Bar(run.name, event.step, event.steps) if shown else None, event
                case Stepped():
                    last = event
                    if bar is not None:
                        bar.step(event.step, event.numbers)
                    if callback is not None:
                        asked = callback(event.step, event.numbers) is True
                case Stopped():
                    return _best(run, options, last)
    finally:
        events.close()  # releases the lock at once after an error in the callback
        if bar is not None:
            bar.close()
    return None


def _best(run: Fit, options: Options, last: Begun | Stepped | None) -> Fitted:
    """Return the best potential of a fit that was stopped."""
    if last is None:
        raise InputError("was stopped before its first step", "run it again", run.folder)
    parameters = read_run(run, options.steps).objective.parameters
    model = read_model(run.folder / f"{START}.safetensors")
    return Fitted(replace(model, potential=parameters.put(last.progress.state.best)))
