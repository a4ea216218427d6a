"""The portal's small pictures: lines on a grid of 20, drawn for it."""

from typing import Final

PATHS: Final[dict[str, str]] = {
    "comment": "M4 4h12v9H9l-4 3.5V13H4z",
    "comment-filled": "M4 4h12v9H9l-4 3.5V13H4zM7 7.5h6M7 10h4",
    "comment-missing": "M4 4h12v9H9l-4 3.5V13H4zM10 6v3.6M10 11.2v.6",
    "check": "M4.5 10.5l3.5 3.5 7.5-8",
    "cross": "M5 5l10 10M15 5L5 15",
    "warning": "M10 3.5L17.5 16.5h-15zM10 8.5v4M10 14v.6",
    "info": "M10 3a7 7 0 110 14 7 7 0 010-14zM10 9v5M10 6v.6",
    "clock": "M10 3a7 7 0 110 14 7 7 0 010-14zM10 6v4l3 2",
    "search": "M9 4a5 5 0 110 10A5 5 0 019 4zM12.7 12.7L17 17",
    "download": "M10 3v9M6 8.5l4 4 4-4M4 16.5h12",
    "upload": "M10 13V4M6 7.5l4-4 4 4M4 16.5h12",
    "plus": "M10 4v12M4 10h12",
    "menu": "M3 5.5h14M3 10h14M3 14.5h14",
    "more": "M5 10h.01M10 10h.01M15 10h.01",
    "next": "M7.5 4.5l5.5 5.5-5.5 5.5",
    "previous": "M12.5 4.5L7 10l5.5 5.5",
    "down": "M4.5 7.5l5.5 5.5 5.5-5.5",
    "moon": "M16 12.2A6.5 6.5 0 017.8 4 6.5 6.5 0 1016 12.2z",
    "sun": "M10 6.5a3.5 3.5 0 110 7 3.5 3.5 0 010-7zM10 2v2M10 16v2M2 10h2M16 10h2"
    "M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M4.3 15.7l1.4-1.4M14.3 5.7l1.4-1.4",
    "edit": "M4 16l.8-3.2L13 4.6 15.4 7 7.2 15.2z",
    "person": "M10 4a3 3 0 110 6 3 3 0 010-6zM4 17c.6-3.4 2.9-5 6-5s5.4 1.6 6 5",
    "key": "M7 8a3.5 3.5 0 110 5A3.5 3.5 0 017 8zM10.4 9l6-5.5M13.5 6.5l2 2",
    "mail": "M3 5h14v10H3zM3 5.5l7 5.5 7-5.5",
    "keyboard": "M2.5 5.5h15v9h-15zM5 8.5h.01M8 8.5h.01M11 8.5h.01M14 8.5h.01M6 11.5h8",
    "undo": "M7 5L4 8l3 3M4 8h8a4 4 0 010 8H9",
    "calendar": "M3.5 5h13v12h-13zM3.5 8.5h13M7 3v3.5M13 3v3.5",
    "external": "M8 5H4.5v10.5H15V12M11 4h5v5M16 4l-7 7",
}
