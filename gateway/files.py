"""Our files by reference, ready to be uploaded: bills, receipts and charts are made, operators' files were kept."""

from __future__ import annotations

from connectors.base import Upload
from core.errors import Refused, Unavailable, UtilityUnavailable
from core.messages import Attachment
from gateway import metrics
from gateway.webchat_uploads import Uploads
from utility.bill_document import Documents, UnknownDocument


class Files:
    """Loads an attachment's bytes. The name comes from the attachment: it is what the customer sees."""

    def __init__(self, documents: Documents, uploads: Uploads) -> None:
        self._documents = documents
        self._uploads = uploads

    async def load(self, attachment: Attachment) -> Upload:
        """The file; a `SendError` says whether to try again."""
        if attachment.ref.startswith("upload:"):
            kept = await self._uploads.read(attachment.ref)
            if kept is None:
                raise Refused("the file is not there any more", code="no_file")
            return Upload(name=attachment.name, mime=attachment.mime, content=kept)
        with metrics.DOCUMENT_SECONDS.time():
            try:
                name, mime, content = await self._documents.load(attachment.ref)
            except UnknownDocument:
                raise Refused("there is no such document any more", code="no_document") from None
            except UtilityUnavailable:
                raise Unavailable("the company's system did not answer", code="utility") from None
        return Upload(name=attachment.name or name, mime=mime, content=content)
