"""Fixtures that every test may ask for."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_TARGETS = ("ideal", "emulator")

# Times vary with the load of the machine: a deadline would be a time assertion. Derandomised,
# so that a run can be repeated.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("project")


def pytest_addoption(parser):
    parser.addoption(
        "--target",
        action="append",
        default=None,
        metavar="NAME",
        help=f"target of the conformance tests, may be repeated; default: {DEFAULT_TARGETS}",
    )
    parser.addoption(
        "--board",
        default=None,
        metavar="HOST",
        help="board for `--target spinnaker`: tests of machines run there instead of in software",
    )


def pytest_generate_tests(metafunc):
    if "target" in metafunc.fixturenames and "target" not in _parametrised(metafunc):
        chosen = metafunc.config.getoption("--target") or DEFAULT_TARGETS
        metafunc.parametrize("target", list(dict.fromkeys(chosen)))
    if "model_folder" in metafunc.fixturenames:
        folders = _model_folders()
        metafunc.parametrize("model_folder", folders, ids=[f.name for f in folders])


def _parametrised(metafunc):
    """Return the names that a test's own marks parametrise."""
    marks = metafunc.definition.iter_markers("parametrize")
    return " ".join(mark.args[0] for mark in marks if isinstance(mark.args[0], str))


def _model_folders():
    return sorted(path.parent for path in (ROOT / "models").glob("*/model.toml"))


@pytest.fixture
def sigint():
    """Let Ctrl-C be KeyboardInterrupt, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.SIGINT
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def machine_target(request):
    """The target that runs sPyNNaker's binaries, or a skip with the reason."""
    from neurodeploy.runtime.registry import find

    asked = request.config.getoption("--target") or []
    name = "spinnaker" if "spinnaker" in asked else "virtual"
    if name == "spinnaker" and request.config.getoption("--board") is None:
        pytest.skip("not run: no board was given; try --board HOST")
    reason = find(name).missing()
    if reason is not None:
        pytest.skip(f"not run: {reason}")
    return name


@pytest.fixture(scope="session")
def project_root():
    """The project's root."""
    return ROOT


@pytest.fixture(scope="session")
def model_folders():
    """Every folder under models/ that holds a model."""
    return _model_folders()


@pytest.fixture(scope="session")
def shared_data():
    """The folder ../shared/data beside the project, or a skip with the reason."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("not run: ../shared/data is absent")
    return path
