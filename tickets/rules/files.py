"""What a file is, by its first bytes: names and declared types are not believed."""

DOWNLOAD_ONLY = "application/octet-stream"
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
)


def sniff_content_type(head: bytes) -> str:
    """The type of a file from its first bytes (512 suffice): an allowed one, plain text, or a download."""
    for signature, content_type in _SIGNATURES:
        if head.startswith(signature):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "text/plain" if _looks_like_text(head) else DOWNLOAD_ONLY


def _looks_like_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as broken:
        # The last character may have been cut in half by the sample.
        return broken.start >= len(head) - 3 and len(head) > 3
    return True


def shows_inline(content_type: str) -> bool:
    """Whether a browser may show it in a page of ours; everything else downloads."""
    return content_type in IMAGES
