"""What tests of pages share."""

import hashlib

import pytest

PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
"""Of passwords, by the PDF specification."""


def _rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i, j, out = 0, 0, bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


@pytest.fixture
def encrypted():
    """A PDF file of one page that opens with the password `secret` only."""
    # Revision 2 of the standard security handler, by the PDF specification.
    password = (b"secret" + PADDING)[:32]
    owner = _rc4(hashlib.md5(password).digest()[:5], password)
    permissions, identity = (-4).to_bytes(4, "little", signed=True), b"0123456789abcdef"
    key = hashlib.md5(password + owner + permissions + identity).digest()[:5]
    user = _rc4(key, PADDING)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>",
        b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>"
        % (owner.hex().encode(), user.hex().encode()),
    ]
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 5\n0000000000 65535 f \n%s" % table
    content += b"trailer\n<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [<%s> <%s>] >>\n" % (
        identity.hex().encode(),
        identity.hex().encode(),
    )
    return content + b"startxref\n%d\n%%%%EOF\n" % start
