"""One table in SQLAlchemy, on SQLite as durable as ours or on PostgreSQL with a pool of 8."""
# mypy: disable-error-code="import-not-found", disallow-untyped-decorators=false, disallow-subclassing-any=false

import os
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, DateTime, Engine, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


def new_id() -> str:
    return f"trace_{uuid4().hex[:26]}"


def now() -> datetime:
    return datetime.now(UTC)


class Trace(Base):
    __tablename__ = "traces"

    trace_id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(String(16), index=True)
    status: Mapped[str] = mapped_column(String(12), default="running", index=True)
    model: Mapped[str] = mapped_column(String(100))
    decision: Mapped[str | None] = mapped_column(String(40))
    source_line_ids: Mapped[Any] = mapped_column(JSON, default=list)
    error_code: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def make_engine() -> Engine:
    """Open DATABASE_URL and make the table."""
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 20}, pool_size=8, max_overflow=0)
        event.listen(engine, "connect", _as_durable_as_ours)
    else:
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), pool_size=8, max_overflow=0)
    Base.metadata.create_all(engine)
    return engine


def _as_durable_as_ours(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
