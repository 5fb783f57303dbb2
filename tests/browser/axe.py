"""Accessibility faults that axe finds in a page, by all its default rules, and content that does not fit."""

from itertools import product
from typing import Literal

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

AXE = Axe()
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (320, 1280)
EVERY_LOOK = tuple(product(SCHEMES, WIDTHS))
# Each scheme and each width once, where there are many pages.
TWO_LOOKS: tuple[tuple[Scheme, int], ...] = (("dark", 320), ("light", 1280))
WIDTHS_BETWEEN = (390, 480, 640, 720, 960)
# Links of Django's admin change their colour slowly, and axe would measure a colour in between.
END_TRANSITIONS = """
for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
"""


def violations(page: Page) -> list[str]:
    found = AXE.run(page).response["violations"]
    return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]


def excess(page: Page, width: int) -> list[str]:
    """Return by how much a page is wider than a window of this width."""
    page.set_viewport_size({"width": width, "height": 800})
    # <html> is as wide as the window without its scroll bar.
    pixels = page.evaluate("(({scrollWidth, offsetWidth}) => scrollWidth - offsetWidth)(document.documentElement)")
    return [f"{pixels} px too wide"] if pixels > 0 else []


def faults_in_every_look(page: Page, looks: tuple[tuple[Scheme, int], ...] = EVERY_LOOK) -> list[str]:
    """Return the faults of a page in light and dark, on a narrow phone and a wide screen, and what fits no window."""
    faults = [f"{page.url} {width} px: {fault}" for width in WIDTHS_BETWEEN for fault in excess(page, width)]
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme)
        too_wide = excess(page, width)
        page.evaluate(END_TRANSITIONS)
        faults += [f"{page.url} {scheme}, {width} px: {fault}" for fault in (*violations(page), *too_wide)]
    return faults
