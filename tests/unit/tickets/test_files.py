import pytest

from tickets.rules.files import DOWNLOAD_ONLY, shows_inline, sniff_content_type


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"plain words", "text/plain"),
        ("grüße".encode()[:-1], "text/plain"),
        (b"\x00\x01\x02", DOWNLOAD_ONLY),
        (b"\xff\xfe\xfd\xfc", DOWNLOAD_ONLY),
    ],
)
def test_a_file_is_what_its_bytes_say(head: bytes, content_type: str) -> None:
    assert sniff_content_type(head) == content_type


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html", "text/plain", "application/pdf", DOWNLOAD_ONLY])
def test_nothing_but_pictures_is_shown_in_a_page(content_type: str) -> None:
    assert not shows_inline(content_type)
