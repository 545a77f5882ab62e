from importlib.metadata import PackageNotFoundError

import pytest

from neurodeploy.api import TargetError
from neurodeploy_spinnaker import versions


@pytest.fixture
def releases(monkeypatch):
    """A dict of package name to version that stands for what is installed."""
    found = dict.fromkeys(versions.PACKAGES, "1!7.4.1")

    def version(name):
        if name not in found:
            raise PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(versions, "version", version)
    return found


def test_the_release_it_is_built_for(releases):
    assert versions.missing() is None
    versions.require(allow_version=False)
    assert versions.emulated() == "sPyNNaker 7.4.1"


def test_another_release_is_refused(releases):
    releases["SpiNNMan"] = "1!7.5.0"
    message = r"got SpiNNMan 7.5.0, expected 7.4.1\); pip install .* or give --allow-version"
    with pytest.raises(TargetError, match=message):
        versions.require(allow_version=False)
    versions.require(allow_version=True)


def test_a_report_names_the_release_that_runs(releases):
    releases["sPyNNaker"] = "1!7.5.0"
    assert versions.emulated() == "sPyNNaker 7.5.0"


def test_nothing_installed(releases):
    releases.clear()
    assert versions.missing() == (
        "sPyNNaker is not installed; try: pip install 'sPyNNaker==1!7.4.1'"
    )
    assert versions.emulated() == "sPyNNaker 7.4.1"
