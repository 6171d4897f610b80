"""The Materials Project as the download sees it: lists of ids, documents by id, and what can go wrong.

The only module that knows mp-api (https://materialsproject.github.io/api/). The API key is handed to its client and
goes nowhere else: no message, log or file holds it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

Document = dict[str, Any]
_Answer = TypeVar("_Answer")

FIELDS = (
    "material_id",
    "structure",
    "ordering",
    "formation_energy_per_atom",
    "energy_above_hull",
    "band_gap",
    "is_metal",
    "bulk_modulus",
    "shear_modulus",
    "homogeneous_poisson",
)
_KEY_PLACE = "https://next-gen.materialsproject.org/api"
_KEY_OPTIONS = "--api-key or MP_API_KEY"
_LIST_PAGE = 1000
_STATUS = re.compile(r"status code (\d{3})|too many (\d{3}) error responses", re.IGNORECASE)
_NO_KEY = re.compile(r"valid API key|Valid API keys|No API key|authentication credential", re.IGNORECASE)
_UNREACHABLE = re.compile(r"timed? ?out|Max retries|connection|resol(ve|ution)|unreachable", re.IGNORECASE)


class ClientError(Exception):
    """The database did not answer; the message is one clause for the user.

    Attributes
    ----------
    temporary : bool
        Whether asking again may help.
    """

    def __init__(self, clause: str, *, temporary: bool) -> None:
        super().__init__(clause)
        self.temporary = temporary


class MaterialsClient(Protocol):
    """What the download needs of a database of materials."""

    def list_ids(self, ordering: str) -> list[str]:
        """Ids of all current entries with a magnetic ordering (FM, FiM, AFM or NM).

        Raises
        ------
        ClientError
        """
        ...

    def fetch(self, ids: Sequence[str]) -> list[Document]:
        """Documents with ``FIELDS`` of some ids, as JSON gives them, in any order.

        Raises
        ------
        ClientError
        """
        ...

    def release(self) -> str:
        """Version of the database; empty where it is not known."""
        ...


def checked_key(text: str) -> str:
    """An API key without the blanks around it.

    Raises
    ------
    ClientError
        No key of the Materials Project looks like this.
    """
    key = text.strip()
    if re.fullmatch(r"[A-Za-z0-9]{32}", key):
        return key
    problem = f"an API key has 32 letters and digits, this one {len(key)} characters" if key else "no API key"
    raise ClientError(
        f"{problem}: copy yours from {_KEY_PLACE} and give it with {_KEY_OPTIONS}", temporary=False
    )


class MaterialsProjectClient:
    """``MaterialsClient`` through the official mp-api.

    Raises
    ------
    ModuleNotFoundError
        mp-api is not installed.
    """

    def __init__(self, key: str) -> None:
        from mp_api.client import MPRester

        self._key = key
        self._make = MPRester
        self._rester: Any = None

    def list_ids(self, ordering: str) -> list[str]:
        """Ids, asked for in pages of a thousand; entries under other licences (GNoME) are left out."""
        from pymatgen.analysis.magnetism import Ordering

        documents = self._search(
            magnetic_ordering=Ordering(ordering), deprecated=False, fields=["material_id"]
        )
        return [str(document["material_id"]) for document in documents]

    def fetch(self, ids: Sequence[str]) -> list[Document]:
        """Documents of ids, in one request."""
        return [_plain(document) for document in self._search(material_ids=list(ids), fields=list(FIELDS))]

    def release(self) -> str:
        """Version of the database, such as 2025.09.25."""
        return str(getattr(self._rester, "db_version", "") or "")

    def _search(self, **query: Any) -> list[Any]:
        try:
            if self._rester is None:
                # making it asks the server for its version already
                self._rester = self._make(self._key, use_document_model=False, mute_progress_bars=True)
            found: list[Any] = self._rester.materials.summary.search(
                include_gnome=False, all_fields=False, chunk_size=_LIST_PAGE, **query
            )
        except Exception as error:
            raise told(error, self._key) from None
        return found


def told(error: Exception, key: str) -> ClientError:
    """What an exception of mp-api (or of requests below it) means."""
    text = " ".join(str(error).split()).replace(key, "***")
    found = _STATUS.search(text)
    status = int(found[1] or found[2]) if found else 0
    if status in (401, 403) or _NO_KEY.search(text):
        return ClientError(
            f"the Materials Project does not accept this API key: copy yours from {_KEY_PLACE} and give it "
            f"with {_KEY_OPTIONS}",
            temporary=False,
        )
    if status >= 500 or status == 429:
        return ClientError(f"the Materials Project answers with errors (status {status})", temporary=True)
    if not status and (isinstance(error, OSError) or _UNREACHABLE.search(text)):
        return ClientError(
            "the Materials Project cannot be reached: check the network and its proxy", temporary=True
        )
    if isinstance(error, ValueError) and not status:
        return ClientError(
            "the Materials Project gives an answer that cannot be read (a web page in between?)",
            temporary=True,
        )
    reason = f"status {status}" if status else f"{type(error).__name__}: {text[:120]}"
    return ClientError(
        f"the Materials Project refuses the request ({reason}): a newer mp-api may be needed", temporary=False
    )


@dataclass
class Patience:
    """How fast to ask, and how long to wait for a server that is not well.

    Attributes
    ----------
    interval_s : float
        Least time between two requests.
    attempts : int
        How often one request is tried.
    first_wait_s, longest_wait_s : float
        Pause after the first failure; it doubles with each further one.
    """

    interval_s: float = 0.5
    attempts: int = 6
    first_wait_s: float = 2.0
    longest_wait_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _last: float | None = field(default=None, init=False)

    def ask(self, request: Callable[[], _Answer]) -> _Answer:
        """The answer to a request, asked for again while that may help.

        Raises
        ------
        ClientError
            It did not help, or cannot.
        """
        wait = self.first_wait_s
        for attempt in range(1, self.attempts + 1):
            self._keep_distance()
            try:
                return request()
            except ClientError as error:
                if not error.temporary:
                    raise
                if attempt == self.attempts:
                    tries = f"{attempt} tries" if attempt > 1 else "one try"
                    raise ClientError(f"{error}; given up after {tries}", temporary=True) from None
            self.sleep(wait)
            wait = min(2 * wait, self.longest_wait_s)
        raise ValueError("at least one attempt is needed")

    def _keep_distance(self) -> None:
        now = self.clock()
        if self._last is not None and now - self._last < self.interval_s:
            self.sleep(self.interval_s - (now - self._last))
        self._last = self.clock()


def _plain(document: Any) -> Document:
    """A document as JSON has it; older clients hand out structures as objects."""
    plain = dict(document)
    structure: Any = plain.get("structure")
    if hasattr(structure, "as_dict"):
        plain["structure"] = structure.as_dict()
    return plain
