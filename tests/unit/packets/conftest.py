import pytest

from neurodeploy import packets

from . import frames


@pytest.fixture
def write(tmp_path):
    """Write bytes to a file and return its path."""

    def writer(content, name="some.pcap"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return writer


@pytest.fixture
def capture_of(write):
    """Read frames through a pcap file."""

    def reader(some_frames, link_type=1):
        return packets.read(write(frames.pcap_bytes(some_frames, link_type)))

    return reader


@pytest.fixture
def mixed(capture_of):
    return capture_of(frames.mixed())
