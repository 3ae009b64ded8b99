"""Images into a registry, and what is said of it: what `push` and `copy` share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bareboat.base.frozen import frozen
from bareboat.base.observer import Observer
from bareboat.cli.travelling import ASKING, Terms, for_architectures
from bareboat.inspect.present.columns import size_text
from bareboat.oci.reference import Reference
from bareboat.ship.transfer.address import addressed
from bareboat.ship.transfer.companions import companions
from bareboat.ship.transfer.item import Item
from bareboat.ship.transfer.publish import Publication, Report, publish
from bareboat.ship.transfer.team import Team

if TYPE_CHECKING:
    from bareboat.store.registry.registries import Registries


def send(
    items: Sequence[Item], target: Reference, registries: Registries, terms: Terms, observer: Observer,
    *, apart: bool = False,
) -> Sending:  # fmt: skip
    """Publish `items` at `target`; see `ship/transfer/address` for which goes where.

    Raises:
        UsageError: When there is no telling which goes where.
        BareboatError: As `publish`.
    """
    publications = []
    with Team(observer, ASKING, terms.jobs) as team:
        for one in addressed(for_architectures(items, terms.architectures), target, apart=apart):
            repository = registries.repository(one.repository)
            origin, root = one.item.origin, one.item.root
            if terms.referrers:
                publications += [
                    Publication(origin=origin, root=found, repository=repository)
                    for found in companions(origin, root, team)
                ]
            publications.append(Publication(origin=origin, root=root, repository=repository, tags=one.tags))
    report = publish(publications, observer=observer, jobs=terms.jobs, dry_run=terms.dry_run)
    return Sending(report=report, dry_run=terms.dry_run)


@frozen
class Sending:
    """What was sent, or would be."""

    report: Report
    dry_run: bool = False

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "images": [one.to_document() for one in self.report.images],
            "sent": self.report.sent.to_document(),
            "dry-run": self.dry_run,
        }

    def lines(self) -> Iterator[str]:
        """As text; where it is one image, the last line is what to pull, by digest, and else each line says it."""
        tagged = {one.reference for one in self.report.images if one.tags}
        for one in self.report.images:
            for tag in one.tags:
                what = "there" if tag not in one.moved else "new" if tag in one.made else "moved"
                yield f"{what:<5}  {one.repository}:{tag}" + (f"@{one.root.digest}" if len(tagged) > 1 else "")
            if not one.tags:
                yield f"{'new' if one.is_new else 'there':<5}  {one.reference}"
        sent = self.report.sent
        yield (
            f"{'would send' if self.dry_run else 'sent'} {size_text(sent.bytes)}: {sent.manifests} manifests, "
            f"{sent.uploaded} blobs; {sent.mounted} mounted, {sent.there} there already"
        )
        if len(tagged) == 1:
            yield from tagged
