import pytest

from neurodeploy import packets
from neurodeploy.errors import InputError

CLASSES = ("HTTP", "DNS", "ICMP")


@pytest.fixture
def labels_of(write, mixed):
    def reader(text):
        path = write(text if isinstance(text, bytes) else text.encode(), "labels.csv")
        return packets.read_labels(path, mixed, CLASSES).tolist()

    return reader


def test_by_packet_counting_from_one(labels_of):
    text = "pkt,label\n1,HTTP\n3,DNS\n7,ICMP\n"
    assert labels_of(text) == [0, -1, 1, -1, -1, -1, 2]


def test_more_columns_other_order_blanks_and_a_bom(labels_of):
    text = "\ufeffLabel, flow ,PKT\r\n HTTP ,9, 2\r\n\r\n,9,3\r\n"
    assert labels_of(text) == [-1, 0, -1, -1, -1, -1, -1]


@pytest.mark.parametrize(
    "row",
    ["10.0.0.1,40000,10.0.0.2,80,tcp,HTTP", "10.0.0.2,80,10.0.0.1,40000,6,HTTP"],
)
def test_by_flow_in_either_direction(labels_of, row):
    text = f"src,sport,dst,dport,proto,label\n{row}\n"
    assert labels_of(text) == [0, 0, -1, -1, -1, -1, -1]


@pytest.mark.parametrize("port", ["", "0"])
def test_by_flow_without_ports(labels_of, port):
    text = f"src,sport,dst,dport,proto,label\nfd00::2,{port},fd00::1,{port},icmpv6,ICMP\n"
    assert labels_of(text) == [-1, -1, -1, -1, 2, -1, -1]


def test_flows_of_a_longer_capture_may_be_in_the_file(labels_of):
    text = (
        "src,sport,dst,dport,proto,label\n"
        "10.9.9.9,1,10.0.0.2,2,tcp,DNS\n10.0.0.1,40000,10.0.0.2,53,udp,DNS\n"
    )
    assert labels_of(text) == [-1, -1, 1, -1, -1, -1, -1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pkt,label\n1,HTTP\n2,HTML\n", "line 3: unknown class .got 'HTML', expected one of HTTP"),
        ("pkt,label\n0,HTTP\n", "line 2: pkt is out of range .got 0, expected 1 to 7"),
        ("pkt,label\n8,HTTP\n", "line 2: pkt is out of range"),
        ("pkt,label\none,HTTP\n", "line 2: bad pkt .got 'one'"),
        ("pkt,label\n1\n1,HTTP\n1,DNS\n", "line 4: a second, different label"),
        ("number,label\n1,HTTP\n", "other columns .got number,label"),
        ("", "other columns"),
        (b"pkt,label\n1,\xff\xfe\n", "is not CSV text"),
        ("src,sport,dst,dport,proto,label\n10.0.0,1,10.0.0.2,2,tcp,DNS\n", "line 2: bad src"),
        ("src,sport,dst,dport,proto,label\n10.0.0.1,70000,1.1.1.1,2,tcp,DNS\n", "sport is out of"),
        ("src,sport,dst,dport,proto,label\n10.0.0.1,1,1.1.1.1,2,tpc,DNS\n", "bad proto .got 'tpc'"),
        ("src,sport,dst,dport,proto,label\n10.9.9.9,1,1.1.1.1,2,tcp,DNS\n", "no flow of the file"),
    ],
)
def test_bad_files_are_input_errors_with_the_line(labels_of, text, words):
    with pytest.raises(InputError, match=words) as caught:
        labels_of(text)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path, mixed):
    with pytest.raises(InputError, match="cannot be read"):
        packets.read_labels(tmp_path / "none.csv", mixed, CLASSES)
