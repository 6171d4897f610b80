"""The real mp-api client against a server of our own, the key's secrecy, and patience."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet as pq
import pytest

import negnn_gui
from negnn_gui.training.dataset_client import ClientError, MaterialsProjectClient, Patience, checked_key, told

KEY = "abcdefghijklmnopqrstuvwxyz012345"
needs_client = pytest.mark.skipif(
    importlib.util.find_spec("mp_api") is None, reason="mp-api is not installed (extra: train)"
)


def document(number: int, metal: str, ordering: str, moment: float) -> dict[str, Any]:
    sites = [
        {
            "species": [{"element": symbol, "occu": 1}],
            "abc": abc,
            "properties": {"magmom": m},
            "label": symbol,
        }
        for symbol, abc, m in ((metal, [0, 0, 0], moment), ("O", [0.5, 0.5, 0.5], 0.0))
    ]
    return {
        "material_id": f"mp-{number}",
        "ordering": ordering,
        "structure": {
            "@module": "pymatgen.core.structure",
            "@class": "Structure",
            "lattice": {"matrix": [[4.2, 0, 0], [0, 4.2, 0], [0, 0, 4.2]], "pbc": [True, True, True]},
            "sites": sites,
        },
        "deprecated": False,
        "band_gap": 1.0,
    }


class Server(ThreadingHTTPServer):
    """Answers as the summary endpoint does; ``statuses`` holds its errors by magnetic ordering, 0: it hangs up."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.documents = [
            document(1, "Fe", "FM", 3.7),
            document(2, "Ni", "AFM", -1.7),
            document(3, "Mg", "NM", 0.0),
        ]
        self.statuses: dict[str, int] = {}
        self.queries: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Answering(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/heartbeat":
            heartbeat = {"version": "0.87.3", "db_version": "2026.01.01", "access_controlled_batch_ids": []}
            self._answer(200, heartbeat)
            return
        if self.headers.get("x-api-key") != KEY:
            self._answer(401, {"message": "Invalid authentication credentials"})
            return
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        status = self.server.statuses.get(query.get("ordering", ""), 200)
        if status == 0:
            self.close_connection = True
            return
        if status != 200:
            self._answer(status, {"detail": "out of order"})
            return
        self.server.queries.append(query)
        found = [
            each
            for each in self.server.documents
            if query.get("ordering", each["ordering"]) == each["ordering"]
            and each["material_id"] in query.get("material_ids", each["material_id"]).split(",")
        ]
        begin, count = int(query.get("_skip", 0)), int(query["_limit"])
        fields = query["_fields"].split(",")
        page = [{k: v for k, v in each.items() if k in fields} for each in found[begin : begin + count]]
        self._answer(200, {"data": page, "meta": {"total_doc": len(found)}})

    def _answer(self, status: int, content: Mapping[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the test's own output stays clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def python(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, whose files all lie in ``folder``."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(negnn_gui.__file__).parent.parent), *sys.path]),
        "HOME": str(folder),
        "no_proxy": "127.0.0.1",
        **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")},
        **variables,
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )


def negnn(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """``negnn dataset`` with arguments."""
    return python(folder, "-m", "negnn_gui.cli", "dataset", *arguments, **variables)


@needs_client
@pytest.mark.slow
def test_the_command_downloads_through_the_official_client(server: Server, tmp_path: Path) -> None:
    done = negnn(tmp_path, "mp", "--out", "tables", MP_API_KEY=KEY, MP_API_ENDPOINT=server.address)
    assert done.returncode == 0, done.stderr
    assert "tables/mp_magmoms.parquet: 2 rows, wrote" in done.stdout
    moments = pq.read_table(tmp_path / "tables" / "mp_magmoms.parquet").to_pylist()
    assert [row["magmoms"] for row in moments] == [pytest.approx([3.7, 0]), pytest.approx([-1.7, 0])]
    assert "2026.01.01" in (tmp_path / "tables" / "mp.meta.json").read_text()
    # other licences and withdrawn entries are not asked for
    listing = [query for query in server.queries if "ordering" in query]
    assert len(listing) == 4 and all(query["deprecated"] == "False" for query in listing)
    assert all(query["batch_id_not_eq"] == "gnome_r2scan_statics" for query in server.queries)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written and not any(KEY.encode() in path.read_bytes() for path in written)


_ASK = """
import sys, warnings
warnings.simplefilter("ignore")
from negnn_gui.training.dataset_client import ClientError, MaterialsProjectClient
for key, ordering in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        print(MaterialsProjectClient(key).list_ids(ordering))
    except ClientError as error:
        print(error.temporary, error)
"""


@needs_client
@pytest.mark.slow
def test_what_the_real_client_raises_is_understood(server: Server, tmp_path: Path) -> None:
    wrong = "0" * 31 + "z"
    server.statuses = {"FiM": 500, "AFM": 502, "NM": 404, "Unknown": 0}
    asked = [(KEY, "FM"), (wrong, "FM"), (KEY, "FiM"), (KEY, "AFM"), (KEY, "NM"), (KEY, "Unknown")]
    done = python(
        tmp_path, "-c", _ASK, *(word for pair in asked for word in pair), MP_API_ENDPOINT=server.address
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert answers[0] == "['mp-1']"
    assert answers[1].startswith(
        "False the Materials Project does not accept this API key: copy yours from https"
    )
    assert answers[2:4] == [
        "True the Materials Project answers with errors (status 500)",
        "True the Materials Project answers with errors (status 502)",
    ]
    assert answers[4].startswith("False the Materials Project refuses the request (status 404)")
    assert answers[5] == "True the Materials Project cannot be reached: check the network and its proxy"
    assert wrong not in done.stdout + done.stderr


def test_a_key_is_needed_and_has_its_form(tmp_path: Path) -> None:
    assert checked_key(f" {KEY}\n") == KEY
    for wrong in ("", "  ", "short", KEY + "x", KEY[:-1] + "ä", KEY[:16] + "\n" + KEY[17:]):
        with pytest.raises(ClientError, match=r"copy yours from https://\S+ and give it with") as caught:
            checked_key(wrong)
        assert not wrong.strip() or wrong.strip() not in str(caught.value)


def test_a_missing_client_is_one_sentence(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden" / "mp_api"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError('No module', name='mp_api')")
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'negnn'\n"
        "from negnn_gui.cli import main; main()"
    )
    done = python(tmp_path, "-c", code, str(hidden.parent), "dataset", "mp", "--out", "t", "--api-key", KEY)
    assert done.returncode == 2
    assert done.stderr == "negnn: mp_api is missing: pip install 'negnn-gui[train]'\n"


def test_the_key_is_taken_out_of_what_others_say() -> None:
    echo = told(RuntimeError(f"strange header {KEY}"), KEY)
    assert KEY not in str(echo) and "***" in str(echo) and not echo.temporary
    assert told(json.JSONDecodeError("Expecting value", "<html>", 0), KEY).temporary
    assert not hasattr(MaterialsProjectClient, "key")


def test_requests_keep_their_distance() -> None:
    now = [100.0]
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    patience = Patience(interval_s=0.5, sleep=sleep, clock=lambda: now[0])
    for took in (0.1, 0.0, 2.0, 0.0):
        patience.ask(lambda took=took: now.__setitem__(0, now[0] + took))  # type: ignore[misc]
    assert pauses == pytest.approx([0.4, 0.5])


def test_the_command_for_magnetic_cifs(tmp_path: Path) -> None:
    from negnn_gui.locations import resources_dir

    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "MnF2.mcif").write_bytes((resources_dir() / "examples" / "MnF2.mcif").read_bytes())
    done = negnn(tmp_path, "mcif", "files", "--out", "tables")
    assert (done.returncode, done.stdout) == (0, "tables/magndata.parquet: 1 rows, wrote\n")
    (folder / "bad.mcif").write_text("data_x\n_cell_length_a 4\n")
    done = negnn(tmp_path, "mcif", "files", "--out", "more")
    assert done.returncode == 1 and "left out: 1 unusable" in done.stdout
    done = negnn(tmp_path, "mcif", "files", "--out", "tables")
    assert done.returncode == 2 and "choose another --out or delete it" in done.stderr
    assert done.stderr.count("\n") == 1
