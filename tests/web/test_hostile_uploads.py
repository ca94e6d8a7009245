"""Hostile uploads to a real server: each gets a problem, and the server stays small and answers the next.

Bombs, lies in headers, damage, wrong kinds, endless streams.
"""

from __future__ import annotations

import gzip
import http.client
import io
import itertools
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image

from digitlab.data.image_file import read_header
from digitlab.errors import DataError
from digitlab.web.decoding import decode_apart

SAMPLES = Path(__file__).parents[2] / "samples"
MOST = 600  # MB of the server, at any time
MEGABYTE = bytes(2**20)


@dataclass(frozen=True)
class Upload:
    """A request that a server must survive.

    Attributes:
        route: Where it is sent, with its query.
        kind: Its `Content-Type`.
        make: Makes the body, or a stream of its parts, which is sent in chunks without a length.
        statuses: What a server may answer.
        headers: Others.
    """

    route: str
    kind: str
    make: Callable[[], bytes | Iterator[bytes]]
    statuses: tuple[int, ...] = (422,)
    headers: tuple[tuple[str, str], ...] = ()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, color: int, rows: bytes, *others: bytes, depth: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [_chunk(b"IHDR", header), *others, _chunk(b"IDAT", rows), _chunk(b"IEND", b"")]
    )


def _zeros(length: int) -> bytes:
    """So many zero bytes, deflated; whole megabytes are written as the same block again and again."""
    whole, rest = divmod(length, len(MEGABYTE))
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(bytes(rest)) + packer.flush()
    checksum = (length % 65_521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + block * whole + last + checksum.to_bytes(4, "big")


def png_bomb() -> bytes:
    """100 megapixels of 16 bits in 800 kB: 800 MB as pixels."""
    return _png(10_000, 10_000, 6, _zeros(10_000 * 80_001), depth=16)


def png_of_a_huge_header() -> bytes:
    return _png(2**31 - 1, 2**31 - 1, 0, zlib.compress(b"\0\0"))


def png_with_a_text_bomb() -> bytes:
    """A comment that is 500 MB when it is unpacked."""
    text = _chunk(b"zTXt", b"Comment\0\0" + _zeros(500 * 2**20))
    return _png(28, 28, 0, zlib.compress(bytes(29 * 28)), text)


def truncated_png() -> bytes:
    return _saved("PNG")[:-200]


def truncated_jpeg() -> bytes:
    content = _saved("JPEG")
    return content[: len(content) // 2]


def jpeg_of_a_huge_header() -> bytes:
    content = bytearray(_saved("JPEG"))
    place = content.index(b"\xff\xc0")
    content[place + 5 : place + 9] = b"\xff\xf0\xff\xf0"
    return bytes(content)


def gif_of_a_huge_header() -> bytes:
    content = bytearray(_saved("GIF"))
    content[6:10] = b"\xff\xff\xff\xff"
    return bytes(content)


def tiff_of_many_pages() -> bytes:
    content = io.BytesIO()
    page = Image.new("1", (8, 8), 1)
    page.save(content, "TIFF", save_all=True, append_images=[page] * 2_000)
    return content.getvalue()


def bmp_of_a_huge_header() -> bytes:
    content = bytearray(_saved("BMP"))
    content[18:26] = struct.pack("<ii", 2**31 - 1, 2**31 - 1)
    return bytes(content)


def pgm_of_a_huge_header() -> bytes:
    return b"P5 99999999 99999999 255\n" + bytes(100)


def jpeg2000_bomb() -> bytes:
    """36 megapixels in a few kB, which take twelve bytes each while they are decoded."""
    content = io.BytesIO()
    Image.new("RGB", (6_000, 6_000)).save(content, "JPEG2000")
    return content.getvalue()


def pdf(*objects: bytes) -> bytes:
    """A PDF file of these objects, the first of which is the catalog."""
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    size = len(objects) + 1
    return content + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + end % (size, len(content))


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def pdf_of_many_pages() -> bytes:
    """100,000 pages, all the same one."""
    kids = b"3 0 R " * 100_000
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>"
    return pdf(CATALOG, b"<< /Type /Pages /Kids [%s] /Count 100000 >>" % kids, page)


def pdf_that_draws_without_end() -> bytes:
    """A form that draws another one ten times, which draws another one ten times, twelve times over."""
    uses = b"/Resources << /XObject << /F %d 0 R >> >>"
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 600 600] "
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 600] /Contents 4 0 R %s >>" % (uses % 5)
    return pdf(
        CATALOG,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        _stream(b"", b"/F Do"),
        *(_stream(form + uses % (6 + level), b"/F Do " * 10) for level in range(12)),
        _stream(form, b"0 0 600 600 re f"),
    )


def zip_file() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("picture.png", MEGABYTE * 100)
    return content.getvalue()


def gzipped_picture() -> bytes:
    return gzip.compress(_saved("PNG"))


def svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>fetch("/")</script></svg>'


def endless_stream() -> Iterator[bytes]:
    """A gigabyte, without a length."""
    return itertools.repeat(MEGABYTE, 1024)


def gigabyte_of_form() -> Iterator[bytes]:
    """A form with a file of a gigabyte, without a length."""
    yield PART + FILE + b'a"\r\n\r\n'
    yield from endless_stream()


PART = b'--x\r\nContent-Disposition: form-data; name="image"'
FILE = b'; filename="'


