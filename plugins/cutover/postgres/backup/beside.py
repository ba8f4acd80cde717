"""What a rollback point has beside its archives: all that pg_dump leaves out, or that a restore wants to know first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from cutover.postgres.owning import Owner
from cutover.postgres.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Beside:
    """Encrypted like everything else: a database's settings may hold secrets.

    :ivar big: oids of the tables in each archive of data, by the archive's name.
    :ivar built: to which table an index or constraint belongs, by ``<catalog's oid>.<oid>``; of these tables only.
    """

    surroundings: Surroundings
    owners: Sequence[Owner]
    big: Mapping[str, Sequence[int]]
    built: Mapping[str, int]

    def to_json(self) -> bytes:
        """Return it as :meth:`from_json` takes it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Beside:
        body = json.loads(data)
        owners = tuple(Owner(**owner) for owner in body["owners"])
        return cls(Surroundings.from_dict(body["surroundings"]), owners, body["big"], body["built"])
