"""Accessibility faults that axe finds in a page, by all its default rules, and content that does not fit."""

from itertools import product
from typing import Literal

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

AXE = Axe()
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (320, 1280)
# Links of Django's admin change their colour slowly, and axe would measure a colour in between.
END_TRANSITIONS = """
for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
"""


def violations(page: Page) -> list[str]:
    found = AXE.run(page).response["violations"]
    return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]


def faults_in_every_look(page: Page) -> list[str]:
    """Return the faults of a page in light and dark, on a narrow phone and a wide screen."""
    faults = []
    for scheme, width in product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(END_TRANSITIONS)
        # <html> is as wide as the window without its scroll bar.
        excess = page.evaluate("(({scrollWidth, offsetWidth}) => scrollWidth - offsetWidth)(document.documentElement)")
        found = [*violations(page), *([f"{excess} px too wide"] if excess > 0 else [])]
        faults += [f"{page.url} {scheme}, {width} px: {fault}" for fault in found]
    return faults
