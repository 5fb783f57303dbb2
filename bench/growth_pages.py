"""What the operators' pages take over HTTP, from ledgers of several sizes in turn."""

from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from statistics import median
from time import perf_counter

from bench.growth_ledgers import Ledger
from bench.ledger_pages import DASHBOARDS, LIST, pages
from bench.lines import say, times, verdict

ROUNDS = 20
SEARCH_MS, FAILED_MS, LIST_MS, DASHBOARD_MS, DASHBOARD_30_DAYS_MS = 25, 100, 150, 300, 1500
# How much longer a page may take on a larger ledger than on the smallest that holds rows.
MOST_TIMES_THE_SMALLEST = 1.3


def measure(ledgers: Sequence[Ledger], *, days: float) -> None:
    browsers = _browsers(ledgers)
    searches = zip(*(browser.ledger.filled.ids for browser in browsers.values()), strict=True)
    _compare(
        "search by id, to the trace's page", browsers, [[f"{LIST}?q={pk}" for pk in ids] for ids in searches], SEARCH_MS
    )
    measure_pages(ledgers, pages(days=days))


def measure_pages(ledgers: Sequence[Ledger], addresses: Mapping[str, str]) -> None:
    """Ask the servers for one page after the other; the first answer of each warms it up and is not counted."""
    browsers = _browsers(ledgers)
    for name, address in addresses.items():
        _compare(name, browsers, [[address] * len(browsers)] * (ROUNDS + 1), _limit(address))


def _browsers(ledgers: Sequence[Ledger]) -> dict[str, "Browser"]:
    return {ledger.name: Browser(ledger) for ledger in ledgers}


def _limit(address: str) -> int:
    """The list opens at what failed, without a filter."""
    if address in DASHBOARDS.values():
        return DASHBOARD_30_DAYS_MS if "30d" in address else DASHBOARD_MS
    return FAILED_MS if address.endswith("?") else LIST_MS


class Browser:
    """Keeps its connection and cookie, and follows where it is sent."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.connection = HTTPConnection("127.0.0.1", ledger.server.port, timeout=60)

    def milliseconds(self, address: str) -> float:
        """Take the time until the last byte of the page where the address leads to."""
        started = perf_counter()
        status, leads_to = self._get(address)
        if status == 302 and leads_to:
            status, _ = self._get(leads_to)
        if status != 200:
            raise SystemExit(f"{address} answered {status}")
        return (perf_counter() - started) * 1000

    def _get(self, address: str) -> tuple[int, str | None]:
        self.connection.request("GET", address, headers={"Cookie": self.ledger.filled.cookie})
        with self.connection.getresponse() as response:
            response.read()
            return response.status, response.headers["Location"]


def _compare(name: str, browsers: dict[str, Browser], rounds: list[list[str]], limit: float) -> None:
    """Each round holds an address for each ledger."""
    took: dict[str, list[float]] = {ledger: [] for ledger in browsers}
    for addresses in rounds:
        for (ledger, browser), address in zip(browsers.items(), addresses, strict=True):
            took[ledger].append(browser.milliseconds(address))
    smallest = median(next(iter(took.values()))[1:])
    for number, (ledger, each) in enumerate(took.items()):
        middle = median(each[1:])
        ratio = f"  {middle / smallest:.2f} of the smallest, {verdict(middle / smallest, MOST_TIMES_THE_SMALLEST)}"
        say(f"{name:40} {ledger:>15}  {times(each[1:])}  {verdict(middle, limit)}{ratio if number else ''}")