def form_of_many_files() -> bytes:
    return (PART + FILE + b'a"\r\n\r\nx\r\n') * 100_000 + b"--x--\r\n"


def form_of_many_fields() -> bytes:
    return (PART + b"\r\n\r\nx\r\n") * 100_000 + b"--x--\r\n"


def form_of_a_long_header() -> bytes:
    return PART + FILE + b"a" * 30 * 2**20 + b'"\r\n\r\nx\r\n--x--\r\n'


def form_of_a_long_field() -> bytes:
    return PART + b"\r\n\r\n" + b"a" * 30 * 2**20 + b"\r\n--x--\r\n"


def deep_json() -> bytes:
    return b"[" * 2**20


def picture() -> bytes:
    return _saved("PNG")


def _saved(kind: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


FORM = "multipart/form-data; boundary=x"
UPLOADS = (
    Upload("predict", "image/png", png_bomb),
    Upload("predict", "image/png", png_of_a_huge_header),
    Upload("predict", "image/png", png_with_a_text_bomb),
    Upload("predict", "image/png", truncated_png),
    Upload("read", "image/jpeg", truncated_jpeg),
    Upload("predict", "image/jpeg", jpeg_of_a_huge_header),
    Upload("predict", "image/gif", gif_of_a_huge_header),
    Upload("read", "image/tiff", tiff_of_many_pages),
    Upload("predict", "image/bmp", bmp_of_a_huge_header),
    Upload("predict", "image/x-portable-graymap", pgm_of_a_huge_header),
    Upload("predict", "image/jp2", jpeg2000_bomb),
    Upload("read", "application/pdf", pdf_of_many_pages),
    Upload("read", "application/pdf", pdf_that_draws_without_end),
    Upload("predict", "application/zip", zip_file, (415,)),
    Upload("read", "application/octet-stream", zip_file),
    Upload("predict", "image/png", gzipped_picture, (415, 422), (("Content-Encoding", "gzip"),)),
    Upload("predict", "image/svg+xml", svg),
    Upload("predict", "image/png", endless_stream, (413,)),
    Upload("read", FORM, gigabyte_of_form, (413,)),
    Upload("predict", FORM, form_of_many_files, (400,)),
    Upload("predict", FORM, form_of_many_fields, (400,)),
    Upload("predict", FORM, form_of_a_long_header, (400, 413)),
    Upload("predict", FORM, form_of_a_long_field, (400, 413)),
    Upload("predict", "image/png", picture, (413,), (("Content-Length", "1000000000000"),)),
    Upload("predict", "application/json", deep_json, (415,)),
    Upload("predict?max_error=NaN", "image/png", picture),
    Upload("predict?max_error=1e999", "image/png", picture),
    Upload("read?region=nan,nan,1,1", "image/png", picture, (400,)),
    Upload("read?length=99999999999999999999999", "image/png", picture, (400, 422)),
)


def _post(port, token, upload):
    """Status, type and text of the answer."""
    body = upload.make()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": upload.kind, **dict(upload.headers)}
    chunked = not isinstance(body, bytes)
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
            connection.request("POST", f"/api/{upload.route}", body, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type"), answer.read().decode()
    finally:
        connection.close()


def _peak(pid):
    """The most memory that a process has had, in MB."""
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(kilobytes) / 1000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_hostile_uploads(lab_process, wait_until, tmp_path):
    with lab_process("--json", "--port", "0") as (process, said):
        base, headers = f"http://127.0.0.1:{said['port']}", {"Authorization": f"Bearer {said['token']}"}
        with httpx2.Client(base_url=base, headers=headers, timeout=60) as client:
            wait_until(lambda: client.get("/api/models").json()["torch"])
            for upload in UPLOADS:
                status, kind, text = _post(said["port"], said["token"], upload)
                seen = upload.make.__name__, status, text[:300]
                assert status in upload.statuses, seen
                assert kind == "application/problem+json", seen
                assert str(tmp_path) not in text, seen
                assert _peak(process.pid) < MOST, seen
                assert client.get("/api/health").status_code == 200, seen
            content, kind = (SAMPLES / "seven-pen.jpg").read_bytes(), {"Content-Type": "image/jpeg"}
            answer = client.post("/api/predict", content=content, headers=kind)
            assert answer.json()["predictions"][0]["digit"] == 7


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, "takes too much memory, or is damaged"),
        ({"memory": 2**34, "page_seconds": 1}, "more than 1 second"),
    ],
)
def test_a_file_may_take_some_memory_and_each_page_some_time(tmp_path, limits, words):
    path = tmp_path / "bad.pdf"
    path.write_bytes(pdf_that_draws_without_end())
    with pytest.raises(DataError, match=words):
        decode_apart(path, "pages", **limits)


def test_pages_that_are_decoded_apart(tmp_path):
    path = tmp_path / "pages.tif"
    first, second = Image.new("L", (6_000, 300), 255), Image.new("L", (40, 30), 7)
    first.save(path, save_all=True, append_images=[second])
    pages = decode_apart(path, "pages")
    assert [(one.page, one.size) for one in pages] == [(1, (6_000, 300)), (2, (40, 30))]
    assert [read_header(one.path) for one in pages] == [("PNG", (3_000, 150)), ("PNG", (40, 30))]
    (digit,) = decode_apart(path, "digit")
    assert digit.page == 1
    assert digit.size[0] < 2_048
